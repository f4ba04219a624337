import Satchel
import SatchelTraining

/// Five trainings, each judged on a fifth of the learners that it never saw.
struct CrossValidation {
  static let folds = 5

  let options: TrainingOptions

  /// - Parameter given: folds 0...4; else a learner's fold follows from her name.
  func run(_ interactions: [Interaction], folds given: [String: Int]?, note: (Int, Metrics) -> Void)
    throws -> [Metrics]
  {
    let folds = given ?? Self.folds(of: Set(interactions.map(\.learner)))
    return try (0..<Self.folds).map { fold in
      let result = try Trainer(options: options).train(
        interactions, folds: folds, fold: fold, isCancelled: { Task.isCancelled })
      let metrics = result.report.test ?? Metrics()
      note(fold, metrics)
      return metrics
    }
  }

  private static func folds(of learners: Set<String>) -> [String: Int] {
    var out: [String: Int] = [:]
    for learner in learners { out[learner] = Int(LearnerID(external: learner).low % 5) }
    return out
  }

  /// The mean of each figure over the folds.
  static func mean(_ all: [Metrics]) -> Metrics {
    func mean(_ figure: KeyPath<Metrics, Double>) -> Double {
      all.map { $0[keyPath: figure] }.reduce(0, +) / Double(max(1, all.count))
    }
    var out = Metrics()
    out.count = all.map(\.count).reduce(0, +)
    out.auc = mean(\.auc)
    out.aucFirst = mean(\.aucFirst)
    out.accuracy = mean(\.accuracy)
    out.recallCorrect = mean(\.recallCorrect)
    out.precisionCorrect = mean(\.precisionCorrect)
    out.recallWrong = mean(\.recallWrong)
    out.precisionWrong = mean(\.precisionWrong)
    out.logLoss = mean(\.logLoss)
    out.rmse = mean(\.rmse)
    out.ece = mean(\.ece)
    return out
  }
}
