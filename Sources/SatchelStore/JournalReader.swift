internal import Foundation
internal import GRDB
import SatchelCore

/// Reads streams and records; each function sees one snapshot.
struct JournalReader {
  private let db: Database

  init(_ db: Database) { self.db = db }

  /// All streams, with their row and head, ordered by id.
  func streams(of learner: LearnerID? = nil, withTail: Bool = false) throws -> [StoredStream] {
    var sql = Self.streamColumns
    if learner != nil { sql += " WHERE learner.learner = ?" }
    if withTail { sql += " WHERE stream.id IN (SELECT DISTINCT stream FROM tail)" }
    sql += " ORDER BY stream.stream"
    var out: [StoredStream] = []
    var isDamaged = false
    try HotStatement(db, sql).run(learner.map { [.blob($0.bytes)] } ?? []) { row in
      guard let stream = StoredStream(row) else {
        isDamaged = true
        return
      }
      out.append(stream)
    }
    if isDamaged { throw SatchelError(.storeDamaged, subject: "stream") }
    return out
  }

  /// The records of one stream in order: sealed ones first, then the tail.
  func records(of stream: StoredStream) throws -> [Record] {
    try records(row: stream.row, of: stream.stream)
  }

  /// The records of one row of `stream`, its trunk or a branch.
  func records(row: Int64, of stream: RecordStream) throws -> [Record] {
    var out: [Record] = []
    for bytes in try packed(row: row) { out += try SegmentCodec.decode(bytes, of: stream) }
    return out
  }

  /// All records about `learner`, stream by stream.
  func records(of learner: LearnerID) throws -> [Record] {
    try streams(of: learner).flatMap { try records(of: $0) }
  }

  /// The sealed segments of a stream in order.
  func segments(of stream: StoredStream) throws -> [Segment] {
    var out: [Segment] = []
    let sql = "SELECT first, count, signature, bytes FROM segment WHERE stream = ? ORDER BY first"
    try HotStatement(db, sql).run([.integer(stream.row)]) { row in
      out.append(
        Segment(
          stream: stream.stream, first: UInt64(row.integer(0)), count: Int(row.integer(1)),
          signature: row.blob(2) ?? [], bytes: row.blob(3) ?? []))
    }
    return out
  }

  private func packed(row: Int64) throws -> [[UInt8]] {
    var out: [[UInt8]] = []
    for sql in [
      "SELECT bytes FROM segment WHERE stream = ? ORDER BY first",
      "SELECT bytes FROM tail WHERE stream = ? ORDER BY number",
    ] {
      try HotStatement(db, sql).run([.integer(row)]) { out.append($0.blob(0) ?? []) }
    }
    return out
  }

  static let streamColumns = """
    SELECT stream.id, replica.public_key, learner.learner, stream.nonce, stream.head_number,
      stream.head_hash, stream.signature, stream.stream, stream.trunk, stream.base_number,
      stream.base_hash
    FROM stream JOIN replica ON replica.id = stream.replica
    JOIN learner ON learner.id = stream.learner
    """
}

/// One row of a stream as the store holds it: its trunk, or a branch.
struct StoredStream {
  let row: Int64
  let stream: RecordStream
  /// Where its own records begin: number 0 for a trunk.
  let base: StreamHead
  let isBranch: Bool
  let head: StreamHead
  /// Over the head, while there is a tail.
  let tailSignature: [UInt8]?

  /// `nil` when the row contradicts itself, such as an id that does not follow from key, learner and nonce.
  init?(_ row: HotRow) {
    guard let key = PublicKey(bytes: row.blob(1) ?? []),
      let learner = LearnerID(bytes: row.blob(2) ?? []),
      let hash = Hash256(bytes: row.blob(5) ?? [])
    else { return nil }
    self.row = row.integer(0)
    stream = RecordStream(
      publicKey: key, learner: learner, nonce: UInt64(bitPattern: row.integer(3)))
    isBranch = row.blob(10) != nil
    if let hash = Hash256(bytes: row.blob(10) ?? []) {
      base = StreamHead(number: UInt64(row.integer(9)), hash: hash)
    } else {
      guard !isBranch, stream.id.bytes == row.blob(7) ?? [] else { return nil }
      base = stream.start
    }
    head = StreamHead(number: UInt64(row.integer(4)), hash: hash)
    tailSignature = row.blob(6)
  }
}
