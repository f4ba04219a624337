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
    reviewed(rating, wholeDays: Double(elapsedSeconds / 86_400), parameters: parameters)
  }

  /// The state after a review on the same day (0) or `wholeDays` days after the last one.
  package func reviewed(
    _ rating: Rating, wholeDays days: Double, parameters: MemoryParameters = .standard
  ) -> Memory {
    let recall = days < 1 ? 1 : retrievability(elapsedDays: days, parameters: parameters)
    return reviewed(rating, wholeDays: days, recall: recall, parameters: parameters)
  }

  /// The same where the chance of recall is known already.
  ///
  /// - Parameter recall: what ``retrievability(elapsedDays:parameters:)`` says of `wholeDays`.
  package func reviewed(
    _ rating: Rating, wholeDays days: Double, recall: Double, parameters: MemoryParameters
  ) -> Memory {
    let stability =
      if days < 1 {
        sameDayStability(rating, parameters)
      } else if rating == .again {
        lapsedStability(recall, parameters)
      } else {
        recalledStability(rating, recall, parameters)
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
    _ rating: Rating, _ recall: Double, _ parameters: MemoryParameters
  ) -> Double {
    let w = parameters.weights
    let bonus = rating == .hard ? w[15] : rating == .easy ? w[16] : 1
    let gain =
      parameters.recallGain * (11 - difficulty) * ExactMath.pow(stabilityDays, -w[9])
      * (ExactMath.exp(w[10] * (1 - recall)) - 1) * bonus
    return stabilityDays * (1 + gain)
  }

  private func lapsedStability(_ recall: Double, _ parameters: MemoryParameters) -> Double {
    let w = parameters.weights
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
