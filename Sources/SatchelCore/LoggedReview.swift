/// One look at a card, as a log of reviews has it. What importers yield and fitting reads.
package struct LoggedReview: Equatable, Sendable {
  /// Which card, 0 and up.
  package var card: Int32
  /// 1 to 4: Again, Hard, Good, Easy.
  package var rating: UInt8
  /// Since 1970.
  package var microseconds: Int64

  package init(card: Int32, rating: UInt8, microseconds: Int64) {
    self.card = card
    self.rating = rating
    self.microseconds = microseconds
  }
}
