internal import SatchelCore
internal import SatchelTutor

/// How a model is trained. The defaults are what the figures of `Docs` were measured with.
package struct TrainingOptions: Equatable, Sendable {
  /// The most passes over the data.
  package var epochs = 12
  /// Passes without a better validation log loss after which training ends.
  package var patience = 4
  package var seed: UInt64 = 1
  /// Threads that replay learners, and teachers that are trained at a time. The result does not depend on it.
  package var threads = 1
  /// The most rows whose inputs a network in training has in memory at a time, some 330 bytes each. With more data than
  /// that, which rows a batch draws from depends on it, and so does the model.
  package var portionRows = 1_000_000
  package var batchRows = 512
  /// Of Adam, at the start; falls to a hundredth along a half cosine.
  package var learningRate: Float = 3e-3
  package var weightDecay: Float = 1e-2
  /// The share of the computed inputs that is left out of each training row.
  package var dropout: Float = 0.1
  /// The share of training rows that are not told which item they are about.
  package var itemDropout: Float = 0.2
  /// The share of training rows that are not told the recurrent state.
  package var recurrentDropout: Float = 0.2
  /// The longest gradient, in Euclidean length.
  package var gradientNormMax: Float = 1
  /// Networks of other seeds that are trained first; the one that is kept learns from what they agree on.
  package var teachers = 5
  /// How much the teachers' word counts against what really happened, 0...1.
  package var teachersShare: Float = 0.8
  /// The most that what learners went on to may take of the model file, which has a megabyte; 0 for none.
  package var neighbourBytes = 200_000
  /// Answers below which an item gets no vector of its own; ``Int/max`` for none at all.
  package var itemVectorAnswersMin = 100
  /// Columns of ``FeatureSchema`` that the network is not shown; any of the learned vectors leaves all vectors out.
  package var excludedFeatures: Set<Int> = []

  package init() {}

  /// How the network that learns from teachers is trained: half as many epochs more, all of them, and hardly any dropout.
  ///
  /// What teachers agree on is smooth, so little of it is learned by heart; and what dropout and an early end would keep
  /// from it is missed on new learners.
  var taught: TrainingOptions {
    var taught = self
    taught.epochs += epochs / 2
    taught.patience = taught.epochs
    taught.dropout *= Self.taughtDropoutShare
    taught.itemDropout *= Self.taughtDropoutShare
    taught.recurrentDropout *= Self.taughtDropoutShare
    return taught
  }

  private static let taughtDropoutShare: Float = 0.3

  /// The same training for data of `rows` train rows, none of which is to be passed so often that all have more than
  /// `visitsMax` visits: teachers and passes are taken away in turn, of what there is relatively more left. What many passes
  /// over few rows teach, few passes over many rows teach as well.
  ///
  /// One network passes over the data once, however many rows they are.
  func affordable(rows: Int, visitsMax: Int) -> TrainingOptions {
    let passesMax = visitsMax / max(1, rows)
    var affordable = self
    while affordable.passes > max(1, passesMax) {
      if affordable.teachers * epochs > affordable.epochs * teachers || affordable.epochs == 1 {
        affordable.teachers -= 1
      } else {
        affordable.epochs -= 1
      }
    }
    // The last teacher may have left more room than was needed.
    var more = affordable
    while more.epochs < epochs {
      more.epochs += 1
      guard more.passes <= passesMax else { break }
      affordable = more
    }
    return affordable
  }

  /// How often each row is passed at most, by teachers and by the network that is kept.
  var passes: Int { teachers * epochs + (teachers > 0 ? taught : self).epochs }
}

/// What came of a training.
package struct TrainingReport: Equatable, Sendable {
  package var cleaning = CleaningReport()
  package var train = Metrics()
  package var validation = Metrics()
  /// `nil` without folds: nobody was kept apart to judge.
  package var test: Metrics?
  /// By how much the AUC of the rows that judge, test or else validation, is lower than that of the network in float32.
  package var roundingLoss = 0.0
  /// What was asked for, cut down to what data of so many rows afford.
  package var options = TrainingOptions()
  /// The epoch whose weights were kept, from 1, of all that were run.
  package var bestEpoch = 0
  package var epochs = 0
  /// Numbers that were learned: the network's and the vectors'.
  package var parameterCount = 0
  /// Of the model file.
  package var bytes = 0
  package var seconds = 0.0

  package init() {}
}
