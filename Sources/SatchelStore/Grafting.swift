internal import GRDB
import SatchelCore

/// How a segment from outside enters a stream: it continues a history that is held, or leaves one where two devices
/// signed on under one key, or is held already.
extension JournalTransaction {
  /// Takes one segment; returns how many records were new.
  ///
  /// INV-verify: chain and signature are checked before a row is written. INV-merge: what is held already adds nothing,
  /// and any order of segments that begin where something is held leads to the same set of records. INV-fork: a signed
  /// segment that leads elsewhere becomes a branch; nothing is dropped.
  /// - Throws: `segment.malformed`; `stream.gap` when nothing that is held leads up to it; `stream.badSignature`.
  mutating func admit(_ segment: Segment, from peer: Int64?, hubMilliseconds: Int64) throws -> Int {
    let tree = try tree(of: segment.stream)
    if tree.branches.contains(where: { segment.last <= $0.head.number }), try holds(segment, tree) {
      return 0
    }
    let records = try segment.records()
    // A device speaks for itself alone: no anchor of its clock, and no record, in another's name.
    guard records.allSatisfy({ $0.author == segment.stream.replica }) else {
      throw SatchelError(
        .segmentMalformed, subject: segment.stream.id.description, cause: "author")
    }
    guard let graft = try graft(of: records, segment, onto: tree) else { return 0 }
    if let last = graft.records.last { observe(last.time, hubMilliseconds: hubMilliseconds) }
    try insert(graft, of: segment, peer: peer)
    return graft.records.count
  }

  /// Whether this very segment lies here: the same place and the same signature, which covers all before it.
  private func holds(_ segment: Segment, _ tree: StreamTree) throws -> Bool {
    var isHeld = false
    let sql = "SELECT signature FROM segment WHERE stream = ? AND first = ? AND count = ?"
    for branch in tree.branches where !isHeld {
      try HotStatement(db, sql).run([
        .integer(branch.row), .integer(Int64(segment.first)), .integer(Int64(segment.count)),
      ]) { isHeld = isHeld || $0.blob(0) == segment.signature }
    }
    return isHeld
  }

  /// Where the records of `segment` go; `nil` when all of them are held.
  private mutating func graft(of records: [Record], _ segment: Segment, onto tree: StreamTree)
    throws -> Graft?
  {
    // Nearly always: it goes on where a history ends.
    for (index, branch) in tree.branches.enumerated()
    where segment.first <= branch.head.number + 1 && branch.head.number < segment.last {
      let held = Int(branch.head.number + 1 - segment.first)
      let fresh = held == 0 ? records : Array(records.dropFirst(held))
      let reached = branch.head.appending(fresh)
      if segment.isSigned(reached) { return .continues(branch: index, fresh, reached: reached) }
    }
    return try graftAside(records, segment, onto: tree)
  }

  /// The slow way: find the record that the segment follows among all that are held, and how far it agrees with them.
  private mutating func graftAside(
    _ records: [Record], _ segment: Segment, onto tree: StreamTree
  ) throws -> Graft? {
    let held = try heldChain(of: tree)
    let bases = held.heads(at: segment.first - 1)
    let subject = segment.stream.id.description
    guard !bases.isEmpty else { throw SatchelError(.streamGap, subject: subject) }
    for base in bases {
      let heads = base.links(of: records)
      guard let reached = heads.last, segment.isSigned(reached) else { continue }
      let known = heads.prefix(while: held.holds).count
      if known == heads.count { return nil }
      let last = known == 0 ? base : heads[known - 1]
      let fresh = Array(records.dropFirst(known))
      if let index = tree.branches.firstIndex(where: { $0.head == last }) {
        return .continues(branch: index, fresh, reached: reached)
      }
      return .branches(at: last, first: heads[known].hash, fresh, reached: reached)
    }
    throw SatchelError(.streamSignature, subject: subject)
  }
}

/// Where records go.
enum Graft {
  /// On from the leaf of a row.
  case continues(branch: Int, _ records: [Record], reached: StreamHead)
  /// Away from a record in the middle; `first` is the hash of the head after the first of them.
  case branches(at: StreamHead, first: Hash256, _ records: [Record], reached: StreamHead)

  var records: [Record] {
    switch self {
    case .continues(_, let records, _), .branches(_, _, let records, _): records
    }
  }
}

/// The hash after every record of a stream: made anew from its records, for the rare segment that needs it.
///
/// 32 bytes a record; a transaction keeps that of one stream at a time.
struct HeldChain {
  let stream: StreamID
  private let start: StreamHead
  /// For each branch its base, and the hashes of the heads after it.
  private var branches: [(base: StreamHead, hashes: [Hash256])] = []

  /// Cost: hashes each record of the stream once.
  init(of tree: StreamTree, _ db: Database) throws {
    stream = tree.stream.id
    start = tree.stream.start
    for branch in tree.branches {
      let records = try JournalReader(db).records(row: branch.row, of: tree.stream)
      branches.append((branch.base, branch.base.links(of: records).map(\.hash)))
    }
  }

  /// All heads with that number, one a history.
  func heads(at number: UInt64) -> [StreamHead] {
    if number == 0 { return [start] }
    return branches.compactMap { branch in
      hash(at: number, in: branch).map { StreamHead(number: number, hash: $0) }
    }
  }

  func holds(_ head: StreamHead) -> Bool {
    branches.contains { hash(at: head.number, in: $0) == head.hash }
  }

  /// Notes heads that were added to the history at `branch`, or began it.
  mutating func add(_ heads: [StreamHead], to branch: Int, base: StreamHead) {
    if branch == branches.count { branches.append((base, [])) }
    branches[branch].hashes += heads.map(\.hash)
  }

  private func hash(at number: UInt64, in branch: (base: StreamHead, hashes: [Hash256]))
    -> Hash256?
  {
    guard number > branch.base.number, number - branch.base.number <= branch.hashes.count else {
      return nil
    }
    return branch.hashes[Int(number - branch.base.number) - 1]
  }
}
