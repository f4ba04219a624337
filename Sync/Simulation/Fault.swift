/// What goes wrong in a simulation.
package enum Fault: String, CaseIterable, Sendable, Comparable {
  /// A request, or its reply, is lost.
  case drop
  /// A request is lost to its sender and reaches the hub later, perhaps behind others.
  case delay
  /// A request arrives twice.
  case duplicate
  /// An old request arrives once more, after newer ones.
  case reorder
  /// A message is cut somewhere.
  case truncate
  /// A bit of a message is another.
  case corrupt
  /// A process dies before or after one of its writes, and starts again.
  case crash
  /// A device's clock is set to anywhere from 1970 to 2090.
  case clock
  /// A store is copied to another device, which cannot be told from the first, or can.
  case fork
  /// A store is put back to what it was some time ago.
  case restore

  package static func < (left: Fault, right: Fault) -> Bool { left.rawValue < right.rawValue }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, figure 17), so that a seed gives the same run on every machine.
package struct SimulationDice: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
  mutating func pick<Value>(_ values: [Value]) -> Value { values[roll(0...values.count - 1)] }
  mutating func chance(_ oneIn: Int) -> Bool { roll(1...oneIn) == 1 }
}
