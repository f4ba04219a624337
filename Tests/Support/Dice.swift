internal import Foundation

/// Random choices from a seed that is printed, so that a failure can be replayed: SATCHEL_SEED=<n> swift test.
///
/// SplitMix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figure 17.
package struct Dice: RandomNumberGenerator {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  /// The seed of the environment, or a new one; printed either way.
  package static func thrown(for test: String) -> Dice {
    let given = ProcessInfo.processInfo.environment["SATCHEL_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0 ... .max)
    print("\(test): SATCHEL_SEED=\(seed)")
    return Dice(seed: seed)
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  package mutating func roll(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &self)
  }

  package mutating func pick<Value>(_ values: [Value]) -> Value {
    values[roll(0...values.count - 1)]
  }

  package mutating func chance(_ oneIn: Int) -> Bool { roll(1...oneIn) == 1 }
}
