/// What a scope holds, in 32 bytes: equal on two sides if and only if they hold the same streams up to the same heads.
///
/// The sum modulo 2^256 of the ``StreamHead/fingerprintTerm(of:)`` of each leaf of each stream, kept up with each record,
/// and hashed with the number of leaves before it is shown or sent. A stream has one leaf, its head, unless it forked:
/// then one a branch, whichever of them came first. It finds every accident; against forgery stand signatures and
/// chains, not this sum.
package struct ScopeSummary: Hashable, Sendable {
  package var sum: Hash256
  /// Leaves: streams with a record, a forked one once for each of its branches.
  package var streams: Int
  package var records: Int

  package init(sum: Hash256 = .zero, streams: Int = 0, records: Int = 0) {
    self.sum = sum
    self.streams = streams
    self.records = records
  }

  package var fingerprint: Hash256 {
    var count: [UInt8] = []
    count.appendBigEndian(UInt64(streams))
    return Hash256(hashing: Array("satchel scope 1\0".utf8), sum.bytes, count)
  }

  /// Moves one leaf from `old` to `new`.
  package mutating func advance(_ stream: StreamID, from old: StreamHead, to new: StreamHead) {
    sum = sum &- old.fingerprintTerm(of: stream) &+ new.fingerprintTerm(of: stream)
    if old.number == 0, new.number > 0 { streams += 1 }
    records += Int(new.number - old.number)
  }

  /// Adds a leaf that left its stream's other records at `base`.
  package mutating func branch(_ stream: StreamID, at base: StreamHead, to leaf: StreamHead) {
    sum = sum &+ leaf.fingerprintTerm(of: stream)
    streams += 1
    records += Int(leaf.number - base.number)
  }
}

/// The learners that a peer may see and write.
package enum Scope: Hashable, Sendable {
  case everyone
  case learners(Set<LearnerID>)

  package func contains(_ learner: LearnerID) -> Bool {
    switch self {
    case .everyone: true
    case .learners(let learners): learners.contains(learner)
    }
  }

  /// The learners whose ids stand in `bytes`, 16 each; `nil` for a length that does not fit.
  package init?(learnerBytes bytes: [UInt8]) {
    guard bytes.count.isMultiple(of: 16) else { return nil }
    self = .learners(
      Set(
        stride(from: 0, to: bytes.count, by: 16).compactMap {
          LearnerID(bytes: bytes[$0..<$0 + 16])
        }))
  }

  /// Tells whether two sides mean the same scope, in 8 bytes: the first of SHA-256("satchel learners 1" 00, the sorted
  /// ids, 16 bytes each); 0 for everyone.
  package var tag: UInt64 {
    guard case .learners(let learners) = self else { return 0 }
    let hash = Hash256(
      hashing: Array("satchel learners 1\0".utf8), learners.sorted().flatMap(\.bytes))
    return max(1, hash.highWord)
  }
}
