package import SatchelCore

/// The 34 weights of FSRS-7 and what follows from them alone.
package struct DualMemoryParameters: Sendable {
  package let weights: [Double]
  /// D0 for each rating, not clamped.
  let startingDifficulty: [Double]
  /// The size of the slow curve's exponent, 0.01...0.95.
  let slowDecay: Double
  /// w26^(-1/decay) - 1
  let slowFactor: Double
  /// ln w25
  let logFastBase: Double
  private let slowGain: Double
  private let fastGain: Double

  package static let count = 34

  /// The published defaults.
  package static let standard = DualMemoryParameters(known: [
    0.1104, 2.2395, 3.9221, 11.7841, 6.1686, 0.6457, 3.6807, 1.9795, 0.0, 1.3826, 0.7024, 0.5999,
    0.8146, 0.6398, 1.0, 1.3207, 0.6707, 3.8668, 0.4416, 0.0934, 1.8631, 0.6162, 1.0869, 0.1567,
    0.0801, 0.2421, 0.9464, 0.1433, 0.7145, 0.0, 0.5667, 0.3734, 0.5333, 0.3048,
  ])

  /// What each weight may be, ends included (fsrs-rs, `parameter_clipper_v7`). Beside these w0 <= w1 <= w2 <= w3 and
  /// w25 <= w26.
  package static let ranges: [ClosedRange<Double>] = [
    0.0001...50, 0.0001...100, 0.0001...100, 0.0001...100, 1...10, 0.001...4, 0.1...4, 0...4,
    0...1.2, 0.3...3, 0.01...1.5, 0.1...1, 0...3.5, 0...1, 1...7, 0...4, 0...2, 0.5...6,
    0.001...1.5,
    0.001...1, 0...5, 0...1, 1...7, 0.01...0.25, 0.01...0.95, 0.2...0.85, 0.5...0.99, 0.01...1,
    0.1...1, 0...0.9, 0.1...1.1, 0...1, 0...0.6, 0...0.6,
  ]

  /// - Throws: `memory.badParameters`, naming the weight, unless there are 34 numbers in their ``ranges`` and orders.
  package init(_ weights: [Double]) throws(SatchelError) {
    try MemoryRanges.check(weights, Self.ranges)
    for (lower, upper) in [(0, 1), (1, 2), (2, 3), (25, 26)] where weights[lower] > weights[upper] {
      throw SatchelError(
        .memoryParameters, subject: "w[\(lower)]", cause: "larger than w[\(upper)]")
    }
    self.init(known: weights)
  }

  private init(known weights: [Double]) {
    self.weights = weights
    startingDifficulty = (1...4).map { weights[4] - ExactMath.exp(weights[5] * Double($0 - 1)) + 1 }
    slowDecay = min(max(weights[24], 0.01), 0.95)
    slowFactor = ExactMath.pow(weights[26], -1 / slowDecay) - 1
    logFastBase = ExactMath.log(weights[25])
    slowGain = ExactMath.exp(weights[7] - 1.5)
    fastGain = ExactMath.exp(weights[15] - 1.5)
  }

  /// What moves one trace at a review: the eight weights from w7 or from w15, with the bonus of one rating picked.
  struct Trace {
    /// e^(w[k] - 1.5)
    let gain: Double
    let gainExponent: Double
    let gainRecall: Double
    let lapseFactor: Double
    let lapseExponent: Double
    let lapseRecall: Double
    /// w[k+6] for Hard, w[k+7] for Easy, else 1.
    let bonus: Double

    init(_ weights: [Double], from k: Int, gain: Double, _ rating: Memory.Rating) {
      self.gain = gain
      gainExponent = weights[k + 1]
      gainRecall = weights[k + 2]
      lapseFactor = weights[k + 3]
      lapseExponent = weights[k + 4]
      lapseRecall = weights[k + 5]
      bonus = rating == .hard ? weights[k + 6] : rating == .easy ? weights[k + 7] : 1
    }
  }

  func slow(_ rating: Memory.Rating) -> Trace {
    Trace(weights, from: 7, gain: slowGain, rating)
  }

  func fast(_ rating: Memory.Rating) -> Trace {
    Trace(weights, from: 15, gain: fastGain, rating)
  }
}
