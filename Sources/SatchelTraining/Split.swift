internal import SatchelCore
internal import SatchelTutor

/// Which learners are trained on, which choose when to stop, and which judge.
enum Share: Equatable {
  case train
  case validation
  case test
}

struct Split {
  /// One for each learner.
  let shares: [Share]
  /// For train learners the part, 0..<``parts``, whose statistics leave them out.
  let part: [Int]
  static let parts = 5

  /// With folds: test = `fold`, validation = the next, train = the other three. Without: a tenth of the learners by the
  /// hash of their names validates, and nobody tests.
  init(learners: [String], folds: [String: Int]?, fold: Int?) throws(SatchelError) {
    var shares: [Share] = []
    var part: [Int] = []
    for learner in learners {
      let hash = KeyHash.hash(learner)
      part.append(Int((hash >> 8) % UInt64(Self.parts)))
      guard let folds, let fold else {
        shares.append(hash % 10 == 0 ? .validation : .train)
        continue
      }
      guard let own = folds[learner] else {
        throw SatchelError(.trainingData, subject: "folds", cause: "a learner has no fold")
      }
      shares.append(own == fold ? .test : own == (fold + 1) % 5 ? .validation : .train)
    }
    if !shares.contains(.validation), let last = shares.lastIndex(of: .train) {
      shares[last] = .validation
    }
    guard shares.contains(.train) else {
      throw SatchelError(.trainingData, subject: "learners", cause: "nobody to train on")
    }
    self.shares = shares
    self.part = part
  }

  /// The rows of each share, ascending: train, validation, test.
  func rowsOfShare(_ rows: CleanedRows) -> [[Int]] {
    var chosen: [[Int]] = [[], [], []]
    for row in 0..<rows.count {
      switch shares[Int(rows.learnerOfRow[row])] {
      case .train: chosen[0].append(row)
      case .validation: chosen[1].append(row)
      case .test: chosen[2].append(row)
      }
    }
    return chosen
  }
}

/// Data without the learners of the test fold, so that nothing that is chosen on it can have seen them.
struct Untested {
  let interactions: [Interaction]
  /// `nil` where the data have no folds: then a tenth of the learners, by hash, validates.
  private let folds: [String: Int]?
  private let test: Int?

  init(_ interactions: [Interaction], folds: [String: Int]?, fold: Int?) {
    self.folds = folds
    test = fold
    guard let folds, let fold else {
      self.interactions = interactions
      return
    }
    self.interactions = interactions.filter { folds[$0.learner] != fold }
  }

  /// How many different folds can validate.
  var roundsMax: Int { folds == nil || test == nil ? 1 : 4 }

  /// Trains with the fold `1 + round` after the test fold as the judges. The report's `test` says nothing.
  ///
  /// - Parameter round: 0..<``roundsMax``; 0 is the fold that ``Trainer`` validates on.
  func train(_ options: TrainingOptions, round: Int, isCancelled: () -> Bool) throws(SatchelError)
    -> TrainingReport
  {
    var options = options
    // What learners went on to has no say in these figures.
    options.neighbourBytes = 0
    let trainer = Trainer(options: options)
    guard let folds, let test else {
      return try trainer.train(interactions, isCancelled: isCancelled).report
    }
    // The trainer validates on the next fold; here the wanted one is called so.
    let (next, wanted) = ((test + 1) % 5, (test + 1 + round) % 5)
    let renamed = folds.mapValues { $0 == wanted ? next : $0 == next ? wanted : $0 }
    return try trainer.train(
      interactions, folds: renamed, fold: test, isCancelled: isCancelled
    ).report
  }
}
