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
  let judges = [Tutor(weights: candidate), Tutor(weights: current)]
  let batch = FoldBatch(records)
  var open = OpenFold(batch)
  var losses = [0.0, 0.0]
  var count = 0
  for (index, record) in records.enumerated() {
    if case .attempt(let attempt) = record.event, let item = batch.item(of: index) {
      let skills = batch.skills(of: index).map { open.skills[$0] }
      let seconds = StateTime.seconds(milliseconds: record.wallMilliseconds)
      for (judging, judge) in judges.enumerated() {
        let probability = judge.probability(
          of: attempt, open.learner, skills, open.items[item], seconds)
        losses[judging] -= ExactMath.log(
          min(max(attempt.isCorrect ? probability : 1 - probability, 1e-6), 1))
      }
      count += 1
    }
    open.fold(index, of: batch)
  }
  let divisor = Double(max(1, count))
  return TrialResult(
    candidateLogLoss: losses[0] / divisor, currentLogLoss: losses[1] / divisor, count: count)
}

extension Tutor {
  fileprivate func probability(
    of attempt: Attempt, _ learner: LearnerState, _ skills: [SkillState], _ item: ItemState,
    _ nowSeconds: UInt32
  ) -> Double {
    let known = features.knowledge(
      of: attempt.item.hash64, skills: attempt.skills.map(\.hash64), difficulty: nil)
    var row = [Float](repeating: 0, count: FeatureSchema.count)
    row.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      features.writeRow(
        learner: learner, skills: skills, item: item, known: known, nowSeconds: nowSeconds, to: base
      )
      weights.normalise(base, columns: 0..<FeatureSchema.computed)
    }
    return Double(weights.probability(logit: weights.network.outputs(of: row)[0]))
  }
}
