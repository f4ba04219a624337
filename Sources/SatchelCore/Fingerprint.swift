/// What a scope holds, in 32 bytes: equal on two sides if and only if they hold the same streams up to the same heads.
///
/// The sum modulo 2^256 of each stream's ``StreamHead/fingerprintTerm(of:)``, kept up with each record, and hashed
/// with the number of streams before it is shown or sent. It finds every accident; against forgery stand signatures
/// and chains, not this sum.
package struct ScopeSummary: Hashable, Sendable {
  package var sum: Hash256
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

  /// Moves one stream from `old` to `new`.
  package mutating func advance(_ stream: StreamID, from old: StreamHead, to new: StreamHead) {
    sum = sum &- old.fingerprintTerm(of: stream) &+ new.fingerprintTerm(of: stream)
    if old.number == 0, new.number > 0 { streams += 1 }
    records += Int(new.number - old.number)
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
}
