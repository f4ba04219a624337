internal import Glibc

/// How good predictions of reviews are, over those that are scored; the names and rules of srs-benchmark.
package struct ReviewFigures: Equatable, Sendable {
  package var count = 0
  /// Nats, probabilities clipped to 1e-6...1 - 1e-6.
  package var logLoss = 0.0
  /// Calibration: reviews are put into bins alike in days since the last review, earlier reviews and earlier lapses; root
  /// of the mean, weighted by reviews, of (mean prediction - share recalled)^2.
  package var rmseBins = 0.0
  /// Area under the ROC curve; 0.5 where all were recalled, or none.
  package var auc = 0.5

  package init() {}

  /// - Parameters:
  ///   - recalls: a prediction for each review of the log.
  ///   - isUsed: of a review's place in time; reviews that are not scored are never used.
  package init(_ log: ReviewLog, recalls: [Double], where isUsed: (Int) -> Bool) {
    precondition(recalls.count == log.count)
    var bins: [Bin: Tally] = [:]
    var probabilities: [Double] = []
    var outcomes: [Bool] = []
    for card in 0..<log.cardCount {
      var (reviews, lapses) = (0, 0)
      for index in log.starts[card]..<log.starts[card + 1] where log.isScored(index) {
        let isRecalled = log.ratings[index] > 1
        reviews += 1
        if isUsed(Int(log.places[index])) {
          let probability = Self.clipped(recalls[index])
          logLoss -= Glibc.log(isRecalled ? probability : 1 - probability)
          let bin = Bin(days: log.days[index].rounded(.down), reviews: reviews, lapses: lapses)
          bins[bin, default: Tally()].add(probability, isRecalled)
          probabilities.append(probability)
          outcomes.append(isRecalled)
        }
        lapses += isRecalled ? 0 : 1
      }
    }
    count = probabilities.count
    guard count > 0 else { return }
    logLoss /= Double(count)
    rmseBins = (bins.values.reduce(0) { $0 + $1.error } / Double(count)).squareRoot()
    auc = Metrics.auc(probabilities, outcomes)
  }

  /// How much higher the log loss of some predictions is than that of others, on average over reviews, and the standard
  /// error of that.
  static func excess(
    _ log: ReviewLog, recalls: [Double], over others: [Double], where isUsed: (Int) -> Bool
  ) -> (mean: Double, standardError: Double) {
    func loss(_ probability: Double, _ index: Int) -> Double {
      let probability = clipped(probability)
      return -Glibc.log(log.ratings[index] > 1 ? probability : 1 - probability)
    }
    var (count, sum, squares) = (0.0, 0.0, 0.0)
    for index in 0..<log.count where log.isScored(index) && isUsed(Int(log.places[index])) {
      let more = loss(recalls[index], index) - loss(others[index], index)
      count += 1
      sum += more
      squares += more * more
    }
    guard count > 0 else { return (0, 0) }
    let mean = sum / count
    return (mean, (max(0, squares / count - mean * mean) / count).squareRoot())
  }

  private static func clipped(_ probability: Double) -> Double {
    min(max(probability, 1e-6), 1 - 1e-6)
  }

  /// The benchmark names a bin by rounded powers; the exponents say the same.
  private struct Bin: Hashable {
    let days: Int
    let reviews: Int
    let lapses: Int

    init(days: Double, reviews: Int, lapses: Int) {
      self.days = Self.exponent(days, base: 3.62)
      self.reviews = Self.exponent(Double(reviews + 1), base: 1.89)
      self.lapses = lapses == 0 ? -1 : Self.exponent(Double(lapses), base: 1.73)
    }

    private static func exponent(_ value: Double, base: Double) -> Int {
      Int((Glibc.log(value) / Glibc.log(base)).rounded(.down))
    }
  }

  private struct Tally {
    var count = 0.0
    var foretold = 0.0
    var recalled = 0.0

    mutating func add(_ probability: Double, _ isRecalled: Bool) {
      count += 1
      foretold += probability
      recalled += isRecalled ? 1 : 0
    }

    /// The squared error of the means, once for each review.
    var error: Double { (foretold - recalled) * (foretold - recalled) / count }
  }
}
