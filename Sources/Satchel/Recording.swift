public import Foundation
public import SatchelCore
internal import SatchelStore

/// An answer, as an app hands it in.
public struct Answer: Hashable, Sendable {
  public var item: ItemID
  public var isCorrect: Bool
  /// 0...1, where the item gives part of the credit.
  public var score: Double?
  public var durationMilliseconds: UInt32?

  public init(
    _ item: ItemID, isCorrect: Bool, score: Double? = nil, durationMilliseconds: UInt32? = nil
  ) {
    self.item = item
    self.isCorrect = isCorrect
    self.score = score
    self.durationMilliseconds = durationMilliseconds
  }
}

/// Proof that a record is on disk, and where it stands.
public struct RecordReceipt: Hashable, Sendable {
  public let record: RecordID
  public let stream: StreamID
  /// 1, 2, 3 ... within the stream.
  public let number: UInt64
}

/// What reading many records came to.
public struct BulkReport: Hashable, Sendable {
  /// Rows of the file.
  public var records = 0
  /// Rows that were not in the store before.
  public var added = 0
  public var learners = 0
  public var items = 0
}

extension Replica {
  /// Records an answer durably: when this returns, it survives a crash and a power cut.
  ///
  /// - Parameters:
  ///   - answer: to an item that this store knows.
  ///   - learner: who gave it.
  ///   - date: when it happened, if not now. The order of records is that of recording, whatever dates say.
  /// - Throws: `learner.unknown`, `item.unknown`, `record.invalid` for a score outside 0...1, and the store's errors;
  ///   nothing is then recorded.
  @discardableResult
  public func record(_ answer: Answer, by learner: LearnerID, at date: Date? = nil)
    throws(SatchelError) -> RecordReceipt
  {
    if let score = answer.score, !(0...1).contains(score) {
      throw SatchelError(.recordInvalid, subject: "score")
    }
    return try append(to: answer.item, by: learner, at: date) { skills in
      .attempt(
        Attempt(
          item: answer.item, skills: skills, isCorrect: answer.isCorrect,
          scorePermille: answer.score.map { UInt16(($0 * 1000).rounded()) },
          durationMilliseconds: answer.durationMilliseconds))
    }
  }

  /// Records that something was read or watched.
  @discardableResult
  public func recordView(
    of item: ItemID, by learner: LearnerID, durationMilliseconds: UInt32? = nil,
    at date: Date? = nil
  ) throws(SatchelError) -> RecordReceipt {
    try append(to: item, by: learner, at: date) { skills in
      .view(View(item: item, skills: skills, durationMilliseconds: durationMilliseconds))
    }
  }

  /// Tells the tutor what the learner thinks of an item.
  @discardableResult
  public func feedback(_ kind: Feedback.Kind, on item: ItemID, by learner: LearnerID)
    throws(SatchelError) -> RecordReceipt
  {
    try append(to: item, by: learner, at: nil) { skills in
      .feedback(Feedback(item: item, skills: skills, kind: kind))
    }
  }

  private func append(
    to item: ItemID, by learner: LearnerID, at date: Date?, event: ([SkillID]) -> Event
  ) throws(SatchelError) -> RecordReceipt {
    let moment = Self.moment()
    let wall = date.map { Self.milliseconds($0) } ?? moment.wallMilliseconds
    let place = try store.append(
      to: item, by: learner, wallMilliseconds: wall, at: moment, event: event)
    return RecordReceipt(record: place.record, stream: place.stream, number: place.number)
  }
}

// MARK: - Many at once

/// Records the rows of one file batch by batch; each batch is one transaction.
///
/// Rows go into streams named by the file's content, so a second reading, on this replica or on one that synced with
/// it, finds how many rows of each learner are there, and adds only the rest: a reading that was killed is finished by
/// repeating it.
package struct BulkRecorder {
  /// Rows to a transaction: enough that its flush costs nothing, few enough that memory stays small.
  private static let batchRows = 65_536

  private let replica: Replica
  private let source: UInt64
  private let moment = Replica.moment()
  private var present: [LearnerID: Int]
  private var pseudonyms: [String: LearnerID] = [:]
  private var items: Set<ItemID> = []
  private var drafts: [Draft] = []
  package private(set) var report = BulkReport()

  /// - Parameter digest: SHA-256 of the file's bytes.
  package init(into replica: Replica, digest: [UInt8]) throws(SatchelError) {
    self.replica = replica
    source = digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    present = try replica.store.recorded(from: source)
  }

  package mutating func add(_ row: Interaction) throws(SatchelError) {
    report.records += 1
    items.insert(row.item)
    let learner = pseudonym(of: row.learner)
    if !present.isEmpty, let waiting = present[learner], waiting > 0 {
      present[learner] = waiting - 1
      return
    }
    let attempt = Attempt(
      item: row.item, skills: row.skills, isCorrect: row.isCorrect,
      durationMilliseconds: row.durationMilliseconds)
    drafts.append(
      Draft(
        learner: learner, event: .attempt(attempt),
        wallMilliseconds: row.timestampMilliseconds ?? moment.wallMilliseconds))
    if drafts.count == Self.batchRows { try flush() }
  }

  private mutating func pseudonym(of name: String) -> LearnerID {
    if let known = pseudonyms[name] { return known }
    let learner = LearnerID(external: name)
    pseudonyms[name] = learner
    return learner
  }

  /// Records what waits, and sums up.
  package mutating func finish() throws(SatchelError) -> BulkReport {
    try flush()
    report.learners = pseudonyms.count
    report.items = items.count
    return report
  }

  private mutating func flush() throws(SatchelError) {
    guard !drafts.isEmpty else { return }
    try replica.store.append(drafts, from: source, at: moment)
    report.added += drafts.count
    drafts.removeAll(keepingCapacity: true)
  }
}

extension Replica {
  /// Records many answers at once, in transactions of some thousand.
  ///
  /// - Parameters:
  ///   - rows: of each learner in the order in which they happened.
  ///   - name: of the collection. Rows are counted by learner, so handing the same collection in again under the same
  ///     name adds only what is new at each learner's end.
  public func record(_ rows: some Sequence<Interaction>, named name: String)
    throws(SatchelError) -> BulkReport
  {
    var recorder = try BulkRecorder(
      into: self, digest: Hash256(hashing: Array("satchel rows 1\0".utf8), Array(name.utf8)).bytes)
    for row in rows { try recorder.add(row) }
    return try recorder.finish()
  }
}
