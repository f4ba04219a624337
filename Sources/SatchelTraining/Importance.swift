package import SatchelCore
package import SatchelTutor

/// What a model loses when one of its inputs is shuffled among the rows (Breiman 2001, section 10; for any model and any
/// loss: Fisher, Rudin and Dominici 2019).
///
/// It says what this model leans on, not what the data hold: of two features that tell the same, each looks small alone, and
/// their group does not. What is gained by having a group at all, ``Dropping`` says.
///
/// Rows pass in blocks, and of what was foretold only counts in fine bins are kept: memory does not grow with the data beyond
/// the cleaned rows themselves.
package struct Importance: Sendable {
  /// What happens without one input, or with a group's.
  package struct Effect: Equatable, Sendable {
    package var inputs: FeatureInputs
    /// Means over the repeats; above 0 the input is of use.
    package var logLossIncrease: Double
    package var aucDecrease: Double
  }

  package private(set) var rows = 0
  package private(set) var logLoss = 0.0
  package private(set) var auc = 0.5
  /// In the order of ``FeatureInputs``.
  package private(set) var features: [Effect] = []
  package private(set) var groups: [Effect] = []

  /// Rows that are shuffled among each other: whole learners, at least so many rows but for the last block.
  static let blockRows = 16_384
  package static let repeats = 3

  /// - Parameters:
  ///   - fold: with `folds`, the fold after it judges, by which the epoch was chosen too: what features are chosen by must
  ///     not be the test. Without, everybody does.
  ///   - progress: after each block, rows done.
  /// - Throws: `training.badData` for a learner without a fold, or when nobody judges; `cancelled`.
  package init(
    _ weights: Weights, _ interactions: [Interaction], folds: [String: Int]? = nil,
    fold: Int? = nil, seed: UInt64 = 1, progress: (Int) -> Void = { _ in },
    isCancelled: () -> Bool = { false }
  ) throws(SatchelError) {
    let cleaned = CleanedRows(interactions)
    let learners = try Foretelling.learners(
      of: cleaned, folds: folds, fold: fold.map { ($0 + 1) % 5 })
    let all = FeatureInputs.features + FeatureInputs.groups
    var shuffled = ShuffledScores(weights, all, seed: seed)
    var foretelling = Foretelling(weights, cleaned)
    var isFirst = [Bool](repeating: false, count: cleaned.count)
    var inputs: [Float] = []
    var isCorrect: [Bool] = []
    for learner in learners {
      inputs += foretelling.inputs(of: learner, isFirst: &isFirst)
      isCorrect += cleaned.rowsOfLearner[learner].map { cleaned.isCorrect[$0] }
      guard isCorrect.count >= Self.blockRows || learner == learners.last else { continue }
      if isCancelled() { throw SatchelError(.cancelled) }
      shuffled.take(&inputs, isCorrect)
      rows += isCorrect.count
      progress(rows)
      inputs.removeAll(keepingCapacity: true)
      isCorrect.removeAll(keepingCapacity: true)
    }
    guard rows > 0 else {
      throw SatchelError(.trainingData, subject: "learners", cause: "nobody to judge")
    }
    logLoss = shuffled.whole.logLoss
    auc = shuffled.whole.auc
    let effects = shuffled.effects()
    features = Array(effects.prefix(FeatureInputs.features.count))
    groups = Array(effects.suffix(FeatureInputs.groups.count))
  }
}

/// The scores of every input's shuffles, block after block.
private struct ShuffledScores {
  private let weights: Weights
  private let all: [FeatureInputs]
  private var random: SeededRandom
  private(set) var whole = BinnedScore()
  /// [inputs][repeats]
  private var scores: [[BinnedScore]]

  init(_ weights: Weights, _ all: [FeatureInputs], seed: UInt64) {
    self.weights = weights
    self.all = all
    random = SeededRandom(seed: seed)
    scores = Array(
      repeating: Array(repeating: BinnedScore(), count: Importance.repeats), count: all.count)
  }

  /// - Parameter inputs: [rows, 100]; the same again when this returns.
  mutating func take(_ inputs: inout [Float], _ isCorrect: [Bool]) {
    score(inputs, isCorrect) { $0.whole.add($1, $2) }
    let width = FeatureSchema.count
    for round in 0..<Importance.repeats {
      var order = Array(isCorrect.indices)
      random.shuffle(&order)
      for (place, entry) in all.enumerated() {
        let kept = entry.columns.map { column in
          isCorrect.indices.map { inputs[$0 * width + column] }
        }
        // All columns of an entry move together: a group keeps its inner order.
        for (column, values) in zip(entry.columns, kept) {
          for row in isCorrect.indices { inputs[row * width + column] = values[order[row]] }
        }
        score(inputs, isCorrect) { $0.scores[place][round].add($1, $2) }
        for (column, values) in zip(entry.columns, kept) {
          for row in isCorrect.indices { inputs[row * width + column] = values[row] }
        }
      }
    }
  }

  private mutating func score(
    _ inputs: [Float], _ isCorrect: [Bool],
    _ add: (inout ShuffledScores, Double, Bool) -> Void
  ) {
    let chunk = 512
    for start in stride(from: 0, to: isCorrect.count, by: chunk) {
      let end = min(isCorrect.count, start + chunk)
      let outputs = weights.serving.outputs(
        of: Array(inputs[start * FeatureSchema.count..<end * FeatureSchema.count]))
      for row in start..<end {
        let logit = outputs[(row - start) * Network.headStride]
        add(&self, Double(weights.probability(logit: logit)), isCorrect[row])
      }
    }
  }

  func effects() -> [Importance.Effect] {
    zip(all, scores).map { entry, scores in
      let count = Double(scores.count)
      return Importance.Effect(
        inputs: entry,
        logLossIncrease: scores.map(\.logLoss).reduce(0, +) / count - whole.logLoss,
        aucDecrease: whole.auc - scores.map(\.auc).reduce(0, +) / count)
    }
  }
}

/// Log loss, and AUC to the fourth digit and beyond, in constant memory: answers counted by bin of their probability.
struct BinnedScore {
  static let bins = 4096

  private var right = [UInt32](repeating: 0, count: bins)
  private var wrong = [UInt32](repeating: 0, count: bins)
  private var loss = 0.0
  private var count = 0.0

  var logLoss: Double { count > 0 ? loss / count : 0 }

  mutating func add(_ probability: Double, _ isCorrect: Bool) {
    let bin = min(Self.bins - 1, max(0, Int(probability * Double(Self.bins))))
    if isCorrect { right[bin] += 1 } else { wrong[bin] += 1 }
    loss += Metrics.logLoss(probability, isCorrect)
    count += 1
  }

  /// Rows in one bin count as ties.
  var auc: Double {
    var (area, rightBelow, wrongBelow) = (0.0, 0.0, 0.0)
    for bin in 0..<Self.bins {
      area += Double(right[bin]) * (wrongBelow + Double(wrong[bin]) / 2)
      rightBelow += Double(right[bin])
      wrongBelow += Double(wrong[bin])
    }
    guard rightBelow > 0, wrongBelow > 0 else { return 0.5 }
    return area / (rightBelow * wrongBelow)
  }
}
