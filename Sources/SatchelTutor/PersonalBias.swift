package import SatchelCore

/// How much more often one learner is right than the model foretells, on the logit scale.
///
/// A Bayesian logistic regression with one coefficient, one Newton step an answer: the mean m and variance v of what is
/// known of the bias go on by 1/v' = 1/v + p (1 - p), m' = m + v' (answer - p) (the Laplace approximation;
/// Spiegelhalter and Lauritzen 1990, section 4). It starts at 0 and sure of it, so that the first steps are small and all
/// of them bounded by ``startingVariance``.
///
/// Nothing of it is stored or synced: it follows from the learner's records and the model alone, so replicas with the
/// same records agree on it, and another model starts it anew.
package struct PersonalBias: Equatable, Sendable {
  /// Nats that it must have gained before it is believed. This and the variance were chosen on validation learners.
  private static let proof = 0.05
  static let startingVariance: Float = 0.005
  /// The largest bias that is ever applied, on the logit scale; so one answer costs at most as many nats more.
  static let shiftMax: Float = 1
  /// The most that all of a learner's answers together may cost more than without, in nats.
  package static let lossMax = 2.0

  private var mean: Float = 0
  private var variance = startingVariance
  /// Nats that the answers so far cost more with the bias as it was applied; never above ``lossMax``.
  package private(set) var excess = 0.0
  /// The same had it always been applied, forgetting gains beyond a few.
  private var shadowExcess = 0.0

  package init() {}

  /// What is added to the calibrated logit: the mean, or 0 while it has cost more than it gained.
  package var shift: Float {
    isTrusted ? min(max(mean, -Self.shiftMax), Self.shiftMax) : 0
  }

  private var isTrusted: Bool {
    shadowExcess <= -Self.proof && excess <= Self.lossMax - Double(Self.shiftMax)
  }

  /// Takes in one answer that the model had foretold by `logit`, calibrated and without the bias.
  package mutating func adapt(logit: Float, isCorrect: Bool) {
    let without = Self.loss(logit, isCorrect)
    excess += Self.loss(logit + shift, isCorrect) - without
    let always = min(max(mean, -Self.shiftMax), Self.shiftMax)
    shadowExcess = max(-3, shadowExcess + Self.loss(logit + always, isCorrect) - without)
    let chance = logistic(logit + mean)
    variance = 1 / (1 / variance + chance * (1 - chance))
    mean += variance * ((isCorrect ? 1 : 0) - chance)
  }

  private static func loss(_ logit: Float, _ isCorrect: Bool) -> Double {
    let chance = Double(logistic(isCorrect ? logit : -logit))
    return -ExactMath.log(max(chance, 1e-9))
  }
}

extension Tutor {
  /// What a learner's records say of her beyond what the model knows.
  ///
  /// Cost: about 15 microseconds a record.
  ///
  /// - Parameter records: all of one learner, in ``RecordOrder``.
  package func personalBias(of records: [Record]) -> PersonalBias {
    var bias = PersonalBias()
    for (logit, isCorrect) in foretold(records) { bias.adapt(logit: logit, isCorrect: isCorrect) }
    return bias
  }

  /// The calibrated logit of each of a learner's answers, foretold from the records before it.
  func foretold(_ records: [Record]) -> [(logit: Float, isCorrect: Bool)] {
    let batch = FoldBatch(records)
    var open = OpenFold(batch)
    var row = [Float](repeating: 0, count: FeatureSchema.count)
    var answers: [(logit: Float, isCorrect: Bool)] = []
    for (index, record) in records.enumerated() {
      if case .attempt(let attempt) = record.event, let item = batch.item(of: index) {
        let known = features.knowledge(
          of: attempt.item.hash64, skills: attempt.skills.map(\.hash64), difficulty: nil)
        row.withUnsafeMutableBufferPointer { buffer in
          guard let base = buffer.baseAddress else { return }
          features.writeRow(
            learner: open.learner, skills: batch.skills(of: index).map { open.skills[$0] },
            item: open.items[item], known: known,
            nowSeconds: StateTime.seconds(milliseconds: record.wallMilliseconds), to: base)
          weights.normalise(base, columns: 0..<FeatureSchema.computed)
        }
        answers.append((weights.calibrated(weights.serving.outputs(of: row)[0]), attempt.isCorrect))
      }
      open.fold(index, of: batch)
    }
    return answers
  }
}
