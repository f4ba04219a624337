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
  private var ledger: ScopeSummary
  private var learners: [LearnerID: LearnerRow] = [:]
  private var streams: [StreamID: StreamRow] = [:]
  private var fresh: [LearnerID: [Record]] = [:]
  private var replicas: [PublicKey: Int64] = [:]

  /// Tail rows of one stream beyond which they are sealed at once.
  static let tailRecordsMax = 256

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

  var touchedLearners: some Sequence<LearnerID> { fresh.keys }

  mutating func nextTime(wallMilliseconds: Int64) -> HybridTime {
    clock.next(wallMilliseconds: wallMilliseconds)
  }

  mutating func observe(_ time: HybridTime, hubMilliseconds: Int64) {
    clock.observe(time, hubMilliseconds: hubMilliseconds)
  }

  mutating func addLearner(_ learner: LearnerID) throws { _ = try learnerRow(learner) }

  mutating func head(of stream: RecordStream) throws -> StreamHead {
    try streamRow(stream).head
  }

  /// Adds one record as a tail row; seals the tail when it has grown long.
  mutating func appendTail(_ record: Record, to stream: RecordStream, key: SigningKey) throws
    -> StreamHead
  {
    let row = try streamRow(stream)
    let head = row.head.appending(record)
    let bytes = SegmentCodec.encode([record], of: stream)
    try HotStatement(db, "INSERT INTO tail (stream, number, bytes) VALUES (?, ?, ?)").run([
      .integer(row.id), .integer(Int64(head.number)), .blob(bytes),
    ])
    try advance(stream, to: head, signature: key.sign(head.signedBytes(of: stream.id)))
    fresh[stream.learner, default: []].append(record)
    if head.number.isMultiple(of: UInt64(Self.tailRecordsMax)) { try sealTail(of: stream) }
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
        try insert(part.segment, records: part.records, reached: part.reached, peer: nil)
      }
    }
  }

  /// Stores a segment whose records continue the stream up to `reached`, proven by the caller.
  mutating func insert(
    _ segment: Segment, records: [Record], reached: StreamHead, peer: Int64?
  ) throws {
    try insertSegment(segment, row: try streamRow(segment.stream), peer: peer)
    try advance(segment.stream, to: reached, signature: nil)
    fresh[segment.stream.learner, default: []].append(contentsOf: records)
  }

  /// Packs the tail rows of `stream` into one segment; the journal's records stay what they are.
  mutating func sealTail(of stream: RecordStream) throws {
    let row = try streamRow(stream)
    guard let signature = row.signature else { return }
    var records: [Record] = []
    var failure: (any Error)?
    let sql = "SELECT bytes FROM tail WHERE stream = ? ORDER BY number"
    try HotStatement(db, sql).run([.integer(row.id)]) { found in
      do {
        records += try SegmentCodec.decode(found.blob(0) ?? [], of: stream)
      } catch { failure = error }
    }
    if let failure { throw failure }
    let segment = Segment(
      stream: stream, first: row.head.number + 1 - UInt64(records.count), count: records.count,
      signature: signature, bytes: SegmentCodec.encode(records, of: stream))
    try insertSegment(segment, row: row, peer: nil)
    try db.execute(sql: "DELETE FROM tail WHERE stream = ?", arguments: [row.id])
    try db.execute(sql: "UPDATE stream SET signature = NULL WHERE id = ?", arguments: [row.id])
    streams[stream.id]?.signature = nil
  }

  /// Writes what changed, and folds what was added. To be called last.
  mutating func finish() throws {
    if let projection {
      try foldFresh(by: projection)
    } else if !fresh.isEmpty {
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

  /// `records`, signed and packed in segments of at most ``Segment/recordsMax``.
  static func parts(
    of records: [Record], stream: RecordStream, after head: StreamHead, key: SigningKey
  ) -> [SealedPart] {
    var head = head
    return stride(from: 0, to: records.count, by: Segment.recordsMax).map { start in
      let part = Array(records[start..<min(start + Segment.recordsMax, records.count)])
      let reached = head.appending(part)
      let segment = Segment(
        stream: stream, first: head.number + 1, count: part.count,
        signature: key.sign(reached.signedBytes(of: stream.id)),
        bytes: SegmentCodec.encode(part, of: stream))
      head = reached
      return SealedPart(segment: segment, records: part, reached: reached)
    }
  }
}

// MARK: - Folding

extension JournalTransaction {
  /// Folds what was added, learner by learner, on all cores.
  private mutating func foldFresh(by projection: any Projection) throws {
    let touched = fresh.keys.sorted()
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

  /// `learner`'s new records onto her rows, or all of them anew when one is older than what was folded.
  private mutating func pendingFold(of learner: LearnerID) throws -> PendingFold {
    var row = try learnerRow(learner)
    let records = (fresh[learner] ?? []).sorted(by: RecordOrder.precedes)
    let isLater = records.first.map { $0.time > row.folded } ?? true
    let isNew = row.folded.bits == 0
    row.folded = max(row.folded, records.last?.time ?? row.folded)
    learners[learner] = row
    return isLater
      ? try PendingFold(records, of: row.id, onto: row.state, isNew: isNew, keys: &keys, db)
      : try pendingFoldOfAll(learner, row: row.id)
  }

  /// All of a learner's records onto nothing; her rows go.
  private mutating func pendingFoldOfAll(_ learner: LearnerID, row: Int64) throws -> PendingFold {
    try db.execute(sql: "DELETE FROM mastery WHERE learner = ?", arguments: [row])
    try db.execute(sql: "DELETE FROM item_progress WHERE learner = ?", arguments: [row])
    let records = try JournalReader(db).records(of: learner).sorted(by: RecordOrder.precedes)
    return try PendingFold(records, of: row, onto: nil, isNew: true, keys: &keys, db)
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

// MARK: - Rows

extension JournalTransaction {
  fileprivate struct LearnerRow {
    let id: Int64
    var summary: ScopeSummary
    var folded: HybridTime
    var state: [UInt8]?
  }

  fileprivate struct StreamRow {
    let id: Int64
    var head: StreamHead
    var signature: [UInt8]?
  }

  private mutating func learnerRow(_ learner: LearnerID) throws -> LearnerRow {
    if let row = learners[learner] { return row }
    var found: LearnerRow?
    let sql =
      "SELECT id, fingerprint, streams, records, folded, state FROM learner WHERE learner = ?"
    try HotStatement(db, sql).run([.blob(learner.bytes)]) { row in
      found = LearnerRow(
        id: row.integer(0),
        summary: ScopeSummary(
          sum: Hash256(bytes: row.blob(1) ?? []) ?? .zero, streams: Int(row.integer(2)),
          records: Int(row.integer(3))),
        folded: HybridTime(bits: UInt64(bitPattern: row.integer(4))), state: row.blob(5))
    }
    if found == nil {
      try HotStatement(db, "INSERT INTO learner (learner, fingerprint) VALUES (?, ?)").run([
        .blob(learner.bytes), .blob(Hash256.zero.bytes),
      ])
      found = LearnerRow(
        id: db.lastInsertedRowID, summary: ScopeSummary(), folded: HybridTime(bits: 0), state: nil)
    }
    guard let row = found else { throw SatchelError(.storeDamaged, subject: "learner") }
    learners[learner] = row
    return row
  }

  private mutating func streamRow(_ stream: RecordStream) throws -> StreamRow {
    if let row = streams[stream.id] { return row }
    var found: StreamRow?
    let sql = "SELECT id, head_number, head_hash, signature FROM stream WHERE stream = ?"
    try HotStatement(db, sql).run([.blob(stream.id.bytes)]) { row in
      let hash = Hash256(bytes: row.blob(2) ?? []) ?? .zero
      found = StreamRow(
        id: row.integer(0), head: StreamHead(number: UInt64(row.integer(1)), hash: hash),
        signature: row.blob(3))
    }
    if found == nil {
      let learner = try learnerRow(stream.learner).id
      let start = stream.start
      let sql = """
        INSERT INTO stream (stream, replica, learner, nonce, head_number, head_hash)
        VALUES (?, ?, ?, ?, 0, ?)
        """
      try HotStatement(db, sql).run([
        .blob(stream.id.bytes), .integer(try replicaRow(stream.publicKey)), .integer(learner),
        .integer(Int64(bitPattern: stream.nonce)), .blob(start.hash.bytes),
      ])
      found = StreamRow(id: db.lastInsertedRowID, head: start, signature: nil)
    }
    guard let row = found else { throw SatchelError(.storeDamaged, subject: "stream") }
    streams[stream.id] = row
    return row
  }

  private mutating func replicaRow(_ key: PublicKey) throws -> Int64 {
    if let row = replicas[key] { return row }
    try HotStatement(db, "INSERT INTO replica (public_key) VALUES (?) ON CONFLICT DO NOTHING").run(
      [.blob(key.bytes)])
    var found: Int64?
    try HotStatement(db, "SELECT id FROM replica WHERE public_key = ?").run([.blob(key.bytes)]) {
      found = $0.integer(0)
    }
    guard let row = found else { throw SatchelError(.storeDamaged, subject: "replica") }
    replicas[key] = row
    return row
  }

  private func insertSegment(_ segment: Segment, row: StreamRow, peer: Int64?) throws {
    let sql = """
      INSERT INTO segment (stream, first, count, peer, signature, bytes) VALUES (?, ?, ?, ?, ?, ?)
      """
    try HotStatement(db, sql).run([
      .integer(row.id), .integer(Int64(segment.first)), .integer(Int64(segment.count)),
      peer.map(HotValue.integer) ?? .null, .blob(segment.signature), .blob(segment.bytes),
    ])
  }

  /// Moves a stream's head, and with it the fingerprints of its learner and of the whole.
  private mutating func advance(
    _ stream: RecordStream, to head: StreamHead, signature: [UInt8]?
  ) throws {
    var row = try streamRow(stream)
    var owner = try learnerRow(stream.learner)
    owner.summary.advance(stream.id, from: row.head, to: head)
    ledger.advance(stream.id, from: row.head, to: head)
    learners[stream.learner] = owner
    row.head = head
    row.signature = signature
    streams[stream.id] = row
    let sql = "UPDATE stream SET head_number = ?, head_hash = ?, signature = ? WHERE id = ?"
    try HotStatement(db, sql).run([
      .integer(Int64(head.number)), .blob(head.hash.bytes),
      signature.map(HotValue.blob) ?? .null, .integer(row.id),
    ])
  }

  private func write(_ row: LearnerRow) throws {
    let sql = """
      UPDATE learner SET fingerprint = ?, streams = ?, records = ?, folded = ?, state = ?
      WHERE id = ?
      """
    try HotStatement(db, sql).run([
      .blob(row.summary.sum.bytes), .integer(Int64(row.summary.streams)),
      .integer(Int64(row.summary.records)), .integer(Int64(bitPattern: row.folded.bits)),
      row.state.map(HotValue.blob) ?? .null, .integer(row.id),
    ])
  }
}
