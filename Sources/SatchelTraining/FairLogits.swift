internal import SatchelCore
internal import SatchelTutor

/// How easy each item is for a middling learner: the Rasch model (Rasch 1960), P = logistic(item + learner), by penalised
/// joint maximum likelihood.
///
/// The mean of an item's answers says as much about who was given it as about the item. Here a learner's level, from all
/// that she answered, is taken off; levels are drawn to 0, and items to their skills' logits.
struct FairLogits {
  /// One for each item of the rows; the prior where nobody answered.
  private(set) var items: [Float]

  /// Strength of the priors, as inverse variances.
  private static let learnerPrior: Float = 1
  private static let itemPrior: Float = 0.8
  private static let rounds = 4

  /// - Parameter isSeen: the learners whose answers count.
  init(_ rows: CleanedRows, priors: [Float], isSeen: (Int) -> Bool) {
    items = priors
    let learners = rows.learners.indices.filter(isSeen)
    var levels = [Float](repeating: 0, count: rows.learners.count)
    for _ in 0..<Self.rounds {
      var slopes = [Float](repeating: 0, count: items.count)
      var curvatures = slopes
      for learner in learners {
        // One step of Newton's method for her, and at her new level the items' sums.
        let answered = rows.rowsOfLearner[learner].filter { !rows.isDuplicate[$0] }
        var slope = -Self.learnerPrior * levels[learner]
        var curvature = Self.learnerPrior
        for row in answered {
          let chance = logistic(items[Int(rows.item[row])] + levels[learner])
          slope += (rows.isCorrect[row] ? 1 : 0) - chance
          curvature += chance * (1 - chance)
        }
        levels[learner] = min(max(levels[learner] + slope / curvature, -4), 4)
        for row in answered {
          let item = Int(rows.item[row])
          let chance = logistic(items[item] + levels[learner])
          slopes[item] += (rows.isCorrect[row] ? 1 : 0) - chance
          curvatures[item] += chance * (1 - chance)
        }
      }
      for item in items.indices where curvatures[item] > 0 {
        let slope = slopes[item] - Self.itemPrior * (items[item] - priors[item])
        let step = slope / (curvatures[item] + Self.itemPrior)
        items[item] += min(max(step, -1), 1)
      }
    }
  }
}
