package import SatchelCore

/// A seeded random search for hyperparameters (Bergstra and Bengio 2012) that spends little on what looks bad: successive
/// halving (Jamieson and Talwalkar 2016).
///
/// The first trial is the configuration that was given, the others are drawn from ``Hyperparameter/all``. All are trained for a
/// quarter of the epochs; the better half goes on to half of them, and the better half of those to all, judged by several
/// folds. The given configuration is never dropped: it is what the others are measured against. The learners of the
/// test fold are taken out of the data before anything is trained.
package struct HyperparameterSearch: Sendable {
  package struct Trial: Equatable, Sendable {
    /// From 0: the given configuration.
    package var number: Int
    package var options: TrainingOptions
    /// Epochs that it was given at most in the last round that it took part in.
    package var epochs: Int
    /// How many folds judged in that round: figures of trials compare only where it is the same.
    package var judges: Int
    /// Over the validation folds of that round.
    package var metrics: Metrics
    package var deviation: Metrics
    package var seconds: Double
  }

  package let options: TrainingOptions
  package let trials: Int
  package let seed: UInt64

  package static let trialsRange = 2...1000

  /// - Parameters:
  ///   - options: the first trial, and what is not searched for of the others.
  ///   - trials: within ``trialsRange``, the first among them.
  package init(options: TrainingOptions, trials: Int, seed: UInt64) {
    precondition(Self.trialsRange.contains(trials))
    self.options = options
    self.trials = trials
    self.seed = seed
  }

  /// - Parameters:
  ///   - fold: with `folds`, the test fold, which nobody looks at; else a tenth of the learners validates.
  ///   - validations: how many folds judge in the last round, 1...4.
  ///   - note: after each trial of each round.
  /// - Returns: all trials: the finalists by their validation log loss, then those dropped, the last dropped first.
  /// - Throws: `training.badData`; `cancelled`.
  package func run(
    _ interactions: [Interaction], folds: [String: Int]? = nil, fold: Int? = nil,
    validations: Int = 2, note: (Trial) -> Void = { _ in }, isCancelled: () -> Bool = { false }
  ) throws(SatchelError) -> [Trial] {
    let data = Untested(interactions, folds: folds, fold: fold)
    var random = SeededRandom(seed: seed)
    var open = (0..<trials).map { number in
      number == 0 ? options : Hyperparameter.drawn(from: options, &random)
    }.enumerated().map {
      Trial(
        number: $0, options: $1, epochs: 0, judges: 0, metrics: Metrics(), deviation: Metrics(),
        seconds: 0)
    }
    var dropped: [Trial] = []
    for shrinkage in [4, 2, 1] {
      let judges = shrinkage == 1 ? min(max(1, validations), data.roundsMax) : 1
      for place in open.indices {
        open[place].epochs = max(1, options.epochs / shrinkage)
        try Self.judge(&open[place], data, judges: judges, isCancelled)
        note(open[place])
      }
      open.sort { ($0.metrics.logLoss, $0.number) < ($1.metrics.logLoss, $1.number) }
      guard shrinkage > 1 else { break }
      let kept = (open.count + 1) / 2
      let last = open.indices.filter { $0 >= kept && open[$0].number != 0 }
      dropped = last.map { open[$0] } + dropped
      open = open.indices.filter { !last.contains($0) }.map { open[$0] }
    }
    return open + dropped
  }

  private static func judge(
    _ trial: inout Trial, _ data: Untested, judges: Int, _ isCancelled: () -> Bool
  ) throws(SatchelError) {
    let start = ContinuousClock.now
    var options = trial.options
    options.epochs = trial.epochs
    var all: [Metrics] = []
    for round in 0..<judges {
      all.append(try data.train(options, round: round, isCancelled: isCancelled).validation)
    }
    trial.judges = judges
    trial.metrics = Metrics.mean(of: all)
    trial.deviation = Metrics.deviation(of: all)
    trial.seconds += (ContinuousClock.now - start) / .seconds(1)
  }
}
