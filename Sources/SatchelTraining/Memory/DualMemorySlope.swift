internal import Glibc

/// The way back of ``DualMemoryModel``: each function takes the slope over what came out of a formula, and gives the
/// slopes over what went in.
extension DualMemoryModel {
  /// The slopes of the loss that are handed from each review to the one before, or gathered for all.
  private struct Handed {
    var slow = 0.0
    var fast = 0.0
    var difficulty = 0.0
    var slowBase = 0.0
  }

  func backward(
    _ reviews: CardReviews, _ tape: UnsafeMutablePointer<Step>,
    _ slope: UnsafeMutablePointer<Double>
  ) {
    var handed = Handed()
    for index in stride(from: reviews.count - 1, through: 0, by: -1) {
      let rating = Int(reviews.ratings[index])
      let fromDifficulty = tape[index].isDifficultyClamped ? 0 : handed.difficulty
      if index == 0 {
        slope[rating - 1] += handed.slow + 0.8 * handed.fast
        slope[4] += fromDifficulty
        slope[5] += fromDifficulty * startSlope[rating - 1]
        break
      }
      backward(tape[index], rating, reviews, index, fromDifficulty, slope, &handed)
    }
    // w26^(-1/w24)
    let logBase = log(slowBase)
    slope[26] -= handed.slowBase * slowBase / (w[24] * w[26])
    slope[24] -= handed.slowBase * slowBase * logBase / w[24]
  }

  private func backward(
    _ step: Step, _ rating: Int, _ reviews: CardReviews, _ index: Int, _ fromDifficulty: Double,
    _ slope: UnsafeMutablePointer<Double>, _ handed: inout Handed
  ) {
    var fromSlow = step.slowMove.isClamped ? 0 : handed.slow
    var fromFast = step.fastMove.isClamped ? 0 : handed.fast
    if step.isFastHeld {
      fromSlow += 0.8 * fromFast
      fromFast = 0
    }
    let share = reviews.shares[index]
    var fromRecall = 0.0
    if share > 0 { fromRecall = rating > 1 ? -share / step.recall : share / (1 - step.recall) }
    handed.difficulty = difficultyBackward(step, rating, fromDifficulty, slope, &fromRecall)
    var fromFastRecall = 0.0
    handed.slow = moveBackward(
      step.slowMove, step.slow, step.logSlow, step.difficulty, rating, step.recall,
      Self.slowFirst, fromSlow, slope, &fromRecall, &handed.difficulty)
    handed.fast = moveBackward(
      step.fastMove, step.fast, step.logFast, step.difficulty, rating, step.fastRecall,
      Self.fastFirst, fromFast, slope, &fromFastRecall, &handed.difficulty)
    curveBackward(step, reviews.days[index], fromRecall, fromFastRecall, slope, &handed)
  }

  /// - Returns: the slope over the difficulty from before.
  private func difficultyBackward(
    _ step: Step, _ rating: Int, _ from: Double, _ slope: UnsafeMutablePointer<Double>,
    _ fromRecall: inout Double
  ) -> Double {
    guard from != 0 else { return 0 }
    slope[4] += 0.01 * from
    slope[5] += 0.01 * from * startSlope[3]
    let surprise = rating == 1 ? step.recall + 0.1 : 1
    let grade = Double(rating - 3) * surprise
    let room = (10 - step.difficulty) / 9
    slope[6] -= 0.99 * from * room * grade
    if rating == 1 { fromRecall += 0.99 * from * room * w[6] * 2 }
    return 0.99 * from * (1 + w[6] * grade / 9)
  }

  /// - Returns: the slope over the trace's days from before.
  private func moveBackward(
    _ move: Move, _ days: Double, _ logDays: Double, _ difficulty: Double, _ rating: Int,
    _ recall: Double, _ k: Int, _ from: Double, _ slope: UnsafeMutablePointer<Double>,
    _ fromRecall: inout Double, _ fromDifficulty: inout Double
  ) -> Double {
    let missing = 1 - recall
    if move.isLapse {
      guard !move.isKept else { return from }
      let whole = from * move.result
      let fromPower = move.part > 0 ? whole * (move.part + 1) / move.part : 0
      slope[k + 3] += whole / w[k + 3]
      slope[k + 4] += fromPower * move.logGrown
      slope[k + 5] += whole * missing
      fromRecall -= whole * w[k + 5]
      return fromPower * w[k + 4] / (days + 1)
    }
    let whole = from * days * move.result
    slope[k] += whole
    slope[k + 1] -= whole * logDays
    let fromExponent = move.part > 0 ? whole * (move.part + 1) / move.part : 0
    slope[k + 2] += fromExponent * missing
    fromRecall -= fromExponent * w[k + 2]
    if rating == 2 { slope[k + 6] += from * days * move.plain }
    if rating == 4 { slope[k + 7] += from * days * move.plain }
    fromDifficulty -= whole / (11 - difficulty)
    return from * (1 + move.result * (1 - w[k + 1]))
  }

  private func curveBackward(
    _ step: Step, _ days: Double, _ from: Double, _ fromFastRecall: Double,
    _ slope: UnsafeMutablePointer<Double>, _ handed: inout Handed
  ) {
    let fromMixed = from * (1 - 2 * Self.floor)
    let weights = step.fastWeight + step.slowWeight
    let mixed = (step.recall - Self.floor) / (1 - 2 * Self.floor)
    var fromLogFast = 0.0
    var fromLogSlow = 0.0
    // The weights of both branches.
    let byFast = fromMixed * (step.fastRecall - mixed) / weights * step.fastWeight
    slope[27] += byFast / w[27]
    slope[29] -= byFast * step.logFast
    fromLogFast -= byFast * w[29]
    let bySlow = fromMixed * (step.slowRecall - mixed) / weights * step.slowWeight
    slope[28] += bySlow / w[28]
    slope[30] += bySlow * step.logSlow
    fromLogSlow += bySlow * w[30]
    slope[31] += bySlow * (step.difficulty - 5)
    handed.difficulty += bySlow * (w[31] - 0.5)
    // The fast curve.
    let byFastRecall =
      (fromMixed * step.fastWeight / weights + fromFastRecall) * step.fastRecall
    var byDecay = -byFastRecall * step.logFastDecayed
    let byFastRise = -byFastRecall * step.decay / (1 + step.fastRate * days)
    fromLogFast -= byFastRise * step.fastRate * days
    let byBase = byFastRise * days / step.fast * step.fastBase
    slope[25] -= byBase / (step.decay * w[25])
    byDecay += byBase * logFastBase / (step.decay * step.decay)
    if !step.isDecayClamped {
      slope[23] += byDecay * step.decay / w[23]
      slope[33] += byDecay * step.decay * step.logFast
      fromLogFast += byDecay * step.decay * (w[33] - 0.3)
    }
    // The slow curve.
    let bySlowRecall = fromMixed * step.slowWeight / weights * step.slowRecall
    slope[24] -= bySlowRecall * step.logSlowDecayed
    let bySlowRise = -bySlowRecall * w[24] / (1 + step.slowRate * days)
    fromLogSlow -= bySlowRise * step.slowRate * days
    handed.slowBase += bySlowRise * days / step.slow * step.hardness
    let byHardness = bySlowRise * step.slowRate * days
    slope[32] += byHardness * (step.difficulty - 5)
    handed.difficulty += byHardness * (w[32] - 0.3)

    handed.fast += fromLogFast / step.fast
    handed.slow += fromLogSlow / step.slow
  }
}
