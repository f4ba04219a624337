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
