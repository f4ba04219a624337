internal import Glibc
internal import SatchelTutor

/// FSRS-7 forwards and backwards; the formulas are those of `DualMemory` and `ForgettingCurve`, with the system's `exp`
/// and `log`.
struct DualMemoryModel: MemoryModel {
  static let standard = DualMemoryParameters.standard.weights
  static let ranges = DualMemoryParameters.ranges
  static let deviations = MemoryPrior.deviations7
  static let priorStrength = 1.0

  static func legal(_ weights: [Double]) -> [Double] {
    var weights = weights
    weights[26] = max(weights[26], weights[25])
    return weights
  }

  static let floor = 1e-5
  static let slowFirst = 7
  static let fastFirst = 15

  let w: [Double]
  let start: [Double]
  let startSlope: [Double]
  let logFastBase: Double
  /// w26^(-1/w24)
  let slowBase: Double
  let slowGain: Double
  let fastGain: Double

  init(_ weights: [Double]) {
    w = weights
    let steps = (0..<4).map { exp(weights[5] * Double($0)) }
    start = steps.map { weights[4] - $0 + 1 }
    startSlope = (0..<4).map { -Double($0) * steps[$0] }
    logFastBase = log(weights[25])
    slowBase = exp(-log(weights[26]) / weights[24])
    slowGain = exp(weights[7] - 1.5)
    fastGain = exp(weights[15] - 1.5)
  }

  /// One trace's move at a review.
  struct Move {
    var isLapse = false
    /// A lapse that would have lengthened the trace, and so left it.
    var isKept = false
    var isClamped = false
    /// The gain of a recall, or what a lapse left.
    var result = 0.0
    /// The gain without the bonus.
    var plain = 0.0
    /// e^(q w) - 1, or (x + 1)^w - 1.
    var part = 0.0
    /// ln(x + 1), of a lapse alone.
    var logGrown = 0.0
  }

  /// What stood before a review, and what the formulas came to on the way.
  struct Step: MemoryStep {
    var slow = 0.0
    var fast = 0.0
    var difficulty = 0.0
    var logSlow = 0.0
    var logFast = 0.0
    var isDifficultyClamped = false
    /// Whether Again held the fast trace below 0.8 of the slow one.
    var isFastHeld = false
    // The curve.
    var decay = 0.0
    var isDecayClamped = false
    /// e^(-ln w25 / decay), or `nil`'s stand-in 0 where it was capped.
    var fastBase = 0.0
    var fastRate = 0.0
    var slowRate = 0.0
    /// e^((D - 5)(w32 - 0.3))
    var hardness = 0.0
    var logFastDecayed = 0.0
    var logSlowDecayed = 0.0
    var fastRecall = 0.0
    var slowRecall = 0.0
    var fastWeight = 0.0
    var slowWeight = 0.0
    var recall = 0.0
    // The moves.
    var slowMove = Move()
    var fastMove = Move()
  }

  private static func clamped(_ days: Double) -> Double { min(max(days, 0.0001), 36_500) }

  func forward(_ reviews: CardReviews, _ tape: UnsafeMutablePointer<Step>) -> Double {
    var loss = 0.0
    var (slow, fast, difficulty) = (0.0, 0.0, 0.0)
    for index in 0..<reviews.count {
      let rating = Int(reviews.ratings[index])
      var step = Step()
      var nextDifficulty: Double
      if index == 0 {
        slow = Self.clamped(w[rating - 1])
        fast = Self.clamped(0.8 * slow)
        nextDifficulty = start[rating - 1]
      } else {
        (step.slow, step.fast, step.difficulty) = (slow, fast, difficulty)
        foretell(&step, reviews.days[index])
        let share = reviews.shares[index]
        if share > 0 { loss -= share * log(rating > 1 ? step.recall : 1 - step.recall) }
        let moved = move(&step, rating)
        step.isFastHeld = rating == 1 && moved.fast > 0.8 * moved.slow
        let nextFast = step.isFastHeld ? 0.8 * moved.slow : moved.fast
        slow = Self.clamped(moved.slow)
        fast = Self.clamped(nextFast)
        step.slowMove.isClamped = slow != moved.slow
        step.fastMove.isClamped = fast != nextFast
        let pull = -w[6] * Double(rating - 3) * (rating == 1 ? step.recall + 0.1 : 1)
        nextDifficulty = 0.01 * start[3] + 0.99 * (difficulty + (10 - difficulty) / 9 * pull)
      }
      step.isDifficultyClamped = nextDifficulty < 1 || nextDifficulty > 10
      difficulty = min(max(nextDifficulty, 1), 10)
      tape[index] = step
    }
    return loss
  }

  private func foretell(_ step: inout Step, _ days: Double) {
    step.logSlow = log(step.slow)
    step.logFast = log(step.fast)
    let decay = w[23] * exp((w[33] - 0.3) * step.logFast)
    step.decay = min(max(decay, 0.01), 0.95)
    step.isDecayClamped = step.decay != decay
    let power = -logFastBase / step.decay
    step.fastBase = power > 60 ? 0 : exp(power)
    step.fastRate = ((power > 60 ? exp(60) : step.fastBase) - 1) / step.fast
    step.hardness = exp((step.difficulty - 5) * (w[32] - 0.3))
    step.slowRate = (slowBase - 1) * step.hardness / step.slow
    step.logFastDecayed = log(1 + step.fastRate * days)
    step.logSlowDecayed = log(1 + step.slowRate * days)
    step.fastRecall = exp(-step.decay * step.logFastDecayed)
    step.slowRecall = exp(-w[24] * step.logSlowDecayed)
    step.fastWeight = w[27] * exp(-w[29] * step.logFast)
    step.slowWeight =
      w[28] * exp(w[30] * step.logSlow + (step.difficulty - 5) * (w[31] - 0.5))
    let mixed =
      (step.fastWeight * step.fastRecall + step.slowWeight * step.slowRecall)
      / (step.fastWeight + step.slowWeight)
    step.recall = mixed * (1 - 2 * Self.floor) + Self.floor
  }

  private func move(_ step: inout Step, _ rating: Int) -> (slow: Double, fast: Double) {
    let difficulty = step.difficulty
    return (
      moved(
        &step.slowMove, step.slow, step.logSlow, difficulty, rating, step.recall, slowGain,
        Self.slowFirst),
      moved(
        &step.fastMove, step.fast, step.logFast, difficulty, rating, step.fastRecall, fastGain,
        Self.fastFirst)
    )
  }

  private func moved(
    _ move: inout Move, _ days: Double, _ logDays: Double, _ difficulty: Double, _ rating: Int,
    _ recall: Double, _ gain: Double, _ k: Int
  ) -> Double {
    let missing = 1 - recall
    if rating == 1 {
      move.isLapse = true
      move.logGrown = log(days + 1)
      move.part = exp(w[k + 4] * move.logGrown) - 1
      move.result = w[k + 3] * move.part * exp(missing * w[k + 5])
      move.isKept = move.result > days
      return move.isKept ? days : move.result
    }
    move.part = exp(missing * w[k + 2]) - 1
    move.plain = gain * (11 - difficulty) * exp(-w[k + 1] * logDays) * move.part
    move.result = move.plain * (rating == 2 ? w[k + 6] : rating == 4 ? w[k + 7] : 1)
    return days * (1 + move.result)
  }
}
