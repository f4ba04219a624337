package import SatchelCore
internal import SatchelTutor

/// As many trainings as there are folds, each judged on the learners of one fold, which it never saw (Stone 1974).
///
/// In round f the learners of fold f test and those of fold f + 1 choose the epoch; the others are learned from. A learner is in
/// one fold with all of her rows.
package struct CrossValidation: Sendable {
  package static let foldsRange = 3...10

  package let options: TrainingOptions
  package let folds: Int

  /// - Parameter folds: within ``foldsRange``.
  package init(options: TrainingOptions, folds: Int = 5) {
    precondition(Self.foldsRange.contains(folds))
    self.options = options
    self.folds = folds
  }

  /// What came of it: the figures of each round, their mean and their standard deviation.
  package struct Result: Sendable {
    package var rounds: [Metrics]

    package var mean: Metrics { Metrics.mean(of: rounds) }
    package var deviation: Metrics { Metrics.deviation(of: rounds) }
  }

  /// - Parameters:
  ///   - given: folds 0..<``folds``; else a learner's fold follows from her name.
  ///   - note: after each round: its number from 0, and its figures.
  /// - Throws: `training.badData` for a learner without a fold or a fold without learners; `cancelled`.
  package func run(
    _ interactions: [Interaction], folds given: [String: Int]?, note: (Int, Metrics) -> Void,
    isCancelled: () -> Bool = { false }
  ) throws(SatchelError) -> Result {
    var options = options
    // What learners went on to has no say in these figures.
    options.neighbourBytes = 0
    let foldOfLearner = try assigned(interactions, given)
    var rounds: [Metrics] = []
    for round in 0..<folds {
      // What the trainer knows are five folds: test, validation, and the others.
      let roles = foldOfLearner.mapValues { fold in
        fold == round ? 0 : fold == (round + 1) % folds ? 1 : 2
      }
      let report = try Trainer(options: options).train(
        interactions, folds: roles, fold: 0, isCancelled: isCancelled
      ).report
      let metrics = report.test ?? Metrics()
      note(round, metrics)
      rounds.append(metrics)
    }
    return Result(rounds: rounds)
  }

  private func assigned(_ interactions: [Interaction], _ given: [String: Int]?)
    throws(SatchelError) -> [String: Int]
  {
    var assigned: [String: Int] = [:]
    for learner in Set(interactions.map(\.learner)) {
      guard let given else {
        assigned[learner] = Int((KeyHash.hash(learner) >> 16) % UInt64(folds))
        continue
      }
      guard let fold = given[learner] else {
        throw SatchelError(.trainingData, subject: "folds", cause: "a learner has no fold")
      }
      assigned[learner] = fold
    }
    guard Set(assigned.values) == Set(0..<folds) else {
      throw SatchelError(
        .trainingData, subject: "folds", cause: "each of the \(folds) needs learners")
    }
    return assigned
  }
}
