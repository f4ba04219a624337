/// A moment of a hybrid logical clock: 48 bits of milliseconds since 1970 and a 16-bit counter.
///
/// Source: Kulkarni et al., "Logical Physical Clocks", OPODIS 2014, section 3. Times of one replica only rise,
/// whatever its wall clock does, so one device's order of records is kept.
public struct HybridTime: Hashable, Comparable, Sendable {
  package let bits: UInt64

  /// What 48 bits hold; a time from outside beyond it is no time.
  package static let milliseconds: Range<Int64> = 0..<(1 << 48)

  package init(bits: UInt64) { self.bits = bits }

  /// `milliseconds` since 1970, clamped to 0 ..< 2^48 (the year 10889).
  package init(milliseconds: Int64, counter: UInt16 = 0) {
    let clamped = UInt64(min(max(milliseconds, 0), (1 << 48) - 1))
    bits = clamped << 16 | UInt64(counter)
  }

  public var milliseconds: Int64 { Int64(bits >> 16) }
  public var counter: UInt16 { UInt16(truncatingIfNeeded: bits) }

  public static func < (left: Self, right: Self) -> Bool { left.bits < right.bits }
}

/// Gives out times that rise. A value: who holds it decides where the last time is kept.
package struct HybridClock: Sendable {
  /// How far beyond the hub's wall time a remote time may lie and still be adopted: one laptop in 2090 must
  /// not drag the class along.
  package static let driftMillisecondsMax: Int64 = 24 * 3600 * 1000

  package private(set) var last: HybridTime

  package init(last: HybridTime = HybridTime(bits: 0)) { self.last = last }

  /// The next time, above every earlier one, at a wall clock of `wallMilliseconds`.
  package mutating func next(wallMilliseconds: Int64) -> HybridTime {
    let now = HybridTime(milliseconds: wallMilliseconds)
    // A full counter carries into the milliseconds, which keeps the order and costs a millisecond.
    last = now > last ? now : HybridTime(bits: last.bits + 1)
    return last
  }

  /// Moves up to a remote time, but never beyond `hubMilliseconds` and the allowed drift.
  package mutating func observe(_ remote: HybridTime, hubMilliseconds: Int64) {
    // Clamped before it is added to: it comes from outside.
    let hub = HybridTime(milliseconds: hubMilliseconds).milliseconds
    let ceiling = HybridTime(milliseconds: hub + Self.driftMillisecondsMax)
    let adopted = min(remote, ceiling)
    if adopted > last { last = adopted }
  }
}
