package import SatchelCore
package import SatchelTutor

/// The reviews of a learner that never was, who forgets by FSRS-6 with the weights that are given.
///
/// Cards come in over the whole time; what was forgotten is seen again ten minutes later; intervals are those that the
/// default weights plan, shortened and stretched as life does. The same seed gives the same reviews.
package struct ReviewSimulator: Sendable {
  package var cards = 6_000
  package var seed: UInt64 = 1
  /// How the learner forgets.
  package var parameters = MemoryParameters.standard
  /// From the first card's first review to the end.
  package var daysMax = 365.0

  private static let microsecondsPerDay = 86_400e6
  /// 2025-01-01T00:00:00Z
  private static let start: Int64 = 1_735_689_600_000_000

  package init() {}

  /// In order of time.
  package func reviews() -> [LoggedReview] {
    var random = SeededRandom(seed: seed)
    var reviews: [LoggedReview] = []
    for card in 0..<cards { addReviews(of: Int32(card), &reviews, &random) }
    return reviews.sorted { ($0.microseconds, $0.card) < ($1.microseconds, $1.card) }
  }

  private func addReviews(
    of card: Int32, _ reviews: inout [LoggedReview], _ random: inout SeededRandom
  ) {
    var day = random.uniform() * daysMax
    var rating = Self.firstRating(random.uniform())
    var memory = Memory(first: rating, parameters: parameters)
    var planned = Memory(first: rating)
    while day < daysMax {
      let microseconds = Self.start + Int64(day * Self.microsecondsPerDay)
      reviews.append(
        LoggedReview(card: card, rating: UInt8(rating.rawValue), microseconds: microseconds))
      let gap = rating == .again ? 10.0 / 1440 : interval(planned, &random)
      day += gap
      let whole = gap.rounded(.down)
      let recall = memory.retrievability(elapsedDays: whole, parameters: parameters)
      rating = random.uniform() < recall ? Self.passing(random.uniform()) : .again
      memory = memory.reviewed(rating, wholeDays: whole, parameters: parameters)
      planned = planned.reviewed(rating, wholeDays: whole)
    }
  }

  private func interval(_ planned: Memory, _ random: inout SeededRandom) -> Double {
    let days = max(1, planned.intervalDays(retention: 0.9))
    return days * (0.5 + random.uniform()) + random.uniform()
  }

  private static func firstRating(_ draw: Double) -> Memory.Rating {
    draw < 0.3 ? .again : draw < 0.45 ? .hard : draw < 0.9 ? .good : .easy
  }

  private static func passing(_ draw: Double) -> Memory.Rating {
    draw < 0.12 ? .hard : draw < 0.92 ? .good : .easy
  }
}
