package import SatchelCore

/// What is lost when a model is trained anew without a group of features: whether the group earns its place.
///
/// Judged by the validation learners; those of the test fold are taken out of the data first.
package struct Dropping: Sendable {
  package struct Effect: Equatable, Sendable {
    package var inputs: FeatureInputs
    package var metrics: Metrics
    /// Against the whole model; above 0 the group is of use.
    package var logLossIncrease: Double
    package var aucDecrease: Double
  }

  /// Of a model trained alike with everything.
  package let whole: Metrics
  /// Of the same with the next seed: effects that are not well above the difference between the two are noise.
  package let otherSeed: Metrics
  package private(set) var groups: [Effect] = []

  /// - Parameters:
  ///   - fold: with `folds`, the fold after it judges; else a tenth of the learners by hash.
  ///   - progress: before each training, the name of the group that it goes without; `nil` for the two of the whole.
  /// - Throws: `training.badData`; `cancelled`.
  package init(
    _ interactions: [Interaction], folds: [String: Int]? = nil, fold: Int? = nil,
    options: TrainingOptions, progress: (String?) -> Void = { _ in },
    isCancelled: () -> Bool = { false }
  ) throws(SatchelError) {
    let data = Untested(interactions, folds: folds, fold: fold)
    progress(nil)
    whole = try data.train(options, round: 0, isCancelled: isCancelled).validation
    progress(nil)
    var reseeded = options
    reseeded.seed &+= 1
    otherSeed = try data.train(reseeded, round: 0, isCancelled: isCancelled).validation
    for group in FeatureInputs.groups {
      progress(group.name)
      var without = options
      without.excludedFeatures.formUnion(group.columns)
      let metrics = try data.train(without, round: 0, isCancelled: isCancelled).validation
      groups.append(
        Effect(
          inputs: group, metrics: metrics, logLossIncrease: metrics.logLoss - whole.logLoss,
          aucDecrease: whole.auc - metrics.auc))
    }
  }
}
