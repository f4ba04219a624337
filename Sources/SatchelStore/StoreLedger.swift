internal import Foundation
internal import GRDB
package import SatchelCore

extension Store: Ledger {
  package func epoch() throws(SatchelError) -> LedgerEpoch {
    try read { db in
      UInt64(bitPattern: try Int64.fetchOne(db, sql: "SELECT epoch FROM ledger") ?? 0)
    }
  }

  package func summary(of scope: Scope) throws(SatchelError) -> ScopeSummary {
    try read { db in try Self.summary(of: scope, db) }
  }

  package func segments(
    after arrival: UInt64, of scope: Scope, notFrom peer: PeerID?, bytesMax: Int
  ) throws(SatchelError) -> SegmentBatch {
    try sealTails()
    return try read { db in
      let origin = try peer.flatMap { try Self.peerRow($0, db) }
      var batch = SegmentBatch(
        segments: [], through: arrival, hasMore: false, summary: try Self.summary(of: scope, db))
      var bytes = 0
      let sql = Self.segmentColumns + " WHERE arrival > ? ORDER BY arrival"
      let cursor = try Row.fetchCursor(db, sql: sql, arguments: [Int64(clamping: arrival)])
      while let row = try cursor.next() {
        let next: Int64 = row[0]
        let brought: Int64? = row[4]
        if brought == nil || brought != origin {
          let segment = try Self.segment(row)
          if scope.contains(segment.stream.learner) {
            bytes += segment.bytes.count + Self.segmentOverheadBytes
            if bytes > bytesMax, !batch.segments.isEmpty {
              batch.hasMore = true
              break
            }
            batch.segments.append(segment)
          }
        }
        batch.through = UInt64(next)
      }
      return batch
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
        added += try Self.admit(segment, from: origin, at: hubMilliseconds, in: &journal)
      }
      if let note { try Self.keep(note, of: peer, db) }
      try journal.finish()
      return (Admission(records: added), Array(journal.touchedLearners))
    }
    tellObservers(of: learners)
    return admission
  }

  package func note(of peer: PeerID) throws(SatchelError) -> PeerNote {
    try read { db in
      let sql = "SELECT epoch, pulled, pushed, fingerprint, success FROM peer WHERE peer = ?"
      guard let row = try Row.fetchOne(db, sql: sql, arguments: [Data(peer.bytes)]) else {
        return PeerNote()
      }
      let (epoch, pulled, pushed): (Int64, Int64, Int64) = (row[0], row[1], row[2])
      return PeerNote(
        epoch: UInt64(bitPattern: epoch), pulled: UInt64(pulled), pushed: UInt64(pushed),
        lastFingerprint: (row[3] as Data?).flatMap { Hash256(bytes: $0) },
        lastSuccessMilliseconds: row[4])
    }
  }

  package func keep(_ note: PeerNote, of peer: PeerID) throws(SatchelError) {
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
    try write { db in try Self.startNewEpoch(db) }
  }

  static func startNewEpoch(_ db: Database) throws {
    try db.execute(sql: "UPDATE ledger SET epoch = ?", arguments: [Int64.random(in: 1 ... .max)])
  }
}

// MARK: - Segments in and out

extension Store {
  /// What a segment costs on the wire beside its packed bytes: signature, learner, numbers, field tags.
  private static let segmentOverheadBytes = 110

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

  /// Takes one segment if it continues its stream; returns how many records were new.
  ///
  /// INV-verify: chain and signature are checked before a row is written. INV-merge: what is held already adds nothing.
  private static func admit(
    _ segment: Segment, from peer: Int64, at hubMilliseconds: Int64,
    in journal: inout JournalTransaction
  ) throws -> Int {
    let head = try journal.head(of: segment.stream)
    if segment.last <= head.number {
      // Held already; if it ends where ours ends, it must end alike.
      if segment.last == head.number, segment.first == 1,
        segment.stream.start.appending(try segment.records()).hash != head.hash
      {
        throw SatchelError(.streamForked, subject: segment.stream.id.description)
      }
      return 0
    }
    let (fresh, reached) = try segment.continuation(of: head)
    let first = head.number + 1
    let kept =
      first == segment.first
      ? segment
      : Segment(
        stream: segment.stream, first: first, count: fresh.count, signature: segment.signature,
        bytes: SegmentCodec.encode(fresh, of: segment.stream))
    // What was recorded here since must be sealed first, or tail and segment would overlap.
    try journal.sealTail(of: segment.stream)
    try journal.insert(kept, records: fresh, reached: reached, peer: peer)
    if let last = fresh.last {
      journal.observe(last.time, hubMilliseconds: hubMilliseconds)
    }
    return fresh.count
  }

  /// Packs all tails, so that what is offered has a form and an arrival number.
  func sealTails() throws(SatchelError) {
    let waits = try read { db in
      try Row.fetchOne(db, sql: "SELECT 1 FROM tail LIMIT 1") != nil
    }
    guard waits else { return }
    try write { db in
      var journal = try JournalTransaction(db, projection: projection)
      for stream in try JournalReader(db).streams() where stream.tailSignature != nil {
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
    let epoch = Int64(bitPattern: note.epoch)
    if note.pulled == 0, note.pushed == 0 {
      // Nothing is taken for granted any more: a restored peer may have lost even what it once sent us, so from now on
      // all of that is ours to offer.
      try db.execute(sql: "UPDATE segment SET peer = NULL WHERE peer = ?", arguments: [row])
    }
    try db.cachedStatement(
      sql: """
        UPDATE peer SET epoch = ?, pulled = ?, pushed = ?, fingerprint = ?, success = ? WHERE id = ?
        """
    ).execute(arguments: [
      epoch, Int64(note.pulled), Int64(note.pushed),
      note.lastFingerprint.map { Data($0.bytes) }, note.lastSuccessMilliseconds, row,
    ])
  }
}
