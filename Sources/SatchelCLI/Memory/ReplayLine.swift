import Satchel
import SatchelTutor

/// One line of `memory replay`: the reviews of one card, and by which weights they are to be replayed.
struct ReplayLine {
  static let bytesMax = 16 << 20
  static let reviewsMax = 100_000
  static let elapsedDaysMax = 1_000_000.0
  private static let weightsMax = 64

  struct Review {
    var rating = Memory.Rating.good
    /// Since the review before, fractional; 0 for the first.
    var elapsedDays = 0.0
  }

  /// `nil` for the FSRS-6 defaults.
  var weights: [Double]?
  var desiredRetention = 0.9
  var reviews: [Review] = []
  var learningSteps: [Int]?
  var relearningSteps: [Int]?
  var maximumIntervalDays: Int?

  /// Whether due times are asked for.
  var hasSchedule: Bool {
    learningSteps != nil || relearningSteps != nil || maximumIntervalDays != nil
  }

  /// Takes the place of what an earlier line said, and keeps its memory.
  mutating func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(JSONScanner.Failure) {
    (weights, desiredRetention) = (nil, 0.9)
    (learningSteps, relearningSteps, maximumIntervalDays) = (nil, nil, nil)
    reviews.removeAll(keepingCapacity: true)
    var hasReviews = false
    var scanner = JSONScanner(bytes)
    try scanner.object { scanner, name throws(JSONScanner.Failure) in
      switch name {
      case "w", "parameters":
        if try !scanner.isNull() { weights = try Self.numbers(&scanner, max: Self.weightsMax) }
      case "desired_retention": desiredRetention = try scanner.number()
      case "learning_steps_seconds": learningSteps = try Self.seconds(&scanner)
      case "relearning_steps_seconds": relearningSteps = try Self.seconds(&scanner)
      case "maximum_interval_days": maximumIntervalDays = try Self.whole(scanner.number())
      case "reviews":
        hasReviews = true
        try readReviews(&scanner)
      default: try scanner.skip()
      }
    }
    try scanner.end()
    guard hasReviews else { throw JSONScanner.Failure("no reviews") }
  }

  private mutating func readReviews(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) {
    reviews.removeAll(keepingCapacity: true)
    try scanner.array { scanner throws(JSONScanner.Failure) in
      guard reviews.count < Self.reviewsMax else {
        throw JSONScanner.Failure("more than \(Self.reviewsMax) reviews")
      }
      reviews.append(try Self.review(&scanner, isFirst: reviews.isEmpty))
    }
  }

  private static func review(
    _ scanner: inout JSONScanner, isFirst: Bool
  ) throws(JSONScanner.Failure) -> Review {
    var rating: Double?
    var days: Double?
    try scanner.object { scanner, name throws(JSONScanner.Failure) in
      switch name {
      case "rating": rating = try scanner.number()
      case "elapsed_days": if try !scanner.isNull() { days = try scanner.number() }
      case "elapsed_seconds": if try !scanner.isNull() { days = try scanner.number() / 86_400 }
      default: try scanner.skip()
      }
    }
    guard let rating, let known = Int(exactly: rating).flatMap(Memory.Rating.init(rawValue:)) else {
      throw JSONScanner.Failure("a rating is 1, 2, 3 or 4")
    }
    guard let elapsed = days ?? (isFirst ? 0 : nil) else {
      throw JSONScanner.Failure("no elapsed_days")
    }
    guard (0...elapsedDaysMax).contains(elapsed) else {
      throw JSONScanner.Failure("elapsed_days is not in 0...\(Int(elapsedDaysMax))")
    }
    return Review(rating: known, elapsedDays: isFirst ? 0 : elapsed)
  }

  private static func numbers(
    _ scanner: inout JSONScanner, max: Int
  ) throws(JSONScanner.Failure) -> [Double] {
    var numbers: [Double] = []
    try scanner.array { scanner throws(JSONScanner.Failure) in
      guard numbers.count < max else { throw JSONScanner.Failure("more than \(max) numbers") }
      numbers.append(try scanner.number())
    }
    return numbers
  }

  private static func seconds(_ scanner: inout JSONScanner) throws(JSONScanner.Failure) -> [Int] {
    var seconds: [Int] = []
    for number in try numbers(&scanner, max: ReviewSchedule.stepsMax) {
      seconds.append(try whole(number))
    }
    return seconds
  }

  private static func whole(_ number: Double) throws(JSONScanner.Failure) -> Int {
    guard let whole = Int(exactly: number) else {
      throw JSONScanner.Failure("expected a whole number")
    }
    return whole
  }
}
