/// How far the figures would move if other learners of the same kind had been judged: 95 % intervals by the bootstrap
/// over learners (Efron 1979; percentile intervals: Efron and Tibshirani 1993, ch. 13).
///
/// Learners are drawn and not rows, for one learner's rows say much the same thing. Nothing is sorted twice: all figures but
/// the AUC are sums over learners, and for the AUC the rows are sorted once and a resample only changes their weights. A
/// resample costs O(learners + rows), a thousand of 275,000 rows about a second.
struct Bootstrap {
  static let resamples = 1000
  /// The share of resamples beyond either end of an interval.
  static let tail = 0.025

  private let learnerCount: Int
  private var sums: [LearnerSums]
  private let ranks: RankedRows
  private let firstRanks: RankedRows

  init(_ judgement: Judgement) {
    let isCorrect = judgement.isCorrect
    var places: [Int32: Int32] = [:]
    let learner = judgement.learner.map { learner in
      let place = places[learner] ?? Int32(places.count)
      places[learner] = place
      return place
    }
    learnerCount = places.count
    sums = Array(repeating: LearnerSums(), count: places.count)
    for (row, probability) in judgement.probabilities.enumerated() {
      sums[Int(learner[row])].add(probability, isCorrect[row])
    }
    ranks = RankedRows(
      Array(isCorrect.indices), judgement.probabilities, isCorrect, learner)
    firstRanks = RankedRows(
      isCorrect.indices.filter { judgement.isFirst[$0] }, judgement.probabilities, isCorrect,
      learner)
  }

  /// The ends of each figure's interval; the counts are those of the data.
  func intervals(seed: UInt64, resamples: Int = resamples) -> (lower: Metrics, upper: Metrics) {
    var random = SeededRandom(seed: seed)
    var all: [Metrics] = []
    all.reserveCapacity(resamples)
    var weights = [Double](repeating: 0, count: learnerCount)
    for _ in 0..<max(1, resamples) {
      for learner in weights.indices { weights[learner] = 0 }
      for _ in weights.indices { weights[random.below(learnerCount)] += 1 }
      all.append(metrics(weights))
    }
    var (lower, upper) = (Metrics(), Metrics())
    lower.count = sums.map(\.count).reduce(0, +).asCount
    upper.count = lower.count
    for (_, path) in Metrics.figures {
      let values = all.map { $0[keyPath: path] }.sorted()
      let cut = Int(Double(values.count) * Self.tail)
      lower[keyPath: path] = values[cut]
      upper[keyPath: path] = values[values.count - 1 - cut]
    }
    return (lower, upper)
  }

  /// The figures when each learner counts `weights` times.
  func metrics(_ weights: [Double]) -> Metrics {
    var whole = LearnerSums()
    for (learner, weight) in weights.enumerated() where weight > 0 {
      whole.add(sums[learner], times: weight)
    }
    var metrics = whole.metrics
    metrics.auc = ranks.auc(weights)
    metrics.aucFirst = firstRanks.auc(weights)
    return metrics
  }
}

/// What one learner, or several, add to every figure that is a sum.
private struct LearnerSums {
  var count = 0.0
  private var rightForetold = 0.0
  private var right = 0.0
  private var wrongForetold = 0.0
  private var logLoss = 0.0
  private var squares = 0.0
  /// Foretold minus happened, a bin each.
  private var gaps = SIMD16<Double>()

  mutating func add(_ probability: Double, _ isCorrect: Bool) {
    count += 1
    let isForetold = (probability >= 0.5) == isCorrect
    if isCorrect {
      right += 1
      rightForetold += isForetold ? 1 : 0
    } else {
      wrongForetold += isForetold ? 1 : 0
    }
    logLoss += Metrics.logLoss(probability, isCorrect)
    let error = (isCorrect ? 1 : 0) - probability
    squares += error * error
    gaps[Metrics.bin(of: probability)] -= error
  }

  mutating func add(_ other: LearnerSums, times weight: Double) {
    count += weight * other.count
    right += weight * other.right
    rightForetold += weight * other.rightForetold
    wrongForetold += weight * other.wrongForetold
    logLoss += weight * other.logLoss
    squares += weight * other.squares
    gaps += weight * other.gaps
  }

  /// All but the two AUCs.
  var metrics: Metrics {
    var metrics = Metrics()
    metrics.count = count.asCount
    guard count > 0 else { return metrics }
    func share(_ part: Double, _ whole: Double) -> Double { whole > 0 ? part / whole : 0 }
    let wrong = count - right
    metrics.accuracy = (rightForetold + wrongForetold) / count
    metrics.recallCorrect = share(rightForetold, right)
    metrics.precisionCorrect = share(rightForetold, rightForetold + wrong - wrongForetold)
    metrics.recallWrong = share(wrongForetold, wrong)
    metrics.precisionWrong = share(wrongForetold, wrongForetold + right - rightForetold)
    metrics.logLoss = logLoss / count
    metrics.rmse = (squares / count).squareRoot()
    metrics.ece = (0..<Metrics.bins).map { gaps[$0].magnitude }.reduce(0, +) / count
    return metrics
  }
}

/// Rows sorted by probability once, for the AUC under any weights of the learners.
struct RankedRows {
  private let learner: [Int32]
  private let isRight: [Bool]
  /// Whether the next row has a higher probability.
  private let endsTie: [Bool]

  /// - Parameter chosen: the rows that count, as indices into the other arrays.
  init(_ chosen: [Int], _ probabilities: [Double], _ isCorrect: [Bool], _ learner: [Int32]) {
    let order = chosen.sorted { probabilities[$0] < probabilities[$1] }
    self.learner = order.map { learner[$0] }
    isRight = order.map { isCorrect[$0] }
    endsTie = order.indices.map { place in
      place + 1 == order.count || probabilities[order[place + 1]] > probabilities[order[place]]
    }
  }

  /// The weighted share of (wrong, right) pairs in order, tied ones counting half; 0.5 where there are none.
  func auc(_ weights: [Double]) -> Double {
    var area = 0.0
    var (rightBelow, wrongBelow) = (0.0, 0.0)
    var (right, wrong) = (0.0, 0.0)
    weights.withUnsafeBufferPointer { weights in
      for place in learner.indices {
        let weight = weights[Int(learner[place])]
        if isRight[place] { right += weight } else { wrong += weight }
        guard endsTie[place] else { continue }
        area += right * (wrongBelow + wrong / 2)
        wrongBelow += wrong
        rightBelow += right
        (right, wrong) = (0, 0)
      }
    }
    guard rightBelow > 0, wrongBelow > 0 else { return 0.5 }
    return area / (rightBelow * wrongBelow)
  }
}

extension Double {
  fileprivate var asCount: Int { Int(rounded()) }
}
