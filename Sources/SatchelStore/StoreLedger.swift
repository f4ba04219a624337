internal import Foundation
internal import GRDB
package import SatchelCore

extension Store: Ledger {
  package func epoch() throws(SatchelError) -> LedgerEpoch {
    try recall(.epoch) { db in
      UInt64(bitPattern: try Int64.fetchOne(db, sql: "SELECT epoch FROM ledger") ?? 0)
    }
  }

  package func summary(of scope: Scope) throws(SatchelError) -> ScopeSummary {
    try recall(.summary(scope)) { db in try Self.summary(of: scope, db) }
  }

  package func segments(
    after arrival: UInt64, of scope: Scope, notFrom peer: PeerID?, bytesMax: Int
  ) throws(SatchelError) -> SegmentBatch {
    let question = Question.arrivals(after: arrival, scope: scope, notFrom: peer)
    return try recollection.answer(to: question, keeping: \.segments.isEmpty) {
      () throws(SatchelError) in
      try sealTails()
      return try readSegments(after: arrival, of: scope, notFrom: peer, bytesMax: bytesMax)
    }
  }

  private func readSegments(
    after arrival: UInt64, of scope: Scope, notFrom peer: PeerID?, bytesMax: Int
  ) throws(SatchelError) -> SegmentBatch {
    try read { db in
      let origin = try peer.flatMap { try Self.peerRow($0, db) }
      var batch = try Self.emptyBatch(through: arrival, of: scope, db)
      var bytes = 0
      let sql = Self.segmentColumns + " WHERE arrival > ? ORDER BY arrival"
      let cursor = try Row.fetchCursor(db, sql: sql, arguments: [Int64(clamping: arrival)])
      while let row = try cursor.next() {
        let next: Int64 = row[0]
        let brought: Int64? = row[4]
        if brought == nil || brought != origin,
          try scope.contains(Self.learner(row))
        {
          let segment = try Self.segment(row)
          guard batch.add(segment, bytes: &bytes, max: bytesMax) else { break }
        }
        batch.through = UInt64(next)
      }
      return batch
    }
  }

  package func segments(
    of wanted: [WantedRecords], after arrival: UInt64, of scope: Scope, bytesMax: Int
  ) throws(SatchelError) -> SegmentBatch {
    try sealTails()
    if wanted.isEmpty {
      return try recall(.none(after: arrival, scope: scope)) { db in
        try Self.emptyBatch(through: arrival, of: scope, db)
      }
    }
    return try read { db in
      var batch = try Self.emptyBatch(through: arrival, of: scope, db)
      var bytes = 0
      for found in try Self.arrivals(of: wanted, after: arrival, db) {
        let sql = Self.segmentColumns + " WHERE arrival = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [found]),
          try scope.contains(Self.learner(row))
        else { continue }
        guard batch.add(try Self.segment(row), bytes: &bytes, max: bytesMax) else { break }
        batch.through = UInt64(found)
      }
      return batch
    }
  }

  package func leaves(of scope: Scope, in range: StreamRange) throws(SatchelError) -> [Leaf] {
    try sealTails()
    return try read { db in
      // In the order of ids, and of hashes within one.
      try Self.leaves(in: range, db).filter { scope.contains($0.learner) }.map(\.leaf).sorted {
        ($0.stream, $0.head.hash.highWord) < ($1.stream, $1.head.hash.highWord)
      }
    }
  }

  package func recordedLearners() throws(SatchelError) -> Set<LearnerID> {
    try recall(.recordedLearners) { db in
      var out: Set<LearnerID> = []
      try HotStatement(db, "SELECT learner FROM learner WHERE streams > 0").run([]) { row in
        if let learner = LearnerID(bytes: row.blob(0) ?? []) { out.insert(learner) }
      }
      return out
    }
  }

  package func admit(
    _ segments: [Segment], from peer: PeerID, hubMilliseconds: Int64, note: PeerNote?
  ) throws(SatchelError) -> Admission {
    if segments.isEmpty {
      if let note { try keep(note, of: peer) }
      return Admission(records: 0)
    }
    let (admission, learners) = try write { db in
      var journal = try JournalTransaction(db, projection: projection)
      let origin = try Self.makePeerRow(peer, db)
      var added = 0
      for segment in segments {
        added += try journal.admit(segment, from: origin, hubMilliseconds: hubMilliseconds)
      }
      if let note { try Self.keep(note, of: peer, db) }
      try journal.finish()
      try renewIdentity(after: journal, db)
      return (Admission(records: added), Array(journal.touchedLearners))
    }
    tellObservers(of: learners)
    return admission
  }

  package func note(of peer: PeerID) throws(SatchelError) -> PeerNote {
    try recall(.note(peer)) { db in
      let sql = """
        SELECT epoch, pulled, pushed, fingerprint, success, scope FROM peer WHERE peer = ?
        """
      guard let row = try Row.fetchOne(db, sql: sql, arguments: [Data(peer.bytes)]) else {
        return PeerNote()
      }
      let (epoch, pulled, pushed): (Int64, Int64, Int64) = (row[0], row[1], row[2])
      return PeerNote(
        epoch: UInt64(bitPattern: epoch), pulled: UInt64(pulled), pushed: UInt64(pushed),
        scope: try epoch == 0 ? nil : Self.scope(row[5] as Data?),
        lastFingerprint: (row[3] as Data?).flatMap { Hash256(bytes: $0) },
        lastSuccessMilliseconds: row[4])
    }
  }

  package func keep(_ note: PeerNote, of peer: PeerID) throws(SatchelError) {
    // A round that changed nothing costs no flush.
    if try self.note(of: peer).saysAsMuch(as: note) { return }
    try write { db in
      _ = try Self.makePeerRow(peer, db)
      try Self.keep(note, of: peer, db)
    }
  }
}

// MARK: - Restoring

extension Store {
  /// Says that this file was restored or promoted: cursors into its earlier life mean nothing any more, so each client
  /// offers its records again and takes all of ours, at the cost of bytes only.
  package func startNewEpoch() throws(SatchelError) {
    try write { db in try startNewEpoch(db) }
  }

  func startNewEpoch(_ db: Database) throws {
    try db.execute(sql: "UPDATE ledger SET epoch = ?", arguments: [entropy.epoch()])
  }
}

// MARK: - Segments in and out

extension Store {
  private static let segmentColumns = """
    SELECT arrival, first, count, segment.signature, segment.peer, bytes,
      replica.public_key, learner.learner, stream.nonce
    FROM segment JOIN stream ON stream.id = segment.stream
    JOIN replica ON replica.id = stream.replica JOIN learner ON learner.id = stream.learner
    """

  private static func segment(_ row: Row) throws -> Segment {
    let (first, count, nonce): (Int64, Int, Int64) = (row[1], row[2], row[8])
    guard let key = PublicKey(bytes: row[6] as Data), let learner = LearnerID(bytes: row[7] as Data)
    else { throw SatchelError(.storeDamaged, subject: "segment") }
    return Segment(
      stream: RecordStream(publicKey: key, learner: learner, nonce: UInt64(bitPattern: nonce)),
      first: UInt64(first), count: count, signature: Array(row[3] as Data),
      bytes: Array(row[5] as Data))
  }

  private static func learner(_ row: Row) throws -> LearnerID {
    guard let learner = LearnerID(bytes: row[7] as Data) else {
      throw SatchelError(.storeDamaged, subject: "segment")
    }
    return learner
  }

  private static func emptyBatch(through arrival: UInt64, of scope: Scope, _ db: Database) throws
    -> SegmentBatch
  {
    let newest = try Int64.fetchOne(db, sql: "SELECT max(arrival) FROM segment") ?? 0
    return SegmentBatch(
      segments: [], through: arrival, hasMore: false, newest: UInt64(newest),
      summary: try summary(of: scope, db))
  }

  /// Arrival numbers of the segments that hold `wanted` records, rising.
  private static func arrivals(of wanted: [WantedRecords], after arrival: UInt64, _ db: Database)
    throws -> [Int64]
  {
    var out: [Int64] = []
    let statement = try HotStatement(
      db,
      """
      SELECT arrival FROM segment WHERE stream IN (SELECT id FROM stream WHERE stream = ?1
        UNION ALL SELECT id FROM stream WHERE trunk = (SELECT id FROM stream WHERE stream = ?1))
      AND first + count > ?2 AND arrival > ?3
      """)
    for want in wanted {
      try statement.run([
        .blob(want.stream.bytes), .integer(Int64(clamping: want.from)),
        .integer(Int64(clamping: arrival)),
      ]) { out.append($0.integer(0)) }
    }
    return out.sorted()
  }

  private static func leaves(in range: StreamRange, _ db: Database) throws -> [(
    learner: LearnerID, leaf: Leaf
  )] {
    let columns = """
      SELECT trunk.stream, leaf.head_number, leaf.head_hash, learner.learner
      FROM stream AS leaf JOIN stream AS trunk ON trunk.id = coalesce(leaf.trunk, leaf.id)
      JOIN learner ON learner.id = leaf.learner WHERE leaf.head_number > 0 AND
      """
    var (low, high): ([UInt8], [UInt8]) = ([], [])
    low.appendBigEndian(range.bounds.lowerBound)
    high.appendBigEndian(range.bounds.upperBound)
    high.append(contentsOf: [UInt8](repeating: 0xFF, count: 8))
    var out: [(learner: LearnerID, leaf: Leaf)] = []
    for (condition, values) in [
      (" leaf.trunk IS NULL AND leaf.stream BETWEEN ? AND ?", [HotValue.blob(low), .blob(high)]),
      (" leaf.trunk IS NOT NULL", []),
    ] {
      try HotStatement(db, columns + condition).run(values) { row in
        guard let stream = StreamID(bytes: row.blob(0) ?? []), range.contains(stream),
          let hash = Hash256(bytes: row.blob(2) ?? []),
          let learner = LearnerID(bytes: row.blob(3) ?? [])
        else { return }
        let head = StreamHead(number: UInt64(row.integer(1)), hash: hash)
        out.append((learner, Leaf(stream: stream, head: head)))
      }
    }
    return out
  }

  /// Packs all tails, so that what is offered has a form and an arrival number.
  func sealTails() throws(SatchelError) {
    let waits = try recall(.tails) { db in
      try Row.fetchOne(db, sql: "SELECT 1 FROM tail LIMIT 1") != nil
    }
    guard waits else { return }
    try write { db in
      var journal = try JournalTransaction(db, projection: projection)
      for stream in try JournalReader(db).streams(withTail: true) {
        try journal.sealTail(of: stream.stream)
      }
    }
  }

  private static func summary(of scope: Scope, _ db: Database) throws -> ScopeSummary {
    switch scope {
    case .everyone:
      let row = try Row.fetchOne(db, sql: "SELECT fingerprint, streams, records FROM ledger")
      return try summary(row)
    case .learners(let learners):
      return try learners.reduce(into: ScopeSummary()) { total, learner in
        let sql = "SELECT fingerprint, streams, records FROM learner WHERE learner = ?"
        guard let row = try Row.fetchOne(db, sql: sql, arguments: [Data(learner.bytes)]) else {
          return
        }
        let one = try summary(row)
        total.sum = total.sum &+ one.sum
        total.streams += one.streams
        total.records += one.records
      }
    }
  }

  private static func summary(_ row: Row?) throws -> ScopeSummary {
    guard let row, let sum = Hash256(bytes: row[0] as Data) else {
      throw SatchelError(.storeDamaged, subject: "fingerprint")
    }
    return ScopeSummary(sum: sum, streams: row[1], records: row[2])
  }
}

// MARK: - Peers

extension Store {
  static func peerRow(_ peer: PeerID, _ db: Database) throws -> Int64? {
    let sql = "SELECT id FROM peer WHERE peer = ?"
    return try Int64.fetchOne(db, sql: sql, arguments: [Data(peer.bytes)])
  }

  static func makePeerRow(_ peer: PeerID, _ db: Database) throws -> Int64 {
    if let row = try peerRow(peer, db) { return row }
    try db.execute(sql: "INSERT INTO peer (peer) VALUES (?)", arguments: [Data(peer.bytes)])
    return db.lastInsertedRowID
  }

  private static func keep(_ note: PeerNote, of peer: PeerID, _ db: Database) throws {
    guard let row = try peerRow(peer, db) else { return }
    let scope: [UInt8]? =
      switch note.scope {
      case .learners(let learners): learners.sorted().flatMap(\.bytes)
      case .everyone, nil: nil
      }
    try db.cachedStatement(
      sql: """
        UPDATE peer SET epoch = ?, pulled = ?, pushed = ?, fingerprint = ?, success = ?, scope = ?
        WHERE id = ?
        """
    ).execute(arguments: [
      Int64(bitPattern: note.epoch), Int64(note.pulled), Int64(note.pushed),
      note.lastFingerprint.map { Data($0.bytes) }, note.lastSuccessMilliseconds,
      scope.map { Data($0) }, row,
    ])
  }

  private static func scope(_ learners: Data?) throws -> Scope {
    guard let learners else { return .everyone }
    guard let scope = Scope(learnerBytes: Array(learners)) else {
      throw SatchelError(.storeDamaged, subject: "scope")
    }
    return scope
  }
}

extension SegmentBatch {
  /// What a segment costs on the wire beside its packed bytes: signature, learner, numbers, field tags.
  private static let segmentOverheadBytes = 110

  /// Adds `segment` unless that makes it too large; the first always fits.
  fileprivate mutating func add(_ segment: Segment, bytes: inout Int, max: Int) -> Bool {
    bytes += segment.bytes.count + Self.segmentOverheadBytes
    if bytes > max, !segments.isEmpty {
      hasMore = true
      return false
    }
    segments.append(segment)
    return true
  }
}

extension PeerNote {
  /// How stale the time of the last success may be.
  private static let successMilliseconds: Int64 = 60_000

  /// Whether `other` tells nothing new, but for some seconds that passed since.
  fileprivate func saysAsMuch(as other: PeerNote) -> Bool {
    guard let mine = lastSuccessMilliseconds, let theirs = other.lastSuccessMilliseconds,
      (theirs &- mine).magnitude < Self.successMilliseconds.magnitude
    else { return self == other }
    var same = other
    same.lastSuccessMilliseconds = mine
    return self == same
  }
}
