internal import SatchelCore

/// How well something is remembered: FSRS-6 (open-spaced-repetition, "The Algorithm", FSRS-6; py-fsrs 6.3.2).
///
/// Made of ``ExactMath`` alone, for its results are folded and stored (INV-merge).
package struct Memory: Equatable, Sendable {
  /// Days until the chance of recall has sunk to 0.9; 0.001...36500.
  package var stabilityDays: Double
  /// How hard it is to make it last longer, 1...10.
  package var difficulty: Double

  package init(stabilityDays: Double, difficulty: Double) {
    self.stabilityDays = stabilityDays
    self.difficulty = difficulty
  }

  /// How it was recalled.
  package enum Rating: Int, CaseIterable, Sendable {
    case again = 1
    case hard = 2
    case good = 3
    case easy = 4
  }

  /// The state after the first review.
  package init(first rating: Rating, parameters: MemoryParameters = .standard) {
    let w = parameters.weights
    stabilityDays = Self.clampStability(w[rating.rawValue - 1])
    difficulty = Self.clampDifficulty(parameters.startingDifficulty[rating.rawValue - 1])
  }

  /// The chance of recall, 0...1, `elapsedDays` after the last review; below 0 counts as 0.
  package func retrievability(
    elapsedDays: Double, parameters: MemoryParameters = .standard
  ) -> Double {
    let days = max(0, elapsedDays)
    guard days > 0 else { return 1 }
    return ExactMath.pow(1 + parameters.factor * days / stabilityDays, -parameters.weights[20])
  }

  /// Days until the chance of recall has sunk to `retention`, 0..<1; not rounded.
  package func intervalDays(
    retention: Double, parameters: MemoryParameters = .standard
  ) -> Double {
    stabilityDays / parameters.factor
      * (ExactMath.pow(retention, -1 / parameters.weights[20]) - 1)
  }

  /// The state after a review `elapsedSeconds` after the last one. FSRS-6 counts whole days.
  package func reviewed(
    _ rating: Rating, elapsedSeconds: UInt32, parameters: MemoryParameters = .standard
  ) -> Memory {
    let days = Double(elapsedSeconds / 86_400)
    let stability =
      if days < 1 {
        sameDayStability(rating, parameters)
      } else if rating == .again {
        lapsedStability(days, parameters)
      } else {
        recalledStability(rating, days, parameters)
      }
    // Stability is updated with the difficulty from before the review, as py-fsrs does.
    return Memory(
      stabilityDays: Self.clampStability(stability), difficulty: nextDifficulty(rating, parameters))
  }

  private func sameDayStability(_ rating: Rating, _ parameters: MemoryParameters) -> Double {
    let increase =
      parameters.sameDayGain[rating.rawValue - 1]
      * ExactMath.pow(stabilityDays, -parameters.weights[19])
    return stabilityDays * (rating == .again ? increase : max(1, increase))
  }

  private func recalledStability(
    _ rating: Rating, _ days: Double, _ parameters: MemoryParameters
  ) -> Double {
    let w = parameters.weights
    let recall = retrievability(elapsedDays: days, parameters: parameters)
    let bonus = rating == .hard ? w[15] : rating == .easy ? w[16] : 1
    let gain =
      parameters.recallGain * (11 - difficulty) * ExactMath.pow(stabilityDays, -w[9])
      * (ExactMath.exp(w[10] * (1 - recall)) - 1) * bonus
    return stabilityDays * (1 + gain)
  }

  private func lapsedStability(_ days: Double, _ parameters: MemoryParameters) -> Double {
    let w = parameters.weights
    let recall = retrievability(elapsedDays: days, parameters: parameters)
    let long =
      w[11] * ExactMath.pow(difficulty, -w[12])
      * (ExactMath.pow(stabilityDays + 1, w[13]) - 1) * ExactMath.exp(w[14] * (1 - recall))
    return min(long, stabilityDays / parameters.lapseCeiling)
  }

  private func nextDifficulty(_ rating: Rating, _ parameters: MemoryParameters) -> Double {
    let w = parameters.weights
    let step = -w[6] * Double(rating.rawValue - 3) * (10 - difficulty) / 9
    return Self.clampDifficulty(
      w[7] * parameters.startingDifficulty[3] + (1 - w[7]) * (difficulty + step))
  }

  private static func clampStability(_ days: Double) -> Double { min(max(days, 0.001), 36_500) }
  private static func clampDifficulty(_ value: Double) -> Double { min(max(value, 1), 10) }
}

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

  /// The published defaults.
  package static let standard = MemoryParameters(known: [
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796, 1.4835,
    0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
  ])

  /// `nil` unless there are 21 finite numbers and the decay w20 is above 0.
  package init?(_ weights: [Double]) {
    guard weights.count == 21, weights.allSatisfy(\.isFinite), weights[20] > 0 else { return nil }
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
