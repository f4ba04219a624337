/// The way back of ``SingleMemoryModel``: each function takes the slope over what came out of a formula, and gives the
/// slopes over what went in.
extension SingleMemoryModel {
  /// The slopes of the loss that are handed from each review to the one before.
  private struct Handed {
    var stability = 0.0
    var difficulty = 0.0
    var factor = 0.0
  }

  func backward(
    _ reviews: CardReviews, _ tape: UnsafeMutablePointer<Step>,
    _ slope: UnsafeMutablePointer<Double>
  ) {
    var handed = Handed()
    for index in stride(from: reviews.count - 1, through: 0, by: -1) {
      let rating = Int(reviews.ratings[index])
      let step = tape[index]
      let fromStability = step.isStabilityClamped ? 0 : handed.stability
      let fromDifficulty = step.isDifficultyClamped ? 0 : handed.difficulty
      if index == 0 {
        slope[rating - 1] += fromStability
        slope[4] += fromDifficulty
        slope[5] += fromDifficulty * startSlope[rating - 1]
        break
      }
      handed.stability = 0
      let moved = difficultyBackward(step, rating, fromDifficulty, slope)
      handed.difficulty = moved
      switch step.move {
      case .first: break
      case .sameDay, .sameDayKept:
        sameDayBackward(step, rating, fromStability, slope, &handed)
      case .recall, .lapse, .cappedLapse:
        var fromRecall =
          step.move == .recall
          ? recalledBackward(step, rating, fromStability, slope, &handed)
          : lapsedBackward(step, fromStability, slope, &handed)
        var fromLog = 0.0
        let share = reviews.shares[index]
        if share > 0 {
          if rating > 1 {
            fromLog = share * w[20]
            slope[20] += share * step.logDecayed
          } else if 1 - step.recall > Self.missingMin {
            fromRecall += share / (1 - step.recall)
          }
        }
        slope[20] -= fromRecall * step.recall * step.logDecayed
        fromLog -= fromRecall * step.recall * w[20]
        // d ln(1 + F t/S), with F t/S from the days.
        let rate = reviews.days[index].rounded(.down) / step.stability
        let fromRate = fromLog / (1 + factor * rate)
        handed.factor += fromRate * rate
        handed.stability -= fromRate * factor * rate / step.stability
      }
    }
    slope[20] += handed.factor * factorSlope
  }

  /// - Returns: the slope over the difficulty from before.
  private func difficultyBackward(
    _ step: Step, _ rating: Int, _ from: Double, _ slope: UnsafeMutablePointer<Double>
  ) -> Double {
    guard from != 0 else { return 0 }
    let pull = Double(rating - 3) * (10 - step.difficulty) / 9
    let moved = step.difficulty - w[6] * pull
    slope[7] += from * (start[3] - moved)
    slope[4] += from * w[7]
    slope[5] += from * w[7] * startSlope[3]
    let fromMoved = from * (1 - w[7])
    slope[6] -= fromMoved * pull
    return fromMoved * (1 + w[6] * Double(rating - 3) / 9)
  }

  private func sameDayBackward(
    _ step: Step, _ rating: Int, _ from: Double, _ slope: UnsafeMutablePointer<Double>,
    _ handed: inout Handed
  ) {
    guard step.move == .sameDay else {
      handed.stability += from
      return
    }
    let whole = from * step.stability * step.gain
    slope[17] += whole * (Double(rating) - 3 + w[18])
    slope[18] += whole * w[17]
    slope[19] -= whole * step.logStability
    handed.stability += from * step.gain * (1 - w[19])
  }

  /// - Returns: the slope over the recall.
  private func recalledBackward(
    _ step: Step, _ rating: Int, _ from: Double, _ slope: UnsafeMutablePointer<Double>,
    _ handed: inout Handed
  ) -> Double {
    let whole = from * step.stability * step.gain
    handed.stability += from * (1 + step.gain * (1 - w[9]))
    handed.difficulty -= whole / (11 - step.difficulty)
    slope[8] += whole
    slope[9] -= whole * step.logStability
    if rating == 2 { slope[15] += from * step.stability * step.plain }
    if rating == 4 { slope[16] += from * step.stability * step.plain }
    let fromExponent = step.part > 0 ? whole * (step.part + 1) / step.part : 0
    slope[10] += fromExponent * (1 - step.recall)
    return -fromExponent * w[10]
  }

  /// - Returns: the slope over the recall.
  private func lapsedBackward(
    _ step: Step, _ from: Double, _ slope: UnsafeMutablePointer<Double>, _ handed: inout Handed
  ) -> Double {
    guard step.move == .lapse else {
      let whole = from * step.stability * lapseShare
      slope[17] -= whole * w[18]
      slope[18] -= whole * w[17]
      handed.stability += from * lapseShare
      return 0
    }
    let whole = from * step.gain
    slope[11] += whole / w[11]
    slope[12] -= whole * step.logDifficulty
    handed.difficulty -= whole * w[12] / step.difficulty
    let fromPower = whole * (step.part + 1) / step.part
    slope[13] += fromPower * step.logGrown
    handed.stability += fromPower * w[13] / (step.stability + 1)
    slope[14] += whole * (1 - step.recall)
    return -whole * w[14]
  }
}
