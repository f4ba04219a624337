package import SatchelCore

/// How two models foretell one learner's records.
package struct TrialResult: Equatable, Sendable {
  /// Mean log loss of the answers, in nats; lower is better. 0 when there are none.
  package var candidateLogLoss: Double
  package var currentLogLoss: Double
  /// Answers that were foretold.
  package var count: Int

  package init(candidateLogLoss: Double, currentLogLoss: Double, count: Int) {
    self.candidateLogLoss = candidateLogLoss
    self.currentLogLoss = currentLogLoss
    self.count = count
  }
}

/// Judges a pulled model by a learner's own records before it is activated: each answer is foretold from what came
/// before it, by both models.
///
/// - Parameters:
///   - current: `nil` is the built-in ``Weights/baseline``.
///   - records: of one learner, in ``RecordOrder``; some hundred of the latest are plenty.
package func trial(
  _ candidate: Weights, against current: Weights?, records: [Record]
) -> TrialResult {
  let judged = [Tutor(weights: candidate), Tutor(weights: current)].map { judge in
    judge.foretold(records).map { logit, isCorrect in
      -ExactMath.log(max(Double(logistic(isCorrect ? logit : -logit)), 1e-6))
    }
  }
  let divisor = Double(max(1, judged[0].count))
  return TrialResult(
    candidateLogLoss: judged[0].reduce(0, +) / divisor,
    currentLogLoss: judged[1].reduce(0, +) / divisor, count: judged[0].count)
}
