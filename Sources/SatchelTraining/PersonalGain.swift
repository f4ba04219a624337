package import SatchelCore
internal import SatchelTutor

/// What the ``PersonalBias`` does for learners' own later answers, over a data set.
package struct PersonalGain: Equatable, Sendable {
  package var learners = 0
  /// Mean log loss of the model's word, and with each learner's bias as it was before the answer, in nats.
  package var logLossWithout = 0.0
  package var logLossWith = 0.0
  /// The most that the bias cost any learner over all her answers, in nats; at most ``PersonalBias/lossMax``.
  package var worst = 0.0

  package init() {}

  /// - Parameters:
  ///   - predictions: rows ascending, with the model's probability of each.
  ///   - interactions: all rows of the data.
  package init(_ predictions: [Trainer.Prediction], of interactions: [Interaction]) {
    var biases: [String: PersonalBias] = [:]
    for (row, probability) in predictions {
      let interaction = interactions[row]
      let clipped = min(max(probability, 1e-6), 1 - 1e-6)
      let logit = Float(ExactMath.log(clipped / (1 - clipped)))
      var bias = biases[interaction.learner] ?? PersonalBias()
      let before = bias.excess
      bias.adapt(logit: logit, isCorrect: interaction.isCorrect)
      let loss = -ExactMath.log(interaction.isCorrect ? clipped : 1 - clipped)
      logLossWithout += loss
      logLossWith += loss + bias.excess - before
      worst = max(worst, bias.excess)
      biases[interaction.learner] = bias
    }
    learners = biases.count
    logLossWithout /= Double(max(1, predictions.count))
    logLossWith /= Double(max(1, predictions.count))
  }
}
