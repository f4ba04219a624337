/// A memory model that can be fitted: FSRS-6 and FSRS-7 stand behind it.
///
/// It walks over one card's reviews twice: forwards, where it writes down what it needs, and backwards, where it adds up
/// the slope of the loss over every weight (reverse mode; Griewank and Walther 2008, chapter 3). Both walks take a
/// constant time a review, however many weights there are.
protocol MemoryModel: Sendable {
  /// What the way back needs of one review.
  associatedtype Step: MemoryStep

  /// Where fitting starts, and what it is drawn to.
  static var standard: [Double] { get }
  static var ranges: [ClosedRange<Double>] { get }
  /// How far each weight strays from ``standard`` from learner to learner: standard deviations.
  static var deviations: [Double] { get }
  /// How much more than that says the weights are held to ``standard``.
  static var priorStrength: Double { get }

  /// - Parameter weights: within ``ranges``.
  init(_ weights: [Double])

  /// The nearest weights that the model's parameters may have. Ranges are kept already, orders between weights not.
  static func legal(_ weights: [Double]) -> [Double]

  /// Foretells each review from those before it, and writes its step on the tape.
  ///
  /// - Returns: the loss: the sum over reviews of their share times -ln of what was said of what happened.
  func forward(_ reviews: CardReviews, _ tape: UnsafeMutablePointer<Step>) -> Double

  /// Adds the slope of the loss that ``forward(_:_:)`` has just come to.
  ///
  /// - Parameter slope: [weights]
  func backward(
    _ reviews: CardReviews, _ tape: UnsafeMutablePointer<Step>,
    _ slope: UnsafeMutablePointer<Double>)
}

/// What stands on the tape for one review.
protocol MemoryStep {
  init()
  /// The chance of recall that was foretold; meaningless for a card's first review.
  var recall: Double { get }
}

/// One card's reviews, in order of time.
struct CardReviews {
  let count: Int
  let ratings: UnsafePointer<UInt8>
  let days: UnsafePointer<Double>
  /// How much a prediction counts; 0 for one that does not.
  let shares: UnsafePointer<Double>
}
