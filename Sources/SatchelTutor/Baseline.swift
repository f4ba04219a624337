extension Weights {
  /// The model of a replica that has none yet: the logistic of item logit (or its author's guess), an Elo walk over the
  /// last answers on the skill, the last answer to the item and what FSRS leaves of it. It is a network like any other, set by
  /// hand, in 64ths, which a byte holds exactly.
  package static let baseline: Weights = {
    var network = HandmadeNetwork()
    network.pass(
      [
        "item_logit": 64, "skill_strength": 64, "pair_last_1": 38, "pair_asked_ease": 32,
        "pair_is_seen": -127, "pair_retrievability": 127,
      ].mapValues { $0 / 64 }, through: 0, to: [.correctness: 1, .pathValue: 0.5])
    network.pass(["learner_duration": 1], through: 2, to: [.responseTime: 1])
    let scales: [Float] = FeatureSchema.names.map { network.used.contains($0.name) ? 1 : 0 }
    return Weights(
      means: [Float](repeating: 0, count: FeatureSchema.computed), scales: scales,
      network: Network(parameters: network.parameters), tables: .empty,
      calibration: Calibration(slope: 1, shift: 0))
  }()
}

/// A network whose units are set one by one.
private struct HandmadeNetwork {
  var parameters = [Float](repeating: 0, count: Network.parameterCount)
  var used: Set<String> = []

  /// Carries a sum of features to heads: x = relu(x) - relu(-x), so it takes the units `unit` and `unit + 1`.
  mutating func pass(_ sum: [String: Float], through unit: Int, to heads: [Head: Float]) {
    for (column, feature) in FeatureSchema.names.enumerated() {
      guard let weight = sum[feature.name] else { continue }
      used.insert(feature.name)
      set(.weights1, column, unit, weight)
      set(.weights1, column, unit + 1, -weight)
    }
    for (sign, place) in [(Float(1), unit), (-1, unit + 1)] {
      set(.weights2, place, place, 1)
      for (head, weight) in heads { set(.weights3, place, head.rawValue, sign * weight) }
    }
  }

  private mutating func set(_ part: Network.Part, _ row: Int, _ column: Int, _ value: Float) {
    parameters[part.offset + row * part.shape.columns + column] = value
  }
}
