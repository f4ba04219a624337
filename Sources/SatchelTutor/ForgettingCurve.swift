internal import SatchelCore

/// How the chance of recall sinks after a review, by FSRS-7: the two traces' curves and their weights for one state.
package struct ForgettingCurve: Sendable {
  /// Intervals lie between one second and a hundred years.
  static let daysMin = 1.0 / 86_400
  static let daysMax = 36_500.0
  /// No prediction is nearer to 0 or 1 than this.
  static let floor = 1e-5

  private let fast: Branch
  private let slow: Branch
  /// Of the fast branch, 0...1; the slow one has the rest.
  private let fastShare: Double

  /// (1 + rate t)^-decay
  private struct Branch {
    let decay: Double
    let rate: Double

    func recall(afterDays days: Double) -> Double { ExactMath.pow(1 + rate * days, -decay) }
  }

  /// The chance of recall, of the fast trace alone and of both.
  package struct Recall: Sendable {
    package let fast: Double
    package let mixed: Double
  }

  init(of memory: DualMemory, _ parameters: DualMemoryParameters) {
    let w = parameters.weights
    let logFast = ExactMath.log(memory.fastStabilityDays)
    let logSlow = ExactMath.log(memory.stabilityDays)
    let hardness = memory.difficulty - 5
    let decay = min(max(w[23] * ExactMath.exp((w[33] - 0.3) * logFast), 0.01), 0.95)
    let fastFactor = ExactMath.exp(min(-parameters.logFastBase / decay, 60)) - 1
    fast = Branch(decay: decay, rate: fastFactor / memory.fastStabilityDays)
    let slowFactor = parameters.slowFactor * ExactMath.exp(hardness * (w[32] - 0.3))
    slow = Branch(decay: parameters.slowDecay, rate: slowFactor / memory.stabilityDays)
    let fastWeight = w[27] * ExactMath.exp(-w[29] * logFast)
    let slowWeight = w[28] * ExactMath.exp(w[30] * logSlow + hardness * (w[31] - 0.5))
    fastShare = fastWeight / (fastWeight + slowWeight)
  }

  /// - Parameter days: since the last review, not below 0.
  package func recall(afterDays days: Double) -> Recall {
    let fast = fast.recall(afterDays: days)
    let mixed = fastShare * fast + (1 - fastShare) * slow.recall(afterDays: days)
    return Recall(fast: fast, mixed: mixed * (1 - 2 * Self.floor) + Self.floor)
  }

  /// When the chance of recall has sunk to `target`; ``daysMin`` where it is lower from the start, ``daysMax`` where it
  /// never gets there. Newton's steps in ln t, halved where one leaves the bracket.
  package func days(untilRecall target: Double) -> Double {
    var low = ExactMath.log(Self.daysMin)
    var high = ExactMath.log(Self.daysMax)
    guard recall(afterDays: Self.daysMin).mixed > target else { return Self.daysMin }
    guard recall(afterDays: Self.daysMax).mixed < target else { return Self.daysMax }
    var place = min(max(-ExactMath.log(slow.rate), low), high)
    for _ in 0..<100 {
      let days = ExactMath.exp(place)
      let excess = recall(afterDays: days).mixed - target
      if excess > 0 { low = place } else { high = place }
      let next = place - excess / slope(atDays: days)
      // Also where the slope is nothing and the step not a number.
      let isInside = next > low && next < high
      let moved = isInside ? next : (low + high) / 2
      if (moved - place).magnitude < 1e-13 { break }
      place = moved
    }
    return ExactMath.exp(place)
  }

  /// Of the mixed recall over ln t.
  private func slope(atDays days: Double) -> Double {
    func slope(_ branch: Branch) -> Double {
      let rise = branch.rate * days
      return -branch.decay * rise / (1 + rise) * branch.recall(afterDays: days)
    }
    return (fastShare * slope(fast) + (1 - fastShare) * slope(slow)) * (1 - 2 * Self.floor)
  }
}
