package import SatchelCore

/// The 21 weights of FSRS-6 and what follows from them alone.
package struct MemoryParameters: Sendable {
  package let weights: [Double]
  /// F = 0.9^(-1/w20) - 1
  package let factor: Double
  /// D0 for each rating, not clamped.
  let startingDifficulty: [Double]
  /// e^(w17 (G - 3 + w18)) for each rating.
  let sameDayGain: [Double]
  /// e^w8
  let recallGain: Double
  /// e^(w17 w18)
  let lapseCeiling: Double

  package static let count = 21

  /// The published defaults.
  package static let standard = MemoryParameters(known: [
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796, 1.4835,
    0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
  ])

  /// What each weight may be, ends included (py-fsrs 6.3.2, `scheduler.py`).
  package static let ranges: [ClosedRange<Double>] = [
    0.001...100, 0.001...100, 0.001...100, 0.001...100, 1...10, 0.001...4, 0.001...4, 0.001...0.75,
    0...4.5, 0...0.8, 0.001...3.5, 0.001...5, 0.001...0.25, 0.001...0.9, 0...4, 0...1, 1...6, 0...2,
    0...2, 0...0.8, 0.1...0.8,
  ]

  /// - Throws: `memory.badParameters`, naming the weight, unless there are 21 numbers in their ``ranges``.
  package init(_ weights: [Double]) throws(SatchelError) {
    try MemoryRanges.check(weights, Self.ranges)
    self.init(known: weights)
  }

  private init(known weights: [Double]) {
    self.weights = weights
    factor = ExactMath.pow(0.9, -1 / weights[20]) - 1
    startingDifficulty = (1...4).map { weights[4] - ExactMath.exp(weights[5] * Double($0 - 1)) + 1 }
    sameDayGain = (1...4).map { ExactMath.exp(weights[17] * (Double($0 - 3) + weights[18])) }
    recallGain = ExactMath.exp(weights[8])
    lapseCeiling = ExactMath.exp(weights[17] * weights[18])
  }
}

/// The one check of weights from outside, for either model.
enum MemoryRanges {
  /// Room for weights that were rounded when they were written down.
  static let tolerance = 1e-9

  /// - Throws: `memory.badParameters`, which says how many weights there are or which one is out of its range.
  static func check(_ weights: [Double], _ ranges: [ClosedRange<Double>]) throws(SatchelError) {
    guard weights.count == ranges.count else {
      throw SatchelError(
        .memoryParameters, cause: "\(weights.count) weights instead of \(ranges.count)")
    }
    for (index, range) in ranges.enumerated() {
      let weight = weights[index]
      guard weight >= range.lowerBound - tolerance, weight <= range.upperBound + tolerance else {
        throw SatchelError(
          .memoryParameters, subject: "w[\(index)]",
          cause: "\(weight) is not in \(range.lowerBound)...\(range.upperBound)")
      }
    }
  }
}
