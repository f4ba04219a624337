package import SatchelCore

/// The reviews of many cards, card after card, each card's in order of time.
package struct ReviewLog: Sendable {
  package static let reviewsMax = 50_000_000

  /// 1 to 4, one for each review.
  package private(set) var ratings: [UInt8]
  /// Since the card's last review, fractional; 0 for its first.
  package private(set) var days: [Double]
  /// The review's place in the order of time over all cards, 0 and up.
  package private(set) var places: [Int32]
  /// Where each card's reviews begin, and at last where all end.
  package let starts: [Int]

  package var count: Int { ratings.count }
  package var cardCount: Int { starts.count - 1 }

  /// Sorts reviews by time; those of one moment stay in the order that they came in. O(n log n), O(n) for what is sorted.
  ///
  /// - Parameter isOrdered: the reviews stand in the order of time, whatever their times say: for logs that tell how long
  ///   it was since a card's last review, and no more.
  /// - Throws: `input.tooLarge` above ``reviewsMax``; `training.badData` for what is no rating or card.
  package init(_ reviews: [LoggedReview], isOrdered: Bool = false) throws(SatchelError) {
    guard reviews.count <= Self.reviewsMax else {
      throw SatchelError(.inputTooLarge, subject: "reviews", cause: "\(reviews.count)")
    }
    var cardCount = 0
    for review in reviews {
      guard (1...4).contains(review.rating), (0..<Int32(Self.reviewsMax)).contains(review.card)
      else {
        throw SatchelError(.trainingData, subject: "reviews", cause: "no such rating or card")
      }
      cardCount = max(cardCount, Int(review.card) + 1)
    }
    var next = [Int](repeating: 0, count: cardCount + 1)
    for review in reviews { next[Int(review.card) + 1] += 1 }
    for card in 0..<cardCount { next[card + 1] += next[card] }
    // A number that no review names is no card.
    starts = [0] + (0..<cardCount).filter { next[$0 + 1] > next[$0] }.map { next[$0 + 1] }
    ratings = [UInt8](repeating: 0, count: reviews.count)
    days = [Double](repeating: 0, count: reviews.count)
    places = [Int32](repeating: 0, count: reviews.count)
    var last = [Int64?](repeating: nil, count: cardCount)
    let order = isOrdered ? Array(reviews.indices) : Self.order(of: reviews)
    for (place, index) in order.enumerated() {
      let review = reviews[index]
      let card = Int(review.card)
      let at = next[card]
      next[card] += 1
      ratings[at] = review.rating
      places[at] = Int32(place)
      if let before = last[card] {
        days[at] = Double(review.microseconds - before) / Self.microsecondsPerDay
      }
      last[card] = review.microseconds
    }
  }

  package static let microsecondsPerDay = 86_400e6

  private static func order(of reviews: [LoggedReview]) -> [Int] {
    let isSorted = zip(reviews, reviews.dropFirst()).allSatisfy {
      $0.microseconds <= $1.microseconds
    }
    guard !isSorted else { return Array(reviews.indices) }
    return reviews.indices.sorted {
      (reviews[$0].microseconds, $0) < (reviews[$1].microseconds, $1)
    }
  }

  /// Whether a prediction of the review counts: not a card's first, and at least a whole day after the one before. What
  /// was seen the same day tells little of memory.
  package func isScored(_ index: Int) -> Bool { days[index] >= 1 }

  package var scoredCount: Int { days.count { $0 >= 1 } }

  /// How many of each card's reviews come before `place` in time.
  func lengths(before place: Int) -> [Int] {
    (0..<cardCount).map { card in
      places[starts[card]..<starts[card + 1]].prefix { $0 < place }.count
    }
  }
}
