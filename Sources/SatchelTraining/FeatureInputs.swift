package import SatchelTutor

/// Columns of the network's inputs that mean one thing together: a computed feature, a learned vector,
/// the recurrent state, or a whole group.
package struct FeatureInputs: Equatable, Sendable {
  package var name: String
  package var group: FeatureGroup
  package var columns: [Int]

  /// Every feature of the schema, in its order; a learned vector is one feature, and so is the recurrent state.
  package static let features: [FeatureInputs] = {
    var features = FeatureSchema.names.enumerated().map { column, feature in
      FeatureInputs(name: feature.name, group: feature.group, columns: [column])
    }
    for (name, vector) in [
      ("skill_vector", FeatureSchema.skillVector), ("item_vector", FeatureSchema.itemVector),
      ("recurrent_state", FeatureSchema.recurrent),
    ] {
      features.append(
        FeatureInputs(
          name: name, group: FeatureSchema.groups[vector.lowerBound], columns: Array(vector)))
    }
    return features
  }()

  /// Each group with all of its columns.
  package static let groups: [FeatureInputs] = FeatureGroup.allCases.map { group in
    FeatureInputs(
      name: "\(group)", group: group,
      columns: FeatureSchema.groups.indices.filter { FeatureSchema.groups[$0] == group })
  }
}

extension TrainingOptions {
  /// Whether the learned vectors are among the inputs.
  var hasVectors: Bool {
    excludedFeatures.isDisjoint(with: FeatureSchema.skillVector)
      && excludedFeatures.isDisjoint(with: FeatureSchema.itemVector)
  }

  /// Whether the recurrent state is among the inputs.
  var hasRecurrence: Bool { excludedFeatures.isDisjoint(with: FeatureSchema.recurrent) }

  /// `scaling` with scale 0 for what is excluded: such an input is 0 whatever its value.
  func withoutExcluded(_ scaling: (means: [Float], scales: [Float])) -> (
    means: [Float], scales: [Float]
  ) {
    var scaling = scaling
    for column in excludedFeatures where scaling.scales.indices.contains(column) {
      scaling.scales[column] = 0
    }
    return scaling
  }

  /// A network's parameters without a way in for an excluded recurrent state: weights of 0, which stay so in a training that
  /// never shows the state (`recurrentDropout` 1).
  func withoutExcluded(_ parameters: [Float]) -> [Float] {
    guard !hasRecurrence else { return parameters }
    var parameters = parameters
    let (part, columns) = (Network.Part.weights1, FeatureSchema.recurrent)
    for place in columns.lowerBound * Network.hidden1..<columns.upperBound * Network.hidden1 {
      parameters[part.offset + place] = 0
    }
    return parameters
  }
}
