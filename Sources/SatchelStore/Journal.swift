internal import Foundation
internal import GRDB
package import SatchelCore

/// Something to be recorded: a record before it has a place.
package struct Draft: Sendable {
  package var learner: LearnerID
  package var event: Event
  package var wallMilliseconds: Int64

  package init(learner: LearnerID, event: Event, wallMilliseconds: Int64) {
    self.learner = learner
    self.event = event
    self.wallMilliseconds = wallMilliseconds
  }
}

/// The device's clocks when a record is made.
package struct DeviceMoment: Sendable {
  package var wallMilliseconds: Int64
  /// Changes when the device boots.
  package var session: UInt32

  package init(wallMilliseconds: Int64, session: UInt32) {
    self.wallMilliseconds = wallMilliseconds
    self.session = session
  }
}

/// Where a record stands, once it is safe.
package struct RecordPlace: Equatable, Sendable {
  package var record: RecordID
  package var stream: StreamID
  package var number: UInt64
}

extension Store {
  /// Records `draft` durably: when this returns, it is on disk.
  ///
  /// INV-append: the row, the head, the fingerprints and the folds are one transaction, flushed before the return.
  package func append(_ draft: Draft, at moment: DeviceMoment) throws(SatchelError) -> RecordPlace {
    let place = try write { db in try append(draft, at: moment, db) }
    tellObservers(of: [draft.learner])
    return place
  }

  /// Records what happened to `item`, with the skills that it has now; durably, as ``append(_:at:)``.
  ///
  /// Learner and item are looked up in the very transaction that records: one lock, and no gap between look and write.
  /// - Throws: `learner.unknown`, `item.unknown`, and the store's errors; nothing is then recorded.
  package func append(
    to item: ItemID, by learner: LearnerID, wallMilliseconds: Int64, at moment: DeviceMoment,
    event: ([SkillID]) -> Event
  ) throws(SatchelError) -> RecordPlace {
    let place = try write { db in
      guard try Self.knows(learner, db) else { throw SatchelError(.learnerUnknown) }
      guard let skills = try Self.skills(of: item, db) else {
        throw SatchelError(.itemUnknown, subject: item.text)
      }
      let draft = Draft(
        learner: learner, event: event(skills), wallMilliseconds: wallMilliseconds)
      return try append(draft, at: moment, db)
    }
    tellObservers(of: [learner])
    return place
  }

  /// Records many drafts in one transaction, straight into segments; all of them, or none.
  ///
  /// - Parameter source: 0, or the nonce that names the file they come from; see ``recorded(from:)``.
  package func append(_ drafts: [Draft], from source: UInt64, at moment: DeviceMoment)
    throws(SatchelError)
  {
    let learners = try write { db in
      let key = try signingKey(db)
      var journal = try JournalTransaction(db, projection: projection)
      let moment = try journal.corrected(moment)
      let replica = key.publicKey.replica
      var places: [LearnerID: Int] = [:]
      var waiting: [[Draft]] = []
      for draft in drafts {
        let place = places[draft.learner] ?? waiting.count
        if place == waiting.count {
          places[draft.learner] = place
          waiting.append([])
        }
        waiting[place].append(draft)
      }
      // Learner by learner, so that the times of a stream follow each other without gaps: that packs best.
      let groups = waiting.map { own in
        (
          stream: RecordStream(
            publicKey: key.publicKey, learner: own[0].learner, nonce: source),
          records: own.map { Self.record($0, at: moment, by: replica, in: &journal) }
        )
      }
      try journal.appendSealed(groups, key: key)
      let times = groups.lazy.flatMap(\.records).map(\.time)
      if let first = times.min(), let last = times.max() {
        try journal.note(session: moment.session, from: first, to: last)
      }
      try journal.finish()
      return groups.map(\.stream.learner)
    }
    tellObservers(of: learners)
  }

  /// How many records of the file named by `source` each learner already has, whichever replica read it.
  package func recorded(from source: UInt64) throws(SatchelError) -> [LearnerID: Int] {
    try read { db in
      var out: [LearnerID: Int] = [:]
      let sql = """
        SELECT learner.learner, max(head_number) FROM stream
        JOIN learner ON learner.id = stream.learner WHERE nonce = ? GROUP BY stream.learner
        """
      try HotStatement(db, sql).run([.integer(Int64(bitPattern: source))]) { row in
        if let learner = LearnerID(bytes: row.blob(0) ?? []) { out[learner] = Int(row.integer(1)) }
      }
      return out
    }
  }

  /// Calls `body` with every record, learner by learner in the order of ids, each learner's in ``RecordOrder``.
  ///
  /// One learner's records are in memory at a time.
  package func forEachRecord(of only: LearnerID? = nil, _ body: ([PlacedRecord]) throws -> Void)
    throws(SatchelError)
  {
    let learners = if let only { [only] } else { try learnerIDs() }
    for learner in learners {
      let placed = try read { db in
        let reader = JournalReader(db)
        return try reader.streams(of: learner).flatMap { stream in
          try reader.records(of: stream).enumerated().map { index, record in
            PlacedRecord(
              record: record, stream: stream.stream.id,
              number: stream.base.number + UInt64(index) + 1)
          }
        }
      }
      let ordered = placed.sorted { RecordOrder.precedes($0.record, $1.record) }
      try StoreError.mapped("records") { try body(ordered) }
    }
  }

  private func append(_ draft: Draft, at moment: DeviceMoment, _ db: Database) throws -> RecordPlace
  {
    let key = try signingKey(db)
    var journal = try JournalTransaction(db, projection: projection)
    let corrected = try journal.corrected(moment)
    var draft = draft
    // What the caller took from the device's clock is corrected with it.
    if draft.wallMilliseconds == moment.wallMilliseconds {
      draft.wallMilliseconds = corrected.wallMilliseconds
    }
    let stream = RecordStream(publicKey: key.publicKey, learner: draft.learner)
    let record = Self.record(draft, at: corrected, by: stream.replica, in: &journal)
    let head = try journal.appendTail(record, to: stream, key: key)
    try journal.note(session: corrected.session, from: record.time, to: record.time)
    try journal.finish()
    return RecordPlace(record: record.id, stream: stream.id, number: head.number)
  }

  private static func record(
    _ draft: Draft, at moment: DeviceMoment, by author: ReplicaID,
    in journal: inout JournalTransaction
  ) -> Record {
    Record(
      learner: draft.learner, author: author,
      time: journal.nextTime(wallMilliseconds: moment.wallMilliseconds),
      wallMilliseconds: draft.wallMilliseconds, session: moment.session, event: draft.event)
  }
}

/// A record and where it stands.
package struct PlacedRecord: Sendable {
  package var record: Record
  package var stream: StreamID
  package var number: UInt64
}
