internal import SatchelCore
internal import SatchelStore
internal import SatchelTutor

/// The biases of the learners who asked of late, in memory alone: each follows from records and model, and is found anew
/// when either has changed.
struct PersonalBiases: Sendable {
  private struct Known: Sendable {
    let fingerprint: [UInt8]
    let model: Int64?
    let bias: PersonalBias
  }

  /// Learners remembered; beyond them all are forgotten, for finding one again takes milliseconds.
  private static let learnersMax = 256
  private var known: [LearnerID: Known] = [:]

  func bias(of learner: LearnerID, _ fingerprint: [UInt8], _ model: Int64?) -> PersonalBias? {
    known[learner].flatMap { $0.fingerprint == fingerprint && $0.model == model ? $0.bias : nil }
  }

  mutating func keep(
    _ bias: PersonalBias, of learner: LearnerID, _ fingerprint: [UInt8], _ model: Int64?
  ) {
    if known.count >= Self.learnersMax { known.removeAll(keepingCapacity: true) }
    known[learner] = Known(fingerprint: fingerprint, model: model, bias: bias)
  }
}

extension Replica {
  /// What the learner's records say of her beyond the model.
  ///
  /// - Parameter fingerprint: of her records, as the recommendation's state was read; what was recorded since then is
  ///   taken in too, and asked for again the next time.
  func bias(
    of learner: LearnerID, fingerprint: [UInt8], _ ready: Prepared
  ) throws(SatchelError) -> PersonalBias {
    if let bias = biases.withLock({ $0.bias(of: learner, fingerprint, ready.model) }) {
      return bias
    }
    var bias = PersonalBias()
    try store.forEachRecord(of: learner) { placed in
      bias = ready.tutor.personalBias(of: Timeline.ordered(placed.map(\.record)))
    }
    biases.withLock { [bias] in $0.keep(bias, of: learner, fingerprint, ready.model) }
    return bias
  }
}
