internal import GRDB
import SatchelCore

/// A stream as one transaction sees it: its trunk, and the branches that left it where a device was copied.
///
/// INV-fork: the first history to come is the trunk, whichever it is; each other one is a row that goes on from a
/// *base*, the last record that it shares. Which row is called trunk is a local matter: the set of leaves, and so the
/// fingerprint, is the same on every replica that holds the same records. A base always has another record after it, so
/// the head of every row is a leaf.
struct StreamTree {
  /// One history, from its base to its leaf.
  struct Branch {
    let row: Int64
    /// The trunk's starts at number 0.
    let base: StreamHead
    var head: StreamHead
    /// Over the head, while there is a tail; only the trunk of an own stream has one.
    var signature: [UInt8]?
  }

  let stream: RecordStream
  /// The trunk comes first; there always is one.
  var branches: [Branch]

  var trunk: Branch {
    get { branches[0] }
    set { branches[0] = newValue }
  }

  /// The name of a branch's row: made of where it leaves the trunk and how it goes on, so that it stands once.
  static func rowName(of stream: StreamID, base: StreamHead, first: Hash256) -> [UInt8] {
    var tail = stream.bytes
    tail.appendBigEndian(base.number)
    let hash = Hash256(hashing: Array("satchel branch 1\0".utf8), tail, first.bytes)
    return Array(hash.bytes.prefix(16))
  }

  /// The tree of `stream` as it is stored; `nil` when no row of it is.
  static func read(_ stream: RecordStream, _ db: Database) throws -> StreamTree? {
    var branches: [Branch] = []
    let columns = "SELECT id, head_number, head_hash, signature, base_number, base_hash FROM stream"
    func add(_ row: HotRow) {
      let base = StreamHead(
        number: UInt64(row.integer(4)),
        hash: Hash256(bytes: row.blob(5) ?? []) ?? stream.start.hash)
      let head = StreamHead(
        number: UInt64(row.integer(1)), hash: Hash256(bytes: row.blob(2) ?? []) ?? .zero)
      branches.append(
        Branch(row: row.integer(0), base: base, head: head, signature: row.blob(3)))
    }
    try HotStatement(db, columns + " WHERE stream = ?").run([.blob(stream.id.bytes)], row: add)
    guard let trunk = branches.first?.row else { return nil }
    try HotStatement(db, columns + " WHERE trunk = ? ORDER BY id").run([.integer(trunk)], row: add)
    return StreamTree(stream: stream, branches: branches)
  }
}
