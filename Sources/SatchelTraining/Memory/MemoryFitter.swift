internal import SatchelCore

/// Fits one model to one log.
///
/// The log is cut into six blocks of equally many scored reviews by time. Five times the weights are fitted to all that
/// came before a block and foretell the block ("revlog-ts5", as srs-benchmark does); each fit goes on from the one
/// before, so that all five cost little more than one. Then the weights are fitted to the whole log; they are given
/// unless the defaults foretold the later blocks clearly better.
struct MemoryFitter<Model: MemoryModel> {
  private let log: ReviewLog
  private let kind: MemoryKind
  private let options: MemoryFitOptions
  private static var blocks: Int { 6 }
  /// The guard looks at the blocks from this one on, whose fits had at least half of the log to learn from.
  private static var guardedBlock: Int { 3 }
  /// The guard acts from so many standard errors on. To keep the defaults whenever they were better by chance loses more
  /// than it saves: on real logs of 200 to 3,000 scored reviews up to .006 of log loss, where two errors lose nothing.
  private static var guardedErrors: Double { 2 }

  init(_ log: ReviewLog, _ kind: MemoryKind, _ options: MemoryFitOptions) {
    self.log = log
    self.kind = kind
    self.options = options
  }

  func fit(isCancelled: () -> Bool) throws(SatchelError) -> MemoryFit {
    var fit = MemoryFit(kind: kind, weights: Model.standard)
    guard log.scoredCount >= max(options.scoredMin, Self.blocks) else { return withFigures(fit) }
    var point = MemoryCoordinates.of(Model.standard)
    var isWorthIt = true
    if options.isJudged {
      let judgement = judge(from: &point, isCancelled)
      (fit.judged, fit.judgedDefault) = (judgement.figures, judgement.defaultFigures)
      isWorthIt = !judgement.isFitWorse
    }
    let clock = ContinuousClock.now
    let least = least(before: log.count, from: point, isCancelled)
    fit.fitSeconds = (ContinuousClock.now - clock) / .seconds(1)
    fit.passes = least.passes
    if isCancelled() { throw SatchelError(.cancelled) }
    if isWorthIt {
      fit.weights = weights(at: least.point)
      fit.isDefault = false
    }
    return withFigures(fit)
  }

  private func withFigures(_ fit: MemoryFit) -> MemoryFit {
    var fit = fit
    fit.fitted = ReviewFigures(log, recalls: Self.recalls(log, weights: fit.weights)) { _ in true }
    return fit
  }

  private func least(
    before place: Int, from point: [Double], _ isCancelled: () -> Bool
  ) -> DampedNewton.Least {
    let objective = MemoryObjective<Model>(log, before: place, oldestShare: options.oldestShare)
    return DampedNewton(passesMax: options.passesMax).least(
      from: point, in: MemoryCoordinates.ranges(Model.ranges), isCancelled: isCancelled
    ) { objective.value(at: $0) }
  }

  private struct Judgement {
    let figures: ReviewFigures
    let defaultFigures: ReviewFigures
    let isFitWorse: Bool
  }

  /// - Parameter point: where to start; then where the last of the five fits ended.
  private func judge(from point: inout [Double], _ isCancelled: () -> Bool) -> Judgement {
    let bounds = blockBounds()
    let standard = Self.recalls(log, weights: Model.standard)
    var fitted = standard
    for block in 1..<Self.blocks {
      let range = bounds[block]..<bounds[block + 1]
      point = least(before: bounds[block], from: point, isCancelled).point
      let recalls = recalls(before: bounds[block + 1], weights: weights(at: point))
      for index in 0..<log.count where range.contains(Int(log.places[index])) {
        fitted[index] = recalls[index]
      }
    }
    let judged = bounds[1]..<log.count
    let late = bounds[Self.guardedBlock]..<log.count
    let excess = ReviewFigures.excess(
      log, recalls: fitted, over: standard, where: late.contains)
    return Judgement(
      figures: ReviewFigures(log, recalls: fitted, where: judged.contains),
      defaultFigures: ReviewFigures(log, recalls: standard, where: judged.contains),
      isFitWorse: excess.mean > Self.guardedErrors * excess.standardError)
  }

  /// The place in time where each block begins, and at last where all end.
  private func blockBounds() -> [Int] {
    let places = log.days.indices.filter(log.isScored).map { Int(log.places[$0]) }.sorted()
    return (0...Self.blocks).map { block in
      let rank = (Double(places.count * block) / Double(Self.blocks)).rounded(.toNearestOrEven)
      return Int(rank) < places.count ? places[Int(rank)] : log.count
    }
  }

  /// The weights of a point, such as the model's parameters take them: starting stabilities in order, where a learner's
  /// log says that Hard lasts longer than Good, become their mean in ln days, weighted by the cards that began so (pool
  /// adjacent violators; Barlow et al. 1972).
  private func weights(at point: [Double]) -> [Double] {
    var pools: [(sum: Double, cards: Double, count: Int)] = []
    let cards = firstRatings()
    for place in MemoryCoordinates.logged {
      pools.append((point[place] * cards[place], cards[place], 1))
      while pools.count > 1,
        pools[pools.count - 2].sum / pools[pools.count - 2].cards
          > pools[pools.count - 1].sum / pools[pools.count - 1].cards
      {
        let last = pools.removeLast()
        pools[pools.count - 1].sum += last.sum
        pools[pools.count - 1].cards += last.cards
        pools[pools.count - 1].count += last.count
      }
    }
    var ordered = point
    var place = 0
    for pool in pools {
      for _ in 0..<pool.count {
        ordered[place] = pool.sum / pool.cards
        place += 1
      }
    }
    let weights = zip(MemoryCoordinates.weights(ordered), Model.ranges)
      .map { min(max($0, $1.lowerBound), $1.upperBound) }
    return Model.legal(weights)
  }

  /// One more than how many cards began with each rating.
  private func firstRatings() -> [Double] {
    var cards = [1.0, 1.0, 1.0, 1.0]
    for card in 0..<log.cardCount { cards[Int(log.ratings[log.starts[card]]) - 1] += 1 }
    return cards
  }

  /// What `weights` foretell of each review before `place`; 1 for the others and for a card's first.
  private func recalls(before place: Int, weights: [Double]) -> [Double] {
    Self.recalls(log, lengths: log.lengths(before: place), weights: weights)
  }

  static func recalls(_ log: ReviewLog, weights: [Double]) -> [Double] {
    recalls(log, lengths: log.lengths(before: log.count), weights: weights)
  }

  private static func recalls(
    _ log: ReviewLog, lengths: [Int], weights: [Double]
  ) -> [Double] {
    let model = Model(weights)
    var recalls = [Double](repeating: 1, count: log.count)
    let shares = [Double](repeating: 0, count: log.count)
    CardWalk(log, lengths: lengths, shares: shares).forEach(Model.Step.self) {
      start, reviews, tape in
      _ = model.forward(reviews, tape)
      for index in 1..<max(1, reviews.count) { recalls[start + index] = tape[index].recall }
    }
    return recalls
  }
}
