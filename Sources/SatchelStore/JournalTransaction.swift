internal import Dispatch
internal import Foundation
internal import GRDB
import SatchelCore
internal import Synchronization

/// The rows of the journal that one transaction touches: each read once, changed in memory, and written once by
/// ``finish()``, together with the folds of what was added.
///
/// Every way into the journal goes through here: a single record, a bulk of them, and what a peer sent.
struct JournalTransaction {
  let db: Database
  let projection: (any Projection)?
  var keys: KeyRows
  private(set) var clock: HybridClock
  var ledger: ScopeSummary
  var learners: [LearnerID: LearnerRow] = [:]
  var streams: [StreamID: StreamTree] = [:]
  private var added: [LearnerID: [Record]] = [:]
  var replicas: [PublicKey: Int64] = [:]
  private var chain: HeldChain?
  /// Whose streams got records from outside.
  private(set) var authors: Set<PublicKey> = []

  /// Tail rows of one stream beyond which they are sealed at once.
  static let tailRecordsMax = 256
  /// A larger record is sealed at once with what is before it, so that a full tail always fits into a segment.
  static let tailRecordBytesMax = Segment.bytesMax / tailRecordsMax / 2

  init(_ db: Database, projection: (any Projection)?) throws {
    self.db = db
    self.projection = projection
    keys = KeyRows(db)
    var found: (clock: HybridTime, ledger: ScopeSummary)?
    let sql = "SELECT clock, fingerprint, streams, records FROM ledger"
    try HotStatement(db, sql).run([]) { row in
      guard let sum = Hash256(bytes: row.blob(1) ?? []) else { return }
      let held = ScopeSummary(
        sum: sum, streams: Int(row.integer(2)), records: Int(row.integer(3)))
      found = (HybridTime(bits: UInt64(bitPattern: row.integer(0))), held)
    }
    guard let found else { throw SatchelError(.storeDamaged, subject: "ledger") }
    clock = HybridClock(last: found.clock)
    ledger = found.ledger
  }

  var touchedLearners: some Sequence<LearnerID> { added.keys }

  mutating func nextTime(wallMilliseconds: Int64) -> HybridTime {
    clock.next(wallMilliseconds: wallMilliseconds)
  }

  /// Lets times start anew under a new identity, whose streams hold none.
  mutating func restartClock(at milliseconds: Int64) {
    clock = HybridClock(last: HybridTime(milliseconds: milliseconds))
  }

  mutating func observe(_ time: HybridTime, hubMilliseconds: Int64) {
    clock.observe(time, hubMilliseconds: hubMilliseconds)
  }

  mutating func addLearner(_ learner: LearnerID) throws { _ = try learnerRow(learner) }

  mutating func head(of stream: RecordStream) throws -> StreamHead {
    try tree(of: stream).trunk.head
  }

  /// Adds one record as a tail row; seals the tail when it has grown long.
  mutating func appendTail(_ record: Record, to stream: RecordStream, key: SigningKey) throws
    -> StreamHead
  {
    let row = try tree(of: stream).trunk
    let head = row.head.appending(record)
    let bytes = SegmentCodec.encode([record], of: stream)
    try HotStatement(db, "INSERT INTO tail (stream, number, bytes) VALUES (?, ?, ?)").run([
      .integer(row.row), .integer(Int64(head.number)), .blob(bytes),
    ])
    try advance(stream, branch: 0, to: head, signature: key.sign(head.signedBytes(of: stream.id)))
    added[stream.learner, default: []].append(record)
    let isLarge = bytes.count > Self.tailRecordBytesMax
    if isLarge || head.number.isMultiple(of: UInt64(Self.tailRecordsMax)) {
      try sealTail(of: stream)
    }
    return head
  }

  /// Adds records that were just made here, straight as segments.
  ///
  /// Packing, hashing and signing are most of the work and need no database, so streams share the cores for them.
  mutating func appendSealed(_ groups: [(stream: RecordStream, records: [Record])], key: SigningKey)
    throws
  {
    var heads: [StreamHead] = []
    for group in groups {
      try sealTail(of: group.stream)
      heads.append(try head(of: group.stream))
    }
    let starts = heads
    let sealed = Mutex([Int: [SealedPart]](minimumCapacity: groups.count))
    DispatchQueue.concurrentPerform(iterations: groups.count) { index in
      let parts = SealedPart.parts(
        of: groups[index].records, stream: groups[index].stream, after: starts[index], key: key)
      sealed.withLock { $0[index] = parts }
    }
    for (_, parts) in sealed.withLock({ $0 }).sorted(by: { $0.key < $1.key }) {
      for part in parts {
        try insert(
          .continues(branch: 0, part.records, reached: part.reached), of: part.segment, peer: nil)
      }
    }
  }

  /// Stores what `segment` adds, proven by the caller: all of its records, or its last ones packed anew.
  mutating func insert(_ graft: Graft, of segment: Segment, peer: Int64?) throws {
    let stream = segment.stream
    // What was recorded here since must be sealed first, or tail and segment would overlap.
    try sealTail(of: stream)
    let fresh = graft.records
    let kept =
      fresh.count == segment.count
      ? segment
      : Segment(
        stream: stream, first: segment.last + 1 - UInt64(fresh.count), count: fresh.count,
        signature: segment.signature, bytes: SegmentCodec.encode(fresh, of: stream))
    switch graft {
    case .continues(let branch, _, let reached):
      let before = try tree(of: stream).branches[branch]
      try insertSegment(kept, row: before.row, peer: peer)
      try advance(stream, branch: branch, to: reached, signature: nil)
      noteChain(of: stream, branch: branch, base: before.base, after: before.head, fresh)
    case .branches(let base, let first, _, let reached):
      let branch = try addBranch(of: stream, base: base, first: first, reached: reached)
      try insertSegment(kept, row: try tree(of: stream).branches[branch].row, peer: peer)
      noteChain(of: stream, branch: branch, base: base, after: base, fresh)
    }
    added[stream.learner, default: []].append(contentsOf: fresh)
    if peer != nil { authors.insert(stream.publicKey) }
  }

  /// All hashes of a stream, from memory when the last call was for the same.
  mutating func heldChain(of tree: StreamTree) throws -> HeldChain {
    if let chain, chain.stream == tree.stream.id { return chain }
    let made = try HeldChain(of: tree, db)
    chain = made
    return made
  }

  private mutating func noteChain(
    of stream: RecordStream, branch: Int, base: StreamHead, after head: StreamHead,
    _ records: [Record]
  ) {
    guard chain?.stream == stream.id else { return }
    chain?.add(head.links(of: records), to: branch, base: base)
  }

  /// Packs the tail rows of `stream` into one segment; the journal's records stay what they are.
  mutating func sealTail(of stream: RecordStream) throws {
    let row = try tree(of: stream).trunk
    guard let signature = row.signature else { return }
    var records: [Record] = []
    var failure: (any Error)?
    let sql = "SELECT bytes FROM tail WHERE stream = ? ORDER BY number"
    try HotStatement(db, sql).run([.integer(row.row)]) { found in
      do {
        records += try SegmentCodec.decode(found.blob(0) ?? [], of: stream)
      } catch { failure = error }
    }
    if let failure { throw failure }
    let segment = Segment(
      stream: stream, first: row.head.number + 1 - UInt64(records.count), count: records.count,
      signature: signature, bytes: SegmentCodec.encode(records, of: stream))
    try insertSegment(segment, row: row.row, peer: nil)
    try db.execute(sql: "DELETE FROM tail WHERE stream = ?", arguments: [row.row])
    try db.execute(sql: "UPDATE stream SET signature = NULL WHERE id = ?", arguments: [row.row])
    streams[stream.id]?.trunk.signature = nil
  }

  /// Writes what changed, and folds what was added. To be called last.
  mutating func finish() throws {
    try countAnchors()
    if let projection {
      try foldFresh(by: projection)
    } else if !added.isEmpty {
      // Whoever opens the file with a projection must fold these first.
      try HotStatement(db, "UPDATE ledger SET projection = 0 WHERE projection <> 0").run([])
    }
    for row in learners.values { try write(row) }
    let sql = """
      UPDATE ledger SET clock = ?, fingerprint = ?, streams = ?, records = ?, content = content + ?
      """
    try HotStatement(db, sql).run([
      .integer(Int64(bitPattern: clock.last.bits)), .blob(ledger.sum.bytes),
      .integer(Int64(ledger.streams)), .integer(Int64(ledger.records)),
      .integer(keys.changedContent ? 1 : 0),
    ])
  }
}

/// A segment that is ready to be stored, with what it holds and where it leads.
private struct SealedPart: Sendable {
  let segment: Segment
  let records: [Record]
  let reached: StreamHead

  /// `records`, signed and packed in segments of at most ``Segment/recordsMax``, and no larger than
  /// ``Segment/sealedBytesMax`` where they hold more than one.
  static func parts(
    of records: [Record], stream: RecordStream, after head: StreamHead, key: SigningKey
  ) -> [SealedPart] {
    var (head, rest, most) = (head, records[...], Segment.recordsMax)
    var out: [SealedPart] = []
    while !rest.isEmpty {
      let part = Array(rest.prefix(most))
      let bytes = SegmentCodec.encode(part, of: stream)
      if bytes.count > Segment.sealedBytesMax, part.count > 1 {
        most = part.count / 2
        continue
      }
      let reached = head.appending(part)
      let segment = Segment(
        stream: stream, first: head.number + 1, count: part.count,
        signature: key.sign(reached.signedBytes(of: stream.id)), bytes: bytes)
      head = reached
      rest = rest.dropFirst(part.count)
      out.append(SealedPart(segment: segment, records: part, reached: reached))
    }
    return out
  }
}

// MARK: - Folding

extension JournalTransaction {
  /// Folds what was added, learner by learner, on all cores.
  private mutating func foldFresh(by projection: any Projection) throws {
    let touched = added.keys.sorted()
    let pending = try touched.map { try pendingFold(of: $0) }
    let folded = Mutex(pending)
    DispatchQueue.concurrentPerform(iterations: pending.count) { index in
      let one = pending[index].folded(by: projection)
      folded.withLock { $0[index] = one }
    }
    for (learner, fold) in zip(touched, folded.withLock({ $0 })) {
      try fold.save(db)
      learners[learner]?.state = fold.state
    }
  }

  /// `learner`'s new records onto her rows, or all of them anew when one is older than what was folded, or a clock was
  /// corrected, which moves others.
  private mutating func pendingFold(of learner: LearnerID) throws -> PendingFold {
    let row = try learnerRow(learner)
    let records = (added[learner] ?? []).sorted(by: RecordOrder.precedes)
    let isLater = row.anchors == 0 && (records.first.map { $0.time > row.folded } ?? true)
    let isNew = row.folded.bits == 0
    learners[learner]?.folded = max(row.folded, records.last?.time ?? row.folded)
    return isLater
      ? try PendingFold(records, of: row.id, onto: row.state, isNew: isNew, keys: &keys, db)
      : try pendingFoldOfAll(learner, row: row.id)
  }

  /// All of a learner's records onto nothing; her rows go.
  private mutating func pendingFoldOfAll(_ learner: LearnerID, row: Int64) throws -> PendingFold {
    try db.execute(sql: "DELETE FROM mastery WHERE learner = ?", arguments: [row])
    try db.execute(sql: "DELETE FROM item_progress WHERE learner = ?", arguments: [row])
    let records = Timeline.ordered(try JournalReader(db).records(of: learner))
    return try PendingFold(records, of: row, onto: nil, isNew: true, keys: &keys, db)
  }

  /// Counts the clock anchors among what was added.
  private mutating func countAnchors() throws {
    for (learner, records) in added {
      let anchors = records.count(where: Timeline.isAnchor)
      guard anchors > 0 else { continue }
      _ = try learnerRow(learner)
      learners[learner]?.anchors += anchors
    }
  }

  /// Folds one learner anew whatever is there; for a rebuild.
  mutating func rebuild(_ learner: LearnerID) throws {
    guard let projection else { return }
    var row = try learnerRow(learner)
    let fold = try pendingFoldOfAll(learner, row: row.id).folded(by: projection)
    try fold.save(db)
    row.state = fold.state
    row.folded = try JournalReader(db).records(of: learner).map(\.time).max() ?? row.folded
    learners[learner] = row
  }
}
