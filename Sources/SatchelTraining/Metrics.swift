internal import SatchelCore

/// How good predictions are, over rows pooled; the names and rules of the knowledge tracing protocol.
package struct Metrics: Equatable, Sendable {
  package var count = 0
  /// Area under the ROC curve, ties counting half; 0.5 where only one class is there.
  package var auc = 0.5
  /// AUC over the rows where the learner meets the item for the first time.
  package var aucFirst = 0.5
  /// At 0.5, as are recall and precision.
  package var accuracy = 0.0
  package var recallCorrect = 0.0
  package var precisionCorrect = 0.0
  package var recallWrong = 0.0
  package var precisionWrong = 0.0
  /// Nats, probabilities clipped to 1e-6...1 - 1e-6.
  package var logLoss = 0.0
  package var rmse = 0.0
  /// Expected calibration error over ten equal-width bins.
  package var ece = 0.0

  package init() {}

  /// - Parameters:
  ///   - isCorrect: what happened, one for each probability.
  ///   - isFirst: whether the learner met the item for the first time.
  package init(probabilities: [Double], isCorrect: [Bool], isFirst: [Bool]) {
    precondition(probabilities.count == isCorrect.count && isFirst.count == isCorrect.count)
    count = probabilities.count
    guard count > 0 else { return }
    auc = Self.auc(probabilities, isCorrect)
    let first = isFirst.indices.filter { isFirst[$0] }
    aucFirst = Self.auc(first.map { probabilities[$0] }, first.map { isCorrect[$0] })
    measureDecisions(probabilities, isCorrect)
    measureErrors(probabilities, isCorrect)
    ece = Self.calibrationError(probabilities, isCorrect)
  }

  /// The chance that a right answer was given a higher probability than a wrong one: by ranks (Mann and Whitney), tied
  /// rows sharing the mean of their ranks. O(n log n).
  package static func auc(_ probabilities: [Double], _ isCorrect: [Bool]) -> Double {
    let order = probabilities.indices.sorted { probabilities[$0] < probabilities[$1] }
    var rankSum = 0.0
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count, probabilities[order[end]] == probabilities[order[start]] { end += 1 }
      let rank = Double(start + end + 1) / 2
      rankSum += rank * Double(order[start..<end].count { isCorrect[$0] })
      start = end
    }
    let right = Double(isCorrect.count { $0 })
    let wrong = Double(isCorrect.count) - right
    guard right > 0, wrong > 0 else { return 0.5 }
    return (rankSum - right * (right + 1) / 2) / (right * wrong)
  }

  /// The equal-width bins of ``ece``.
  package static let bins = 10

  package static func bin(of probability: Double) -> Int {
    min(bins - 1, max(0, Int(probability * Double(bins))))
  }

  package static func calibrationError(_ probabilities: [Double], _ isCorrect: [Bool]) -> Double {
    var foretold = [Double](repeating: 0, count: bins)
    var happened = foretold
    for (probability, correct) in zip(probabilities, isCorrect) {
      let bin = bin(of: probability)
      foretold[bin] += probability
      happened[bin] += correct ? 1 : 0
    }
    return zip(foretold, happened).map { ($0 - $1).magnitude }.reduce(0, +)
      / Double(max(1, probabilities.count))
  }

  private mutating func measureDecisions(_ probabilities: [Double], _ isCorrect: [Bool]) {
    var truths = [[0.0, 0.0], [0.0, 0.0]]
    for (probability, correct) in zip(probabilities, isCorrect) {
      truths[correct ? 1 : 0][probability >= 0.5 ? 1 : 0] += 1
    }
    func share(_ part: Double, _ whole: Double) -> Double { whole > 0 ? part / whole : 0 }
    accuracy = (truths[0][0] + truths[1][1]) / Double(count)
    recallCorrect = share(truths[1][1], truths[1][0] + truths[1][1])
    precisionCorrect = share(truths[1][1], truths[0][1] + truths[1][1])
    recallWrong = share(truths[0][0], truths[0][0] + truths[0][1])
    precisionWrong = share(truths[0][0], truths[0][0] + truths[1][0])
  }

  private mutating func measureErrors(_ probabilities: [Double], _ isCorrect: [Bool]) {
    var squares = 0.0
    for (probability, correct) in zip(probabilities, isCorrect) {
      logLoss += Self.logLoss(probability, correct)
      let error = (correct ? 1 : 0) - probability
      squares += error * error
    }
    logLoss /= Double(count)
    rmse = (squares / Double(count)).squareRoot()
  }
}

extension Metrics {
  /// Every figure but the count, with the name that `--json` gives it.
  package static var figures: [(name: String, path: WritableKeyPath<Metrics, Double>)] {
    [
      ("auc", \.auc), ("accuracy", \.accuracy), ("recall", \.recallCorrect),
      ("precision", \.precisionCorrect), ("recall_wrong", \.recallWrong),
      ("precision_wrong", \.precisionWrong), ("log_loss", \.logLoss), ("rmse", \.rmse),
      ("ece", \.ece), ("auc_first", \.aucFirst),
    ]
  }

  /// -ln of the probability of what happened, clipped to 1e-6...1 - 1e-6.
  package static func logLoss(_ probability: Double, _ isCorrect: Bool) -> Double {
    let clipped = min(max(probability, 1e-6), 1 - 1e-6)
    return -ExactMath.log(isCorrect ? clipped : 1 - clipped)
  }

  /// The mean of each figure over `all`; the count is the sum.
  package static func mean(of all: [Metrics]) -> Metrics {
    var mean = Metrics()
    mean.count = all.map(\.count).reduce(0, +)
    for (_, path) in figures {
      mean[keyPath: path] =
        all.map { $0[keyPath: path] }.reduce(0, +) / Double(max(1, all.count))
    }
    return mean
  }

  /// The standard deviation of each figure over `all`, of a sample (n - 1); 0 of fewer than two.
  package static func deviation(of all: [Metrics]) -> Metrics {
    let mean = mean(of: all)
    var deviation = Metrics()
    deviation.count = mean.count
    for (_, path) in figures {
      let squares = all.map { metrics in
        let difference = metrics[keyPath: path] - mean[keyPath: path]
        return difference * difference
      }
      deviation[keyPath: path] =
        (squares.reduce(0, +) / Double(max(1, all.count - 1))).squareRoot()
    }
    return deviation
  }
}
