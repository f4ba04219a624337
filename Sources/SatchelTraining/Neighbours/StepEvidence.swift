internal import SatchelCore
internal import SatchelTutor

extension CatalogueSteps {
  /// ln(1 + steps counted / (1 + steps expected)) for each octave and direction, each learner's items in their order.
  ///
  /// Expected is what as many steps between places drawn at random would give. The 1 keeps a few steps from speaking
  /// loudly.
  init(_ sequences: ItemSequences) {
    var ahead = [Int](repeating: 0, count: Self.octaves)
    var behind = ahead
    var total = 0
    for learner in 0..<sequences.count {
      let sequence = sequences.sequence(of: learner)
      for (item, next) in zip(sequence, sequence.dropFirst()) {
        total += 1
        let octave = Self.octave(Int((next - item).magnitude))
        guard octave < Self.octaves, next != item else { continue }
        if next > item { ahead[octave] += 1 } else { behind[octave] += 1 }
      }
    }
    let chances = Self.chances(items: sequences.catalogue.count)
    func levels(_ counts: [Int]) -> [Int16] {
      zip(counts, chances).map { count, chance in
        let lift = Double(count) / (1 + Double(total) * chance)
        return Int16(min(4095, (ExactMath.log(1 + lift) * 256).rounded()))
      }
    }
    self.init(forward: levels(ahead), backward: levels(behind))
  }

  /// The share of all ordered pairs of places that lie an octave apart, in one direction.
  static func chances(items: Int) -> [Double] {
    let pairs = Double(max(1, items * (items - 1)))
    return (0..<octaves).map { octave in
      Double(distances(octave).reduce(0) { $0 + max(0, items - $1) }) / pairs
    }
  }
}
