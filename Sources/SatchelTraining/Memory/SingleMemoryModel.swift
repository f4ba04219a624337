internal import Glibc
internal import SatchelTutor

/// FSRS-6 forwards and backwards; the formulas are those of `Memory`, with the system's `exp` and `log`: what is fitted
/// is weights, nothing that replicas must agree on.
struct SingleMemoryModel: MemoryModel {
  static let standard = MemoryParameters.standard.weights
  static let ranges = MemoryParameters.ranges
  static let deviations = MemoryPrior.deviations6
  /// As fsrs-rs has it: the sum of squares, not half of it. On logs of a few hundred reviews half loses to the defaults.
  static let priorStrength = 2.0

  static func legal(_ weights: [Double]) -> [Double] { weights }

  /// No prediction is nearer to 1 than this.
  static let missingMin = 1e-7

  let w: [Double]
  /// F = 0.9^(-1/w20) - 1 and its slope over w20.
  let factor: Double
  let factorSlope: Double
  /// w4 - e^(w5 (G - 1)) + 1 and its slope over w5, for G = 1...4.
  let start: [Double]
  let startSlope: [Double]
  let recallGain: Double
  /// e^(w17 (G - 3 + w18)), for G = 1...4.
  let sameDayGain: [Double]
  /// e^(-w17 w18)
  let lapseShare: Double

  init(_ weights: [Double]) {
    w = weights
    let base = exp(-log(0.9) / weights[20])
    factor = base - 1
    factorSlope = base * log(0.9) / (weights[20] * weights[20])
    let steps = (0..<4).map { exp(weights[5] * Double($0)) }
    start = steps.map { weights[4] - $0 + 1 }
    startSlope = (0..<4).map { -Double($0) * steps[$0] }
    recallGain = exp(weights[8])
    sameDayGain = (1...4).map { exp(weights[17] * (Double($0) - 3 + weights[18])) }
    lapseShare = exp(-weights[17] * weights[18])
  }

  /// Which formula moved the stability.
  enum Move: UInt8 { case first, recall, lapse, cappedLapse, sameDay, sameDayKept }

  /// What stood before a review, and what the formulas came to on the way.
  struct Step: MemoryStep {
    var move = Move.first
    var isStabilityClamped = false
    var isDifficultyClamped = false
    var stability = 0.0
    var difficulty = 0.0
    var logStability = 0.0
    var recall = 0.0
    /// ln(1 + F t/S)
    var logDecayed = 0.0
    /// Of the move: its gain, or the stability it gave.
    var gain = 0.0
    /// e^(w10 (1 - R)) - 1, or (S + 1)^w13 - 1.
    var part = 0.0
    /// The gain without the bonus.
    var plain = 0.0
    /// ln(S + 1) and ln D, of a lapse alone.
    var logGrown = 0.0
    var logDifficulty = 0.0
  }

  func forward(_ reviews: CardReviews, _ tape: UnsafeMutablePointer<Step>) -> Double {
    var loss = 0.0
    var stability = 0.0
    var difficulty = 0.0
    for index in 0..<reviews.count {
      let rating = Int(reviews.ratings[index])
      var step = Step()
      var next: Double
      var nextDifficulty: Double
      if index == 0 {
        next = w[rating - 1]
        nextDifficulty = start[rating - 1]
      } else {
        step.stability = stability
        step.difficulty = difficulty
        step.logStability = log(stability)
        let days = reviews.days[index].rounded(.down)
        if days < 1 {
          step.recall = 1
          next = sameDay(&step, rating)
        } else {
          step.logDecayed = log(1 + factor * days / stability)
          step.recall = exp(-w[20] * step.logDecayed)
          let share = reviews.shares[index]
          if share > 0 {
            let missing = max(1 - step.recall, Self.missingMin)
            loss += share * (rating > 1 ? w[20] * step.logDecayed : -log(missing))
          }
          next = rating > 1 ? recalled(&step, rating) : lapsed(&step)
        }
        let moved = difficulty - w[6] * Double(rating - 3) * (10 - difficulty) / 9
        nextDifficulty = w[7] * start[3] + (1 - w[7]) * moved
      }
      step.isStabilityClamped = next < 0.001 || next > 36_500
      step.isDifficultyClamped = nextDifficulty < 1 || nextDifficulty > 10
      stability = min(max(next, 0.001), 36_500)
      difficulty = min(max(nextDifficulty, 1), 10)
      tape[index] = step
    }
    return loss
  }

  private func sameDay(_ step: inout Step, _ rating: Int) -> Double {
    let increase = sameDayGain[rating - 1] * exp(-w[19] * step.logStability)
    let isKept = rating > 1 && increase < 1
    step.move = isKept ? .sameDayKept : .sameDay
    step.gain = isKept ? 1 : increase
    return step.stability * step.gain
  }

  private func recalled(_ step: inout Step, _ rating: Int) -> Double {
    step.move = .recall
    step.part = exp(w[10] * (1 - step.recall)) - 1
    step.plain =
      recallGain * (11 - step.difficulty) * exp(-w[9] * step.logStability) * step.part
    step.gain = step.plain * bonus(rating)
    return step.stability * (1 + step.gain)
  }

  private func bonus(_ rating: Int) -> Double { rating == 2 ? w[15] : rating == 4 ? w[16] : 1 }

  private func lapsed(_ step: inout Step) -> Double {
    step.logGrown = log(step.stability + 1)
    step.logDifficulty = log(step.difficulty)
    step.part = exp(w[13] * step.logGrown) - 1
    step.gain =
      w[11] * exp(w[14] * (1 - step.recall) - w[12] * step.logDifficulty) * step.part
    let capped = step.stability * lapseShare
    step.move = step.gain > capped ? .cappedLapse : .lapse
    return min(step.gain, capped)
  }
}
