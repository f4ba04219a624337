package import SatchelCore
package import SatchelWire

/// What differs, found in messages as long as the difference: when fingerprints are not equal though each side thinks
/// that it sent everything, after a backup was put back or a note was damaged.
///
/// Range-based set reconciliation (A. Meyer, "Range-Based Set Reconciliation", SRDS 2023, section 3) over the leaves of
/// streams. Stream ids are hashes, so ranges are prefixes of ids. First the client sends sums of many ranges; the hub
/// answers with finer sums where it differs; then the client names what it holds there, and the hub says what it holds
/// instead. Below some hundred streams the first two steps are left out. What is found is then sent, both ways.
package enum Repair {
  /// Up to so many leaves are named at once.
  static let leavesNamedMax = 256
  /// Leaves to a range of the client's first sums, and of the hub's finer ones.
  private static let leavesPerRange = 128
  private static let leavesPerPart = 8
  /// Leaves that the client names in one message.
  private static let leavesPerMessageMax = 8192

  // MARK: Open

  /// The client's first words: the leaves themselves when they are few, else sums.
  package static func open(_ ledger: some Ledger, scope: Scope) throws(SatchelError) -> [HeldRange]
  {
    let leaves = try ledger.leaves(of: scope, in: .all)
    if leaves.count <= leavesNamedMax {
      return [HeldRange(.all, .leaves(leaves.map(HeldLeaf.init)))]
    }
    return [sums(of: leaves, in: .all, leavesPerPart: leavesPerRange)]
  }

  // MARK: Answer

  /// The hub's words: for each range of the client's that differs, finer sums for sums, and leaves for leaves.
  package static func answer(_ ranges: [HeldRange], scope: Scope, ledger: some Ledger)
    throws(SatchelError) -> [HeldRange]
  {
    var out: [HeldRange] = []
    var answered = 0
    // What does not fit now shows again in the next pass.
    for held in ranges where answered < leavesPerMessageMax && out.count < Wire.rangesMax {
      let leaves = try ledger.leaves(of: scope, in: held.range)
      switch held.content {
      case .sums(let sums):
        for part in differing(sums, leaves, in: held.range)
        where answered < leavesPerMessageMax && out.count < Wire.rangesMax {
          let own = leaves.filter { part.contains($0.stream) }
          let finer = Self.sums(of: own, in: part, leavesPerPart: leavesPerPart)
          // A sum is 8 bytes, a third of a leaf.
          if case .sums(let sums) = finer.content { answered += 1 + sums.count / 3 }
          out.append(finer)
        }
      case .leaves(let named) where leaves.count > named.count + 2 * leavesNamedMax:
        // Few there and many here: they must be told apart by parts.
        out.append(Self.sums(of: leaves, in: held.range, leavesPerPart: leavesPerRange))
      case .leaves(let named):
        let different = difference(of: named, from: leaves.map(HeldLeaf.init))
        answered += different.count
        if !different.isEmpty { out.append(HeldRange(held.range, .leaves(different))) }
      }
    }
    return out
  }

  /// What the hub holds otherwise than the client named: its leaves of each such stream, or number 0 for none.
  private static func difference(of named: [HeldLeaf], from own: [HeldLeaf]) -> [HeldLeaf] {
    let theirs = Dictionary(grouping: named, by: \.stream)
    let ours = Dictionary(grouping: own, by: \.stream)
    let streams = Set(theirs.keys).union(ours.keys)
    return streams.sorted().flatMap { stream -> [HeldLeaf] in
      let here = ours[stream] ?? []
      if Set(here) == Set(theirs[stream] ?? []) { return [] }
      return here.isEmpty ? [HeldLeaf(stream: stream, number: 0, check: 0)] : here
    }
  }

  // MARK: Compare

  /// What is to be sent, and what to be asked for.
  package struct Plan: Equatable, Sendable {
    package var owed: [StreamID: UInt64] = [:]
    package var wanted: [StreamID: UInt64] = [:]

    package var isEmpty: Bool { owed.isEmpty && wanted.isEmpty }

    package init() {}

    /// Where one side is a continuation of the other, the rest; where that cannot be told, the whole both ways.
    mutating func add(_ stream: StreamID, here: [HeldLeaf], there: [HeldLeaf]) {
      let (mine, theirs) = (here.first?.number ?? 0, there.first?.number ?? 0)
      if here.count > 1 || there.count > 1 || mine == theirs {
        owed[stream] = 1
        wanted[stream] = 1
      } else if mine < theirs {
        wanted[stream] = mine + 1
      } else {
        owed[stream] = theirs + 1
      }
    }
  }

  /// The client reads the hub's answer: what it now knows to differ goes into `plan`; what it must name is returned.
  package static func compare(
    _ ranges: [HeldRange], scope: Scope, ledger: some Ledger, into plan: inout Plan
  ) throws(SatchelError) -> [HeldRange] {
    var next: [HeldRange] = []
    var named = 0
    for held in ranges {
      let leaves = try ledger.leaves(of: scope, in: held.range)
      switch held.content {
      case .sums(let sums):
        for part in differing(sums, leaves, in: held.range) {
          let own = leaves.filter { part.contains($0.stream) }.map(HeldLeaf.init)
          named += own.count
          guard named <= leavesPerMessageMax, next.count < Wire.rangesMax else { continue }
          next.append(HeldRange(part, .leaves(own)))
        }
      case .leaves(let theirs):
        let mine = Dictionary(grouping: leaves.map(HeldLeaf.init), by: \.stream)
        for (stream, there) in Dictionary(grouping: theirs, by: \.stream) {
          let here = mine[stream] ?? []
          if Set(here) != Set(there) {
            plan.add(stream, here: here, there: there.filter { $0.number > 0 })
          }
        }
      }
    }
    return next
  }

  // MARK: Sums

  private static func sums(of leaves: [Leaf], in range: StreamRange, leavesPerPart: Int)
    -> HeldRange
  {
    var log2 = 0
    while log2 < Wire.partsLog2Max, range.bits + log2 < StreamRange.bitsMax,
      leaves.count >> log2 > leavesPerPart
    { log2 += 1 }
    return HeldRange(range, .sums(sums(of: leaves, in: range, log2: log2)))
  }

  private static func sums(of leaves: [Leaf], in range: StreamRange, log2: Int) -> [UInt64] {
    var out = [UInt64](repeating: 0, count: 1 << log2)
    for leaf in leaves {
      out[range.partNumber(of: leaf.stream, among: log2)] &+= leaf.shortTerm
    }
    return out
  }

  private static func differing(_ sums: [UInt64], _ leaves: [Leaf], in range: StreamRange)
    -> [StreamRange]
  {
    let log2 = sums.count.trailingZeroBitCount
    guard range.bits + log2 <= StreamRange.bitsMax else { return [range] }
    let own = Self.sums(of: leaves, in: range, log2: log2)
    return own.indices.filter { own[$0] != sums[$0] }.map { range.part($0, of: log2) }
  }
}
