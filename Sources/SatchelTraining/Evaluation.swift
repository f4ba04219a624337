package import SatchelCore
package import SatchelTutor

/// Judges a model on rows: each is foretold from the learner's earlier rows alone.
///
/// - Parameter fold: with `folds`, only the rows of that fold's learners count; else all.
/// - Throws: `training.badData` for a learner without a fold.
package func evaluate(
  _ weights: Weights, interactions: [Interaction], folds: [String: Int]? = nil, fold: Int? = nil
) throws(SatchelError) -> (metrics: Metrics, predictions: [Trainer.Prediction]) {
  let rows = CleanedRows(interactions)
  let features = Features(weights)
  var probabilities = [Double](repeating: -1, count: rows.count)
  var isFirst = [Bool](repeating: false, count: rows.count)
  var replay = Replay(rows)
  for (learner, name) in rows.learners.enumerated() {
    if let folds, let fold {
      guard let own = folds[name] else {
        throw SatchelError(.trainingData, subject: "folds", cause: "a learner has no fold")
      }
      guard own == fold else { continue }
    }
    replay.start()
    let learnerRows = rows.rowsOfLearner[learner]
    var inputs = [Float](repeating: 0, count: learnerRows.count * FeatureSchema.count)
    inputs.withUnsafeMutableBufferPointer { inputs in
      guard let base = inputs.baseAddress else { return }
      for (place, row) in learnerRows.enumerated() {
        let at = base + place * FeatureSchema.count
        isFirst[row] = replay.isFirst(row)
        replay.write(row, replay.knowledge(row, features), features, to: at)
        weights.normalise(at, columns: 0..<FeatureSchema.computed)
        if !rows.isDuplicate[row] { replay.fold(row) }
      }
    }
    let outputs = weights.network.outputs(of: inputs)
    for (place, row) in learnerRows.enumerated() {
      probabilities[row] = Double(
        weights.probability(logit: outputs[place * Network.headStride]))
    }
  }
  let chosen = probabilities.indices.filter { probabilities[$0] >= 0 }
  let metrics = Metrics(
    probabilities: chosen.map { probabilities[$0] }, isCorrect: chosen.map { rows.isCorrect[$0] },
    isFirst: chosen.map { isFirst[$0] })
  return (metrics, chosen.map { (row: $0, probability: probabilities[$0]) })
}
