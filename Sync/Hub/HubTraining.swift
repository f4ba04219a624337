package import SatchelCore
package import SatchelStore
package import SatchelTraining
internal import SatchelTutor

/// Trains on the hub's own records, and publishes what foretells better than the channel's current model.
package struct HubTraining: Sendable {
  package struct Outcome: Sendable {
    /// `nil` when the channel keeps what it has.
    package var published: SignedManifest?
    /// On learners whom neither model was trained on.
    package var candidate: Metrics
    package var current: Metrics?
    package var seconds: Double
  }

  private let store: Store
  private let options: TrainingOptions

  package init(store: Store, options: TrainingOptions = TrainingOptions()) {
    self.store = store
    self.options = options
  }

  /// - Throws: `training.badData` when there are too few learners to keep some apart as judges.
  package func run(
    channel: String, at milliseconds: Int64,
    progress: (_ epoch: Int, _ of: Int, _ validationLogLoss: Double) -> Void
  ) throws(SatchelError) -> Outcome {
    let start = ContinuousClock.now
    let rows = try interactions()
    let folds = try Self.folds(of: rows)
    let current = try currentModel(of: channel)
    let (weights, report, _) = try withoutActuallyEscaping(progress) {
      progress throws(SatchelError) in
      try Trainer(options: options).train(
        rows, folds: folds, fold: Self.judges, progress: progress)
    }
    let held = try current.map { model throws(SatchelError) in
      try evaluate(model, interactions: rows, folds: folds, fold: Self.judges).metrics
    }
    var outcome = Outcome(
      published: nil, candidate: report.test ?? report.validation, current: held, seconds: 0)
    if held.map({ outcome.candidate.logLoss < $0.logLoss }) ?? true {
      outcome.published = try Publishing(store: store).publish(
        .model, weights.encoded(), channel: channel, at: milliseconds)
    }
    outcome.seconds = (ContinuousClock.now - start) / .seconds(1)
    return outcome
  }

  /// The channel's newest model; `nil` when there is none, or another version of Satchel made it.
  private func currentModel(of channel: String) throws(SatchelError) -> Weights? {
    guard let bytes = try store.publishedManifest(.model, channel: channel),
      let file = try SignedManifest(bytes: bytes).manifest.files.first
    else { return nil }
    let model = try store.blob(sha256: file.sha256, from: 0, count: file.byteCount)
    do {
      return try Weights(bytes: model)
    } catch  where error.code == .modelShapeMismatch {
      return nil
    }
  }

  /// Every answer, learner by learner, in the order of records.
  private func interactions() throws(SatchelError) -> [Interaction] {
    var rows: [Interaction] = []
    var shared = SharedKeys()
    try store.forEachRecord { records in
      for placed in records {
        guard case .attempt(let attempt) = placed.record.event else { continue }
        rows.append(
          shared.sharing(
            Interaction(
              learner: placed.record.learner.description, item: attempt.item,
              skills: attempt.skills, isCorrect: attempt.isCorrect,
              timestampMilliseconds: placed.record.wallMilliseconds,
              durationMilliseconds: attempt.durationMilliseconds)))
      }
    }
    return rows
  }

  // MARK: - Folds

  /// The fold whose learners judge; always the same, so that no version of the channel was ever trained on them.
  private static let judges = 0
  private static let foldCount = 5

  /// By the pseudonym, which is random: a learner stays in her fold for good, whoever joins later.
  private static func folds(of rows: [Interaction]) throws(SatchelError) -> [String: Int] {
    var folds: [String: Int] = [:]
    for row in rows where folds[row.learner] == nil {
      folds[row.learner] =
        row.learner.utf8.reduce(0) { ($0 * 31 + Int($1)) % 1_000_003 } % foldCount
    }
    guard folds.values.contains(judges), folds.values.contains(where: { $0 > 1 }) else {
      throw SatchelError(
        .trainingData, subject: "\(folds.count) learners", cause: "too few to keep some as judges")
    }
    return folds
  }
}
