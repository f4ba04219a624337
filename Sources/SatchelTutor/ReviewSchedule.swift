package import SatchelCore

/// When a card comes back, by FSRS-6 with learning and relearning steps: as py-fsrs 6.3.2 plans it, without its fuzz.
package struct ReviewSchedule: Sendable {
  /// How often a review may be remembered, 0..<1.
  package let desiredRetention: Double
  /// Seconds until a new card comes again, one for each step of learning it.
  package let learningSteps: [Int]
  /// The same for a card that was forgotten.
  package let relearningSteps: [Int]
  package let maximumIntervalDays: Int
  package let parameters: MemoryParameters

  package static let stepsMax = 32
  package static let stepSecondsMax = 86_400 * 365
  package static let intervalDaysMax = 36_500

  /// - Throws: `memory.badParameters` for what no schedule can be made of.
  package init(
    desiredRetention: Double = 0.9, learningSteps: [Int] = [60, 600],
    relearningSteps: [Int] = [600], maximumIntervalDays: Int = Self.intervalDaysMax,
    parameters: MemoryParameters = .standard
  ) throws(SatchelError) {
    try Self.check(desiredRetention: desiredRetention)
    for steps in [learningSteps, relearningSteps] {
      guard steps.count <= Self.stepsMax,
        steps.allSatisfy({ (0...Self.stepSecondsMax).contains($0) })
      else {
        throw SatchelError(
          .memoryParameters, subject: "steps",
          cause: "at most \(Self.stepsMax), each of 0 to \(Self.stepSecondsMax) seconds")
      }
    }
    guard (1...Self.intervalDaysMax).contains(maximumIntervalDays) else {
      throw SatchelError(
        .memoryParameters, subject: "maximum interval", cause: "1 to \(Self.intervalDaysMax) days")
    }
    self.desiredRetention = desiredRetention
    self.learningSteps = learningSteps
    self.relearningSteps = relearningSteps
    self.maximumIntervalDays = maximumIntervalDays
    self.parameters = parameters
  }

  /// - Throws: `memory.badParameters` unless it lies in 0.01...0.999.
  package static func check(desiredRetention: Double) throws(SatchelError) {
    guard (0.01...0.999).contains(desiredRetention) else {
      throw SatchelError(
        .memoryParameters, subject: "desired retention",
        cause: "\(desiredRetention) is not in 0.01...0.999")
    }
  }

  /// Where a card stands.
  package enum Stage: Equatable, Sendable {
    /// New, on this step.
    case learning(Int)
    case review
    /// Forgotten, on this step.
    case relearning(Int)
  }

  /// What is known of a card between two reviews.
  package struct Card: Equatable, Sendable {
    /// `nil` before the first review.
    package var memory: Memory?
    package var stage = Stage.learning(0)

    package init() {}
  }

  /// Reviews the card, on the same day (0) or `wholeDays` days after its last review.
  ///
  /// - Returns: the seconds until it is due again.
  package func review(
    _ card: inout Card, _ rating: Memory.Rating, wholeDays days: Double
  ) -> Int {
    let memory =
      card.memory?.reviewed(rating, wholeDays: days, parameters: parameters)
      ?? Memory(first: rating, parameters: parameters)
    card.memory = memory
    let (stage, seconds) = planned(card.stage, rating, memory)
    card.stage = stage
    return seconds
  }

  private func planned(
    _ stage: Stage, _ rating: Memory.Rating, _ memory: Memory
  ) -> (Stage, Int) {
    switch stage {
    case .learning(let step):
      return stepped(step, learningSteps, rating, memory) { .learning($0) }
    case .relearning(let step):
      return stepped(step, relearningSteps, rating, memory) { .relearning($0) }
    case .review:
      guard rating == .again, let first = relearningSteps.first else {
        return (.review, interval(memory))
      }
      return (.relearning(0), first)
    }
  }

  private func stepped(
    _ step: Int, _ steps: [Int], _ rating: Memory.Rating, _ memory: Memory,
    stage: (Int) -> Stage
  ) -> (Stage, Int) {
    guard let first = steps.first, step < steps.count || rating == .again else {
      return (.review, interval(memory))
    }
    switch rating {
    case .again: return (stage(0), first)
    // Between the first step and the second one, so that Hard is not the same as Again.
    case .hard where step == 0 && steps.count == 1: return (stage(0), first * 3 / 2)
    case .hard where step == 0: return (stage(0), (first + steps[1]) / 2)
    case .hard: return (stage(step), steps[step])
    case .good where step + 1 < steps.count: return (stage(step + 1), steps[step + 1])
    case .good, .easy: return (.review, interval(memory))
    }
  }

  /// Whole days, as seconds.
  private func interval(_ memory: Memory) -> Int {
    let days = memory.intervalDays(retention: desiredRetention, parameters: parameters)
    let whole = days.rounded(.toNearestOrEven)
    return Int(min(max(whole, 1), Double(maximumIntervalDays))) * 86_400
  }
}
