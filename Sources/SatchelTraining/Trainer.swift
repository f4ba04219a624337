package import SatchelCore
package import SatchelTutor

/// Trains a model: cleaning, statistics, replay, the network, calibration, and figures.
package struct Trainer: Sendable {
  /// What is patient enough for any data, and more than those of a million rows need.
  package static let usualVisitsMax = 80_000_000

  package let options: TrainingOptions
  private let visitsMax: Int

  /// - Parameter visitsMax: how often rows may be passed in all; with more rows than the options' passes then afford, there
  ///   are fewer teachers and fewer passes.
  package init(
    options: TrainingOptions = TrainingOptions(), visitsMax: Int = Self.usualVisitsMax
  ) {
    self.options = options
    self.visitsMax = visitsMax
  }

  /// The chance of a right answer that a model gave one row of the data.
  package typealias Prediction = (row: Int, probability: Double)

  /// - Parameters:
  ///   - interactions: a learner's rows in the order in which they happened; learners may alternate.
  ///     Once they are cleaned they are let go, if the caller has no other use for them.
  ///   - folds: 0...4 for each learner; test = `fold`, validation = the next modulo 5, train = the rest. Without, a tenth
  ///     of the learners, by hash, validates, and there is no test.
  ///   - progress: after each epoch: its number from 1, how many there are at most, teachers' among them, and the
  ///     validation log loss.
  /// - Returns: the weights, the report, and a prediction for each test row (without folds: each validation row), rows
  ///   ascending.
  /// - Throws: `training.badData` when there is nothing to train on; `cancelled`.
  package func train(
    _ interactions: consuming [Interaction], folds: [String: Int]? = nil, fold: Int? = nil,
    progress: ((_ epoch: Int, _ of: Int, _ validationLogLoss: Double) -> Void)? = nil,
    isCancelled: () -> Bool = { false }
  ) throws(SatchelError) -> (
    weights: Weights, report: TrainingReport, predictions: [Prediction]
  ) {
    let start = ContinuousClock.now
    guard !interactions.isEmpty else {
      throw SatchelError(.trainingData, subject: "rows", cause: "there are none")
    }
    let rows = CleanedRows(interactions)
    let split = try Split(learners: rows.learners, folds: folds, fold: fold)
    let trainRows = rows.learnerOfRow.count { split.shares[Int($0)] == .train }
    let options = options.affordable(rows: trainRows, visitsMax: visitsMax)
    var lesson = Lesson(rows, split, options)
    var report = TrainingReport()
    report.cleaning = rows.report
    report.options = options
    try lesson.run(progress: progress, isCancelled: isCancelled, report: &report)
    var weights = lesson.weights()
    let learned = ItemSequences(
      rows, of: rows.learners.indices.filter { split.shares[$0] == .train })
    if let found = try neighbours(of: learned, beside: weights, isCancelled) {
      weights = weights.with(found)
    }
    report.train = try lesson.metrics(.train, weights, isCancelled: isCancelled)
    report.validation = try lesson.metrics(.validation, weights, isCancelled: isCancelled)
    let judged: Share = folds == nil || fold == nil ? .validation : .test
    if judged == .test {
      report.test = try lesson.metrics(.test, weights, isCancelled: isCancelled)
    }
    report.roundingLoss =
      try lesson.metrics(judged, weights, isRounded: false, isCancelled: isCancelled).auc
      - (report.test ?? report.validation).auc
    report.parameterCount = lesson.parameterCount
    report.bytes = weights.encoded().count
    let predictions = try lesson.predictions(judged, weights, isCancelled: isCancelled)
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
    return (weights, report, predictions)
  }

  /// Room for neighbours that is worth its bytes on a slow line, beside the limits of the options.
  private static let neighbourHeadBytes = 4096
  private static let neighbourItemBytes = 48

  /// What learners went on to, in the room that the rest of the model leaves; `nil` where the data tell nothing.
  private func neighbours(
    of sequences: ItemSequences, beside weights: Weights, _ isCancelled: () -> Bool
  ) throws(SatchelError) -> Neighbours? {
    var choice = NeighbourOptions()
    choice.threads = options.threads
    choice.bytesMax = min(
      options.neighbourBytes,
      Self.neighbourHeadBytes + sequences.catalogue.count * Self.neighbourItemBytes,
      Weights.fileBytesMax - weights.encoded().count)
    guard choice.bytesMax > 0 else { return nil }
    do {
      return try NeighbourTrainer(options: choice)
        .fit(sequences, isCancelled: isCancelled).model
    } catch  where error.code == .trainingData || error.code == .inputTooLarge {
      // Nobody used two items, or there are too many of them for the room: the rest of the model is as good.
      return nil
    }
  }
}
