import SatchelTransport
import Testing

@Suite struct `Backing off` {
  @Test func `doubles its ceiling up to the cap`() {
    var backoff = Backoff()
    var highest = Highest()

    let delays = (0..<9).map { _ in backoff.delay(using: &highest) }

    #expect(delays == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { .seconds($0) })
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `spreads over the whole of it`(seed: UInt64) {
    var generator = SplitMix(state: seed)
    var delays: [Duration] = []
    for _ in 0..<1000 {
      var backoff = Backoff(base: .seconds(8))
      delays.append(backoff.delay(using: &generator))
    }

    #expect(delays.allSatisfy { $0 >= .zero && $0 <= .seconds(8) })
    #expect(delays.filter { $0 < .seconds(2) }.count > 180)
    #expect(delays.filter { $0 > .seconds(6) }.count > 180)
  }

  @Test func `is the same for the same seed`() {
    var (one, other) = (SplitMix(state: 4), SplitMix(state: 4))
    var (first, second) = (Backoff(), Backoff())

    for _ in 0..<20 { #expect(first.delay(using: &one) == second.delay(using: &other)) }
    #expect(first == second)
  }

  @Test func `never comes back before the server allows, and not all at once`() {
    var generator = SplitMix(state: 1)
    let delays = (0..<40).map { _ in
      var backoff = Backoff()
      return backoff.delay(after: .seconds(30), using: &generator)
    }

    #expect(delays.allSatisfy { $0 >= .seconds(30) && $0 <= .seconds(31) })
    #expect(Set(delays).count > 30)
  }

  @Test func `does not wait for a year because a server says so`() {
    var backoff = Backoff()
    var highest = Highest()

    #expect(backoff.delay(after: .seconds(31_536_000), using: &highest) == .seconds(901))
  }

  @Test func `starts anew after a success, and never overflows`() {
    var backoff = Backoff()
    var highest = Highest()
    for _ in 0..<10_000 { #expect(backoff.delay(using: &highest) <= .seconds(60)) }

    backoff.succeed()

    #expect(backoff.delay(using: &highest) == .seconds(1))
  }

  /// Always the upper end of a range.
  private struct Highest: RandomNumberGenerator {
    mutating func next() -> UInt64 { .max }
  }

  /// S. Vigna's splitmix64.
  private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }
}
