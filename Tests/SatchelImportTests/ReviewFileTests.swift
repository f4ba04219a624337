import SatchelCore
import Testing

@testable import SatchelImport

@Suite struct `A log of reviews in a file` {
  let desk: Desk

  init() throws { desk = try Desk() }

  private func read(_ text: String) throws -> ReviewFile.Contents {
    try ReviewFile(path: desk.put(text), reviewsMax: 100).read()
  }

  private func refusal(_ text: String) throws -> SatchelError.Code? {
    try code { _ = try read(text) }
  }

  @Test func `is read as its program wrote it`() throws {
    let contents = try read(
      """
      card_id,review_rating,review_time,review_duration\r
      1711684180217,1,2024-03-29T20:32:32.250000+00:00,25060\r
      1711686162078,3,2024-03-29T20:33:30.445000+00:00,35866\r
      1711684180217,4,2024-03-30 01:33:54+05:00,11650\r\n
      """)
    #expect(
      contents.reviews == [
        LoggedReview(card: 0, rating: 1, microseconds: 1_711_744_352_250_000),
        LoggedReview(card: 1, rating: 3, microseconds: 1_711_744_410_445_000),
        LoggedReview(card: 0, rating: 4, microseconds: 1_711_744_434_000_000),
      ])
    #expect(!contents.isOrdered && contents.badRowCount == 0 && contents.backwardCount == 0)
  }

  /// The same moment, in all the ways that tables write it.
  @Test(arguments: [
    ("time", "1711744352"), ("timestamp", "1711744352000"), ("timestamp", "1711744352000000"),
    ("timestamp_ms", "1711744352000"), ("timestamp_ms", "1711744352000.0"),
    ("time", "2024-03-29T20:32:32Z"), ("time", "2024-03-29 20:32:32"),
    ("review_time", "2024-03-29T22:32:32.000+02:00"), ("time", "2024-03-29T15:02:32-0530"),
  ])
  func `tells times by their form`(column: String, text: String) throws {
    let contents = try read("card,rating,\(column)\na,good,\(text)\n")
    #expect(contents.reviews.map(\.microseconds) == [1_711_744_352_000_000])
  }

  @Test(arguments: [
    ("elapsed_days", ["-1", "0", "2.5"], [0, 0, 216_000_000_000] as [Int64]),
    ("elapsed_seconds", ["0", "600", "86400"], [0, 600_000_000, 87_000_000_000]),
    ("delta_t", ["-1", "1", "2"], [0, 86_400_000_000, 259_200_000_000]),
  ])
  func `may say how long ago instead`(
    column: String, texts: [String], times: [Int64]
  ) throws {
    let rows = texts.map { "a,3,\($0)\n" }.joined()
    let contents = try read("card_id,rating,\(column)\n\(rows)b,1,-1\n")
    #expect(contents.isOrdered)
    #expect(contents.reviews.map(\.microseconds) == times + [0])
    #expect(contents.reviews.map(\.card) == [0, 0, 0, 1])
  }

  @Test func `counts what is odd and leaves it out`() throws {
    let contents = try read(
      """
      cid,ease,time
      a,3,1711744352
      a,3,1711744352
      a,0,1711744353
      b,2,1711744000

      """)
    #expect(contents.reviews.count == 2)
    #expect(contents.duplicateCount == 1)
    #expect(contents.manualCount == 1)
    #expect(contents.backwardCount == 1)
  }

  @Test func `names its bad rows`() throws {
    let contents = try read(
      """
      card,rating,time
      a,5,1711744352
      a,perfect,1711744352
      ,3,1711744352
      a,3,yesterday
      a,3,-5
      a,3,2023-02-29T10:00:00Z
      a,3,2024-02-29T25:00:00Z
      a,3,nan
      a,3
      a,3,1711744352

      """)
    #expect(contents.reviews.count == 1)
    #expect(
      contents.badRows.map(\.reason) == [
        .rating, .rating, .card, .time, .time, .time, .time, .time, .fieldCount,
      ])
    #expect(contents.badRows.first?.line == 2)
    let elapsed = try read("card,rating,elapsed_days\na,3,-2\na,3,inf\na,3,1e9\n")
    #expect(elapsed.badRows.map(\.reason) == [.elapsed, .elapsed, .elapsed])
  }

  @Test func `is refused without its columns, or when there are too many rows`() throws {
    #expect(try refusal("card,rating\na,3\n") == .fileMalformed)
    #expect(try refusal("rating,time\n3,5\n") == .fileMalformed)
    #expect(try refusal("learner,item,skill,correct\np,i,s,1\n") == .fileMalformed)
    #expect(try refusal("") == .fileMalformed)
    let rows = (0..<101).map { "a,3,\($0)\n" }.joined()
    #expect(try refusal("card,rating,time\n\(rows)") == .inputTooLarge)
    #expect(try code { _ = try ReviewFile(path: desk.path("none"), reviewsMax: 1) } == .fileMissing)
  }
}
