package import SatchelCore

/// Reads when cards were reviewed, and how: a log of reviews, `.csv` or `.csv.gz`.
///
/// Columns, by name and in any order; other columns are passed over:
///
///     card    card_id, card, cid
///     rating  review_rating, rating, ease: 1 to 4, or again, hard, good, easy; 0 is Anki's mark of a change by hand
///     when    review_time, timestamp_ms, timestamp, time: ISO 8601, or a number since 1970 in seconds, milliseconds or
///             microseconds, told by its size; or, where there is none of these, how long after the card's last review,
///             in rows that stand in the order of time: elapsed_seconds, elapsed_days, delta_t (days), -1 or 0 for a
///             card's first
package struct ReviewFile {
  /// Up to the year 2230, as for interactions.
  package static let microsecondsMax = InteractionFile.timestampMillisecondsMax * 1000
  package static let elapsedDaysMax = 100_000.0

  private static let cardColumns = ["card_id", "card", "cid"]
  private static let ratingColumns = ["review_rating", "rating", "ease"]
  private static let timeColumns = ["review_time", "timestamp_ms", "timestamp", "time"]
  private static let elapsedColumns = ["elapsed_seconds", "elapsed_days", "delta_t"]

  /// What a reading came to.
  package struct Contents: Sendable {
    package fileprivate(set) var reviews: [LoggedReview] = []
    /// The rows stand in the order of time, and times count from each card's first review.
    package fileprivate(set) var isOrdered = false
    /// All rows that were left out because they are malformed.
    package fileprivate(set) var badRowCount = 0
    /// The first thousand of them.
    package fileprivate(set) var badRows: [BadRow] = []
    /// Rows of rating 0: a change by hand, and no review.
    package fileprivate(set) var manualCount = 0
    /// Rows that repeat the card's row before, to the microsecond; they were left out.
    package fileprivate(set) var duplicateCount = 0
    /// Rows earlier than the one above; they were put in their place.
    package fileprivate(set) var backwardCount = 0
  }

  private let file: CSVFile
  private let reviewsMax: Int

  /// - Throws: `file.missing` or `file.unreadable`.
  package init(path: String, reviewsMax: Int) throws(SatchelError) {
    file = try CSVFile(path: path)
    self.reviewsMax = reviewsMax
  }

  /// - Throws: `file.malformed` for what is no such table, a cut or broken gzip, or more than a million bad rows;
  ///   `input.tooLarge` for a gzip bomb or more reviews than `reviewsMax`; and what `isCancelled` throws.
  package func read(checkCancellation: () throws -> Void = {}) throws -> Contents {
    let header = try file.header()
    let card = try column(Self.cardColumns, in: header)
    let rating = try column(Self.ratingColumns, in: header)
    let when = try column(Self.timeColumns + Self.elapsedColumns, in: header)
    var rows = ReviewRows(isElapsed: Self.elapsedColumns.contains(when), unit: Unit(column: when))
    let summary = try file.read(columns: [card, rating, when]) { fields, _ in
      if rows.contents.reviews.count % 65_536 == 0 { try checkCancellation() }
      let reason = rows.take(fields)
      guard rows.contents.reviews.count <= reviewsMax else {
        throw SatchelError(.inputTooLarge, subject: file.path, cause: "reviews")
      }
      return reason
    }
    rows.contents.badRowCount = summary.badRowCount
    rows.contents.badRows = summary.badRows
    return rows.contents
  }

  private func column(_ names: [String], in header: [String]) throws(SatchelError) -> String {
    guard let name = names.first(where: header.contains) else {
      throw SatchelError(
        .fileMalformed, subject: file.path,
        cause: "no column named " + names.joined(separator: ", "))
    }
    return name
  }

  /// What a number stands for.
  fileprivate enum Unit {
    case seconds, milliseconds, days
    /// Seconds, milliseconds or microseconds, by its size.
    case bySize

    init(column: String) {
      self =
        switch column {
        case "timestamp_ms": .milliseconds
        case "elapsed_seconds": .seconds
        case "elapsed_days", "delta_t": .days
        default: .bySize
        }
    }

    func microseconds(_ value: Double) -> Double {
      switch self {
      case .seconds: value * 1e6
      case .milliseconds: value * 1e3
      case .days: value * 86_400e6
      // 1e11 seconds are the year 5138, 1e11 milliseconds 1973; and so on.
      case .bySize: value < 1e11 ? value * 1e6 : value < 1e14 ? value * 1e3 : value
      }
    }
  }
}

/// Turns fields into reviews.
private struct ReviewRows {
  var contents = ReviewFile.Contents()
  private let isElapsed: Bool
  private let unit: ReviewFile.Unit
  private var cards: [String: Int32] = [:]
  private var names = KeyCache<Int32>()
  /// The last review of each card.
  private var last: [LoggedReview] = []
  private var latest = Int64.min

  init(isElapsed: Bool, unit: ReviewFile.Unit) {
    self.isElapsed = isElapsed
    self.unit = unit
    contents.isOrdered = isElapsed
  }

  /// `nil` where all is well.
  mutating func take(_ fields: CSVFields) -> BadRow.Reason? {
    guard let rating = Self.rating(fields[1]) else { return .rating }
    guard let time = isElapsed ? elapsed(fields[2]) : time(fields[2]) else {
      return isElapsed ? .elapsed : .time
    }
    guard rating > 0 else {
      contents.manualCount += 1
      return nil
    }
    guard let card = card(fields[0]) else { return .card }
    let isNew = Int(card) == last.count
    var review = LoggedReview(card: card, rating: rating, microseconds: time)
    if isElapsed {
      // The first review's time is nobody's business.
      review.microseconds = isNew ? 0 : last[Int(card)].microseconds + max(0, time)
    } else {
      if !isNew, last[Int(card)] == review {
        contents.duplicateCount += 1
        return nil
      }
      if time < latest { contents.backwardCount += 1 }
      latest = max(latest, time)
    }
    if isNew { last.append(review) } else { last[Int(card)] = review }
    contents.reviews.append(review)
    return nil
  }

  /// Cards are numbered as they come.
  private mutating func card(_ bytes: UnsafeRawBufferPointer) -> Int32? {
    guard !bytes.isEmpty, bytes.count <= 256 else { return nil }
    return names.value(for: bytes) { bytes in
      guard let name = String(validating: bytes, as: UTF8.self) else { return nil }
      if let known = cards[name] { return known }
      let number = Int32(cards.count)
      cards[name] = number
      return number
    }
  }

  private static func rating(_ bytes: UnsafeRawBufferPointer) -> UInt8? {
    if bytes.count == 1 {
      let digit = bytes[0] &- UInt8(ascii: "0")
      return digit <= 4 ? digit : nil
    }
    switch String(decoding: bytes, as: UTF8.self).lowercased() {
    case "manual", "0.0": return 0
    case "again", "1.0": return 1
    case "hard", "2.0": return 2
    case "good", "3.0": return 3
    case "easy", "4.0": return 4
    default: return nil
    }
  }

  /// Since the card's last review, in microseconds; below 0 for a card's first.
  private func elapsed(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else {
      return nil
    }
    let microseconds = unit.microseconds(value)
    guard microseconds >= unit.microseconds(-1),
      microseconds <= ReviewFile.elapsedDaysMax * 86_400e6
    else { return nil }
    return Int64(microseconds.rounded())
  }

  private func time(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    if let moment = TimeText.microseconds(bytes) {
      return (0...ReviewFile.microsecondsMax).contains(moment) ? moment : nil
    }
    guard let value = Double(String(decoding: bytes, as: UTF8.self)), value >= 0 else { return nil }
    let microseconds = unit.microseconds(value)
    guard microseconds <= Double(ReviewFile.microsecondsMax) else { return nil }
    return Int64(microseconds.rounded())
  }
}
