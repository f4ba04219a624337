internal import Glibc

/// Weights as fitting moves them: the first four, starting stabilities that span four powers of ten, as their ln; the
/// others as they are.
enum MemoryCoordinates {
  static let logged = 0..<4

  static func of(_ weights: [Double]) -> [Double] {
    var coordinates = weights
    for place in logged { coordinates[place] = log(weights[place]) }
    return coordinates
  }

  static func weights(_ coordinates: [Double]) -> [Double] {
    var weights = coordinates
    for place in logged { weights[place] = exp(coordinates[place]) }
    return weights
  }

  static func ranges(_ ranges: [ClosedRange<Double>]) -> [ClosedRange<Double>] {
    zip(of(ranges.map(\.lowerBound)), of(ranges.map(\.upperBound))).map { $0...$1 }
  }
}

/// What fitting makes small: the loss of a model over the reviews before some moment, and how far its weights stray.
struct MemoryObjective<Model: MemoryModel> {
  private let log: ReviewLog
  /// How many of each card's reviews take part.
  private let lengths: [Int]
  private let shares: [Double]
  private let prior = MemoryPrior(
    center: MemoryCoordinates.of(Model.standard), deviations: Model.deviations,
    strength: Model.priorStrength)

  /// - Parameters:
  ///   - place: reviews from this place in time on take no part.
  ///   - oldestShare: how much the oldest prediction counts, 0...1; the newest counts 1, with a cubic between. People
  ///     change: who fits for the future looks more at yesterday than at last year.
  init(_ log: ReviewLog, before place: Int, oldestShare: Double) {
    self.log = log
    lengths = log.lengths(before: place)
    shares = log.days.indices.map { index in
      guard log.isScored(index) else { return 0 }
      let age = Double(log.places[index]) / Double(max(1, place))
      return oldestShare + (1 - oldestShare) * age * age * age
    }
  }

  /// The loss with its slope; and its curvature as the sum over cards of the outer products of their slopes, which is
  /// near it where the model is near the truth (Berndt, Hall, Hall and Hausman 1974).
  func value(at coordinates: [Double]) -> DampedNewton.Value {
    let weights = MemoryCoordinates.weights(coordinates)
    let model = Model(weights)
    let count = weights.count
    var value = DampedNewton.Value(count: count)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: count) { slope in
      guard let slope = slope.baseAddress else { return }
      forEachCard { reviews, tape in
        slope.update(repeating: 0, count: count)
        value.loss += model.forward(reviews, tape)
        model.backward(reviews, tape, slope)
        for place in MemoryCoordinates.logged { slope[place] *= weights[place] }
        for place in 0..<count { value.slope[place] += slope[place] }
        value.curvature.addOuter(slope, share: Self.share(of: reviews))
      }
    }
    prior.add(to: &value, at: coordinates)
    return value
  }

  /// The outer product of weighted slopes has the squares of the shares in it, where their first powers belong.
  private static func share(of reviews: CardReviews) -> Double {
    var (sum, squares) = (0.0, 0.0)
    for index in 0..<reviews.count {
      sum += reviews.shares[index]
      squares += reviews.shares[index] * reviews.shares[index]
    }
    return squares > 0 ? sum / squares : 0
  }

  private func forEachCard(_ body: (CardReviews, UnsafeMutablePointer<Model.Step>) -> Void) {
    CardWalk(log, lengths: lengths, shares: shares).forEach(Model.Step.self) { _, reviews, tape in
      // A card without a prediction that counts has no slope.
      guard (0..<reviews.count).contains(where: { reviews.shares[$0] > 0 }) else { return }
      body(reviews, tape)
    }
  }
}

/// Hands out the cards of a log one by one, with one tape for all.
struct CardWalk {
  private let log: ReviewLog
  private let lengths: [Int]
  private let shares: [Double]

  /// - Parameters:
  ///   - lengths: how many of each card's reviews to hand out.
  ///   - shares: one for each review of the log.
  init(_ log: ReviewLog, lengths: [Int], shares: [Double]) {
    precondition(lengths.count == log.cardCount && shares.count == log.count)
    self.log = log
    self.lengths = lengths
    self.shares = shares
  }

  /// - Parameter body: gets where the card begins in the log, its reviews, and a tape that is long enough.
  func forEach<Step: MemoryStep>(
    _ type: Step.Type, _ body: (Int, CardReviews, UnsafeMutablePointer<Step>) -> Void
  ) {
    var tape = [Step](repeating: Step(), count: lengths.max() ?? 0)
    tape.withUnsafeMutableBufferPointer { tape in
      log.ratings.withUnsafeBufferPointer { ratings in
        log.days.withUnsafeBufferPointer { days in
          shares.withUnsafeBufferPointer { shares in
            guard let tape = tape.baseAddress, let ratings = ratings.baseAddress,
              let days = days.baseAddress, let shares = shares.baseAddress
            else { return }
            for card in lengths.indices where lengths[card] > 0 {
              let start = log.starts[card]
              let reviews = CardReviews(
                count: lengths[card], ratings: ratings + start, days: days + start,
                shares: shares + start)
              body(start, reviews, tape)
            }
          }
        }
      }
    }
  }
}
