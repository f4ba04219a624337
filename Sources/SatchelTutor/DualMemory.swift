internal import SatchelCore

/// How well something is remembered, slowly and fast: FSRS-7 (open-spaced-repetition, ts-fsrs guide "FSRS-7"; fsrs-rs
/// `model_v7`).
///
/// Two traces, one that lasts and one that fades soon, each with a power curve of its own; what is recalled is their
/// mixture. It counts fractional days, so that reviews within one day need no formula of their own: fed whole days it is
/// wrong. Nothing is folded with it; ``Memory`` is what devices keep.
package struct DualMemory: Equatable, Sendable {
  /// Of the trace that lasts, in days; 0.0001...36500. Not the days until recall has sunk to 0.9: ask ``ForgettingCurve``.
  package var stabilityDays: Double
  /// Of the trace that fades soon, in days; 0.0001...36500.
  package var fastStabilityDays: Double
  /// How hard it is to make it last longer, 1...10.
  package var difficulty: Double

  package init(stabilityDays: Double, fastStabilityDays: Double, difficulty: Double) {
    self.stabilityDays = stabilityDays
    self.fastStabilityDays = fastStabilityDays
    self.difficulty = difficulty
  }

  /// The state after the first review.
  package init(first rating: Memory.Rating, parameters: DualMemoryParameters = .standard) {
    stabilityDays = Self.clampStability(parameters.weights[rating.rawValue - 1])
    fastStabilityDays = Self.clampStability(0.8 * stabilityDays)
    difficulty = Self.clampDifficulty(parameters.startingDifficulty[rating.rawValue - 1])
  }

  /// The chance of recall, 0...1, `elapsedDays` after the last review; below 0 counts as 0.
  package func retrievability(
    elapsedDays: Double, parameters: DualMemoryParameters = .standard
  ) -> Double {
    recall(elapsedDays: elapsedDays, parameters: parameters).mixed
  }

  /// Both chances of recall, from which ``reviewed(_:recall:parameters:)`` goes on.
  package func recall(
    elapsedDays: Double, parameters: DualMemoryParameters
  ) -> ForgettingCurve.Recall {
    ForgettingCurve(of: self, parameters).recall(afterDays: max(0, elapsedDays))
  }

  /// Days until the chance of recall has sunk to `retention`: within one second and 36,500 days, not rounded.
  package func intervalDays(
    retention: Double, parameters: DualMemoryParameters = .standard
  ) -> Double {
    ForgettingCurve(of: self, parameters).days(untilRecall: retention)
  }

  /// The state after a review `elapsedDays` after the last one; below 0 counts as 0.
  package func reviewed(
    _ rating: Memory.Rating, elapsedDays: Double, parameters: DualMemoryParameters = .standard
  ) -> DualMemory {
    let recall = recall(elapsedDays: elapsedDays, parameters: parameters)
    return reviewed(rating, recall: recall, parameters: parameters)
  }

  /// The same where the chances of recall are known already.
  package func reviewed(
    _ rating: Memory.Rating, recall: ForgettingCurve.Recall, parameters: DualMemoryParameters
  ) -> DualMemory {
    // Both traces change with the difficulty from before the review.
    let slow = moved(
      stabilityDays, rating, recall: recall.mixed, parameters.slow(rating))
    var fast = moved(
      fastStabilityDays, rating, recall: recall.fast, parameters.fast(rating))
    if rating == .again { fast = min(fast, 0.8 * slow) }
    return DualMemory(
      stabilityDays: Self.clampStability(slow), fastStabilityDays: Self.clampStability(fast),
      difficulty: nextDifficulty(rating, recall: recall.mixed, parameters))
  }

  /// T_k of the guide. After a recall the published maximum of both branches is always the gain: it never shortens a
  /// trace, and a lapse never lengthens one.
  private func moved(
    _ days: Double, _ rating: Memory.Rating, recall: Double, _ trace: DualMemoryParameters.Trace
  ) -> Double {
    let missing = 1 - recall
    if rating == .again {
      let kept =
        trace.lapseFactor * (ExactMath.pow(days + 1, trace.lapseExponent) - 1)
        * ExactMath.exp(missing * trace.lapseRecall)
      return min(days, kept)
    }
    let gain =
      trace.gain * (11 - difficulty) * ExactMath.pow(days, -trace.gainExponent)
      * (ExactMath.exp(missing * trace.gainRecall) - 1) * trace.bonus
    return days * (1 + gain)
  }

  private func nextDifficulty(
    _ rating: Memory.Rating, recall: Double, _ parameters: DualMemoryParameters
  ) -> Double {
    var step = -parameters.weights[6] * Double(rating.rawValue - 3)
    // A lapse that was to be expected says less about the item.
    if rating == .again { step *= recall + 0.1 }
    let moved = difficulty + (10 - difficulty) / 9 * step
    return Self.clampDifficulty(0.01 * parameters.startingDifficulty[3] + 0.99 * moved)
  }

  static func clampStability(_ days: Double) -> Double { min(max(days, 0.0001), 36_500) }
  static func clampDifficulty(_ value: Double) -> Double { min(max(value, 1), 10) }
}
