package import SatchelCore
internal import SatchelTutor

/// What is to be known of a model before anybody relies on it (Mitchell et al. 2019, "Model Cards for Model Reporting").
///
/// A pure function of the model, the data and the seed: no date, no machine, no learner's name. The same model and data give
/// the same card, byte for byte.
package struct ModelCard: Sendable {
  /// The file that is described.
  package struct Model: Sendable {
    package var sha256: String
    package var bytes: Int
    package var schemaVersion: Int
    /// Items and skills that its tables know.
    package var items: Int
    package var skills: Int
    /// How it was trained, by the names of ``TrainingOptions``; `nil` where only the file is at hand, which does not say.
    package var options: [(name: String, value: String)]?
  }

  /// Whose rows judged it.
  package enum Split: Equatable, Sendable {
    /// Nobody knows whether the model has seen them.
    case all
    /// Learners kept apart from training and from the choice of the epoch.
    case testFold(Int)
    /// Learners that chose the epoch: the figures flatter a little.
    case validation
  }

  package var model: Model
  /// Names of the files, as the caller wants them shown.
  package var sources: [String]
  package var cleaning: CleaningReport
  package var split: Split
  package var judgedRows: Int
  package var judgedLearners: Int
  package var metrics: Metrics
  /// The ends of the 95 % intervals.
  package var lower: Metrics
  package var upper: Metrics
  package var calibration: [CardGroup]
  package var skills: [CardGroup]
  package var earlierRows: [CardGroup]
  package var activity: [CardGroup]
  package var strength: [CardGroup]
  package var monotonicity: Monotonicity
  package var faithfulness: Faithfulness

  /// - Parameters:
  ///   - bytes: the model's file.
  ///   - interactions: those that `judgement` was made of.
  ///   - seed: of the resamples and of the sample of learners that is probed.
  /// - Throws: `training.badData` when fewer than five learners judged, for such figures are withheld; what
  ///   ``Weights/init(bytes:)`` throws.
  package init(
    bytes: [UInt8], judgement: Judgement, interactions: [Interaction], split: Split,
    sources: [String], options: TrainingOptions? = nil, seed: UInt64 = 1
  ) throws(SatchelError) {
    let weights = try Weights(bytes: bytes)
    let grouping = CardGrouping(judgement)
    judgedRows = judgement.judged.count
    judgedLearners = grouping.learners(in: Array(judgement.judged.indices))
    guard judgedLearners >= CardGroup.learnersMin else {
      throw SatchelError(
        .trainingData, subject: "learners",
        cause: "a card needs \(CardGroup.learnersMin), and \(judgedLearners) judge")
    }
    model = Model(
      sha256: Hash256(hashing: bytes).description, bytes: bytes.count,
      schemaVersion: FeatureSchema.version, items: weights.tables.items.hashes.count,
      skills: weights.tables.skills.hashes.count, options: options.map(Self.named))
    self.sources = sources
    self.split = split
    cleaning = judgement.rows.report
    metrics = judgement.metrics
    (lower, upper) = Bootstrap(judgement).intervals(seed: seed)
    calibration = grouping.calibration()
    skills = grouping.bySkill()
    earlierRows = grouping.byEarlierRows()
    activity = grouping.byActivity()
    strength = grouping.byStrength()
    let walk = DeviceWalk(judgement, interactions, seed: seed)
    let tutor = Tutor(weights: weights)
    monotonicity = Monotonicity(tutor, walk, seed: seed)
    faithfulness = Faithfulness(tutor, walk, seed: seed)
  }

  /// Every option with its value, in the order of the type: a new option shows without being told here.
  private static func named(_ options: TrainingOptions) -> [(name: String, value: String)] {
    Mirror(reflecting: options).children.compactMap { child in
      child.label.map { ($0, "\(child.value)") }
    }
  }
}

extension ModelCard {
  /// What the figures do not say, and what follows from them, each sentence twice.
  package var limits: [(english: String, chinese: String)] { CardWords.limits(of: self) }
}
