package import SatchelCore
package import SatchelTutor

/// Judges a model on rows: each is foretold from the learner's earlier rows alone.
///
/// - Parameter fold: with `folds`, only the rows of that fold's learners count; else all.
/// - Throws: `training.badData` for a learner without a fold.
package func evaluate(
  _ weights: Weights, interactions: [Interaction], folds: [String: Int]? = nil, fold: Int? = nil
) throws(SatchelError) -> (metrics: Metrics, predictions: [Trainer.Prediction]) {
  let judgement = try Judgement(weights, interactions, folds: folds, fold: fold)
  return (judgement.metrics, judgement.predictions)
}

/// A model's predictions for rows of data, with what else a report needs to know of each row.
package struct Judgement: Sendable {
  package let metrics: Metrics
  let rows: CleanedRows
  /// The rows of the data that were foretold, ascending; what follows has one entry for each.
  let judged: [Int]
  let probabilities: [Double]
  let isFirst: [Bool]
  /// How many rows of the same learner came before, and how many of them were right.
  let earlier: [Int32]
  let earlierRight: [Int32]

  /// - Parameter fold: with `folds`, only the rows of that fold's learners are foretold; else all.
  /// - Throws: `training.badData` for a learner without a fold.
  package init(
    _ weights: Weights, _ interactions: [Interaction], folds: [String: Int]? = nil,
    fold: Int? = nil
  ) throws(SatchelError) {
    let rows = CleanedRows(interactions)
    self.init(weights, rows, learners: try Foretelling.learners(of: rows, folds: folds, fold: fold))
  }

  /// - Parameter names: the learners whose rows are foretold.
  package init(_ weights: Weights, _ interactions: [Interaction], onlyOf names: Set<String>) {
    let rows = CleanedRows(interactions)
    self.init(
      weights, rows, learners: rows.learners.indices.filter { names.contains(rows.learners[$0]) })
  }

  private init(_ weights: Weights, _ rows: CleanedRows, learners: [Int]) {
    var probabilities = [Double](repeating: -1, count: rows.count)
    var isFirst = [Bool](repeating: false, count: rows.count)
    var earlierRight = [Int32](repeating: 0, count: rows.count)
    var foretelling = Foretelling(weights, rows)
    for learner in learners {
      let inputs = foretelling.inputs(of: learner, isFirst: &isFirst)
      let outputs = weights.serving.outputs(of: inputs)
      var right: Int32 = 0
      for (place, row) in rows.rowsOfLearner[learner].enumerated() {
        probabilities[row] = Double(
          weights.probability(logit: outputs[place * Network.headStride]))
        earlierRight[row] = right
        right += rows.isCorrect[row] ? 1 : 0
      }
    }
    let judged = probabilities.indices.filter { probabilities[$0] >= 0 }
    self.init(
      rows, judged: judged, probabilities: judged.map { probabilities[$0] },
      isFirst: judged.map { isFirst[$0] }, earlier: judged.map { rows.earlier[$0] },
      earlierRight: judged.map { earlierRight[$0] })
  }

  init(
    _ rows: CleanedRows, judged: [Int], probabilities: [Double], isFirst: [Bool],
    earlier: [Int32], earlierRight: [Int32]
  ) {
    self.rows = rows
    self.judged = judged
    self.probabilities = probabilities
    self.isFirst = isFirst
    self.earlier = earlier
    self.earlierRight = earlierRight
    metrics = Metrics(
      probabilities: probabilities, isCorrect: judged.map { rows.isCorrect[$0] },
      isFirst: isFirst)
  }

  package var predictions: [Trainer.Prediction] {
    zip(judged, probabilities).map { (row: $0, probability: $1) }
  }

  /// What happened, one for each of ``judged``.
  var isCorrect: [Bool] { judged.map { rows.isCorrect[$0] } }

  /// Whose row it was, one for each of ``judged``: an index into the rows' learners.
  var learner: [Int32] { judged.map { rows.learnerOfRow[$0] } }
}

/// Walks a model over data, learner by learner, as the device would: inputs first, then the answer is folded.
struct Foretelling {
  private let weights: Weights
  private let rows: CleanedRows
  private let features: Features
  private var replay: Replay

  init(_ weights: Weights, _ rows: CleanedRows) {
    self.weights = weights
    self.rows = rows
    features = Features(weights)
    replay = Replay(rows)
  }

  /// Indices of the learners of `fold`, or of all.
  ///
  /// - Throws: `training.badData` for a learner without a fold.
  static func learners(of rows: CleanedRows, folds: [String: Int]?, fold: Int?)
    throws(SatchelError) -> [Int]
  {
    guard let folds, let fold else { return Array(rows.learners.indices) }
    var chosen: [Int] = []
    for (learner, name) in rows.learners.enumerated() {
      guard let own = folds[name] else {
        throw SatchelError(.trainingData, subject: "folds", cause: "a learner has no fold")
      }
      if own == fold { chosen.append(learner) }
    }
    return chosen
  }

  /// The normalised inputs of each of a learner's rows, in order, [rows, inputs].
  ///
  /// - Parameter isFirst: of all rows of the data; the learner's are set.
  mutating func inputs(of learner: Int, isFirst: inout [Bool]) -> [Float] {
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
    return inputs
  }
}
