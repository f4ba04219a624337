internal import GRDB
import SatchelCore

/// The rows behind a ``JournalTransaction``: learners, streams with their branches, replicas, segments. Each is read once,
/// kept in the transaction, and made where it is missing.
extension JournalTransaction {
  /// What is kept of a learner: her fingerprint, and how far she is folded.
  struct LearnerRow {
    let id: Int64
    var summary: ScopeSummary
    var folded: HybridTime
    var state: [UInt8]?
    var anchors = 0
  }

  /// The row of `learner`, made if she was never met.
  mutating func learnerRow(_ learner: LearnerID) throws -> LearnerRow {
    if let row = learners[learner] { return row }
    var found: LearnerRow?
    let sql =
      """
      SELECT id, fingerprint, streams, records, folded, state, anchors FROM learner
      WHERE learner = ?
      """
    try HotStatement(db, sql).run([.blob(learner.bytes)]) { row in
      found = LearnerRow(
        id: row.integer(0),
        summary: ScopeSummary(
          sum: Hash256(bytes: row.blob(1) ?? []) ?? .zero, streams: Int(row.integer(2)),
          records: Int(row.integer(3))),
        folded: HybridTime(bits: UInt64(bitPattern: row.integer(4))), state: row.blob(5),
        anchors: Int(row.integer(6)))
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

  /// The branches of `stream`, its trunk made if it is new.
  mutating func tree(of stream: RecordStream) throws -> StreamTree {
    if let tree = streams[stream.id] { return tree }
    var tree = try StreamTree.read(stream, db)
    if tree == nil {
      let start = stream.start
      let row = try insertStream(
        stream, named: stream.id.bytes, trunk: nil, base: start, head: start)
      tree = StreamTree(
        stream: stream,
        branches: [StreamTree.Branch(row: row, base: start, head: start, signature: nil)])
    }
    guard let tree else { throw SatchelError(.storeDamaged, subject: "stream") }
    streams[stream.id] = tree
    return tree
  }

  /// Makes the row of a branch that leaves `stream` at `base`; returns its place in the tree.
  mutating func addBranch(
    of stream: RecordStream, base: StreamHead, first: Hash256, reached: StreamHead
  ) throws -> Int {
    var tree = try tree(of: stream)
    let name = StreamTree.rowName(of: stream.id, base: base, first: first)
    let row = try insertStream(
      stream, named: name, trunk: tree.trunk.row, base: base, head: reached)
    tree.branches.append(
      StreamTree.Branch(row: row, base: base, head: reached, signature: nil))
    streams[stream.id] = tree
    var owner = try learnerRow(stream.learner)
    owner.summary.branch(stream.id, at: base, to: reached)
    ledger.branch(stream.id, at: base, to: reached)
    learners[stream.learner] = owner
    return tree.branches.count - 1
  }

  private mutating func insertStream(
    _ stream: RecordStream, named name: [UInt8], trunk: Int64?, base: StreamHead, head: StreamHead
  ) throws -> Int64 {
    let learner = try learnerRow(stream.learner).id
    let sql = """
      INSERT INTO stream (stream, replica, learner, nonce, head_number, head_hash, trunk,
        base_number, base_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    try HotStatement(db, sql).run([
      .blob(name), .integer(try replicaRow(stream.publicKey)), .integer(learner),
      .integer(Int64(bitPattern: stream.nonce)), .integer(Int64(head.number)),
      .blob(head.hash.bytes), trunk.map(HotValue.integer) ?? .null,
      .integer(Int64(base.number)), trunk == nil ? .null : .blob(base.hash.bytes),
    ])
    return db.lastInsertedRowID
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

  /// Stores a segment under the next arrival number; `peer` brought it, or it was recorded here.
  func insertSegment(_ segment: Segment, row: Int64, peer: Int64?) throws {
    let sql = """
      INSERT INTO segment (stream, first, count, peer, signature, bytes) VALUES (?, ?, ?, ?, ?, ?)
      """
    try HotStatement(db, sql).run([
      .integer(row), .integer(Int64(segment.first)), .integer(Int64(segment.count)),
      peer.map(HotValue.integer) ?? .null, .blob(segment.signature), .blob(segment.bytes),
    ])
  }

  /// Moves a leaf, and with it the fingerprints of its learner and of the whole.
  mutating func advance(
    _ stream: RecordStream, branch: Int, to head: StreamHead, signature: [UInt8]?
  ) throws {
    let before = try tree(of: stream).branches[branch]
    var owner = try learnerRow(stream.learner)
    owner.summary.advance(stream.id, from: before.head, to: head)
    ledger.advance(stream.id, from: before.head, to: head)
    learners[stream.learner] = owner
    streams[stream.id]?.branches[branch].head = head
    streams[stream.id]?.branches[branch].signature = signature
    let sql = "UPDATE stream SET head_number = ?, head_hash = ?, signature = ? WHERE id = ?"
    try HotStatement(db, sql).run([
      .integer(Int64(head.number)), .blob(head.hash.bytes),
      signature.map(HotValue.blob) ?? .null, .integer(before.row),
    ])
  }

  /// Writes what changed of a learner.
  func write(_ row: LearnerRow) throws {
    let sql = """
      UPDATE learner SET fingerprint = ?, streams = ?, records = ?, folded = ?, state = ?,
        anchors = ? WHERE id = ?
      """
    try HotStatement(db, sql).run([
      .blob(row.summary.sum.bytes), .integer(Int64(row.summary.streams)),
      .integer(Int64(row.summary.records)), .integer(Int64(bitPattern: row.folded.bits)),
      row.state.map(HotValue.blob) ?? .null, .integer(Int64(row.anchors)), .integer(row.id),
    ])
  }
}
