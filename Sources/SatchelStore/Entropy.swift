import SatchelCore
internal import Synchronization

/// Where a store takes its keys and epochs from.
///
/// The system's random source, or a seed: a simulation that failed must run again exactly as it did.
package struct Entropy: Sendable {
  private let seeded: Seeded?

  package static let system = Entropy(seeded: nil)

  private init(seeded: Seeded?) { self.seeded = seeded }

  /// For simulations alone: whoever knows the seed knows the keys.
  package init(seed: UInt64) { seeded = Seeded(seed) }

  func signingKey() -> SigningKey {
    guard let seeded, let key = SigningKey(seed: seeded.next().bytes) else { return .random() }
    return key
  }

  /// 1...2^63-1; 0 is the epoch of a hub that was never met.
  func epoch() -> Int64 {
    guard let seeded else { return .random(in: 1 ... .max) }
    return max(1, Int64(bitPattern: seeded.next().lowWord >> 1))
  }

  private final class Seeded: Sendable {
    private let state: Mutex<Hash256>

    init(_ seed: UInt64) {
      var bytes: [UInt8] = []
      bytes.appendBigEndian(seed)
      state = Mutex(Hash256(hashing: Array("satchel simulation\0".utf8), bytes))
    }

    func next() -> Hash256 {
      state.withLock {
        $0 = Hash256(hashing: $0.bytes)
        return Hash256(hashing: $0.bytes, [1])
      }
    }
  }
}
