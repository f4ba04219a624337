internal import SatchelCore

/// What speaks for and against doing one item next.
///
/// The score is a sum of terms, each with a ``ReasonCode``; ``weigh(_:)`` is the one place where they stand, so that what
/// ranks an item and what explains it cannot differ.
struct Path {
  /// One candidate at one moment. Probabilities and shares lie in 0...1.
  struct Situation {
    /// Of a right answer now.
    var probability: Float
    /// Of right answers to come on its skills, discounted, as the network foretells.
    var pathValue: Float
    /// 1 for the first item of the course, towards 0.
    var earliness: Float
    /// How much it is what learners went on to from here, 0...1; 0 where that is not known.
    var affinity: Float = 0
    var skills: SkillSituation
    /// `nil` for an item never touched.
    var item: ItemState?
    /// Of the item, by FSRS; 1 where it was never answered.
    var retrievability: Float = 1
    /// Answers given since the last one to the item.
    var answersSince = 0
  }

  /// The skills of one candidate, taken together.
  struct SkillSituation {
    /// Of the least mastered of them.
    var mastery: Float
    /// Answers on the least practised of them.
    var attempts: Int
    /// 0 while a prerequisite is far from mastered, 1 when all are near it.
    var readiness: Float
    /// 1 the goal itself or near it, 0 what does not lead there or is mastered; `nil` without a goal.
    var goalCloseness: Float?
    /// -1 "too hard" was said of late, 1 "too easy".
    var ease: Float
    /// Indices into the course's skills: the least mastered, and the prerequisite most missed.
    var weakest: Int?
    var missing: Int?
  }

  /// Reviews come due when the chance of recall has sunk to this (the FSRS default).
  static let retention: Float = 0.9
  /// A skill counts as mastered from here.
  static let mastered: Float = 0.8
  /// Where learning happens: most answers right, not all (Wilson et al. 2019, "The Eighty Five Percent Rule", and the
  /// desirable difficulties of Bjork 1994).
  static let learningZone: ClosedRange<Float> = 0.6...0.85

  /// What being the next of the course counts, and being what learners went on to.
  private static let (earlinessWeight, affinityWeight): (Float, Float) = (0.15, 0.2)

  /// What is new of an item never touched, beyond what its skills say.
  @inline(__always)
  static func novelty(earliness: Float, affinity: Float) -> Float {
    earlinessWeight * earliness + affinityWeight * affinity
  }

  /// The score, 0...1, growing with ``sum(_:)``.
  static func score(_ situation: Situation) -> Float { score(sum: sum(situation)) }

  /// The sum of all terms, by which candidates are ranked.
  static func sum(_ situation: Situation) -> Float {
    var sum: Float = 0
    weigh(situation) { _, weight in sum += weight }
    return sum
  }

  /// The score of a sum of terms.
  static func score(sum: Float) -> Float { logistic(3 * (sum - 0.5)) }

  /// Gives each term that is not 0 to `term`.
  @inline(__always)
  static func weigh(_ situation: Situation, _ term: (ReasonCode, Float) -> Void) {
    let skills = situation.skills
    let zone = zoneShare(situation.probability + 0.15 * skills.ease)
    term(.rightDifficulty, 0.3 * zone)
    term(.worthwhile, 0.1 * (situation.pathValue - 0.5))
    term(.prerequisitesMissing, -0.9 * (1 - skills.readiness))
    if let closeness = skills.goalCloseness { term(.goal, 0.35 * closeness) }
    if skills.attempts == 0 {
      term(.newSkillReady, 0.12 * skills.readiness)
      term(.exploration, 0.05)
    } else {
      term(.weakSkill, 0.2 * max(0, mastered - skills.mastery))
      term(.exploration, 0.05 / Float(1 + skills.attempts))
    }
    if skills.mastery > mastered { term(.skillMastered, -1 * (skills.mastery - mastered)) }
    guard let item = situation.item else {
      weighNovelty(situation, term)
      return
    }
    weighPractice(situation, item, term)
    weighFeedback(item, term)
  }

  @inline(__always)
  private static func weighNovelty(_ situation: Situation, _ term: (ReasonCode, Float) -> Void) {
    term(.nextInCourse, earlinessWeight * situation.earliness)
    if situation.affinity > 0 { term(.othersWentOn, affinityWeight * situation.affinity) }
  }

  @inline(__always)
  private static func weighPractice(
    _ situation: Situation, _ item: ItemState, _ term: (ReasonCode, Float) -> Void
  ) {
    guard item.attempts > 0 else {
      weighNovelty(situation, term)
      return
    }
    if situation.retrievability < retention {
      // Reviews come before new things from the day they are due, and more so until half is forgotten.
      let overdue = min(1, (retention - situation.retrievability) / 0.4)
      term(.reviewDue, 0.3 + 0.25 * overdue)
    } else if item.lastAnswers & 1 == 1 {
      term(.practisedLately, -0.4)
    }
    if item.lastAnswers & 1 == 0 {
      // Not at once: the answer is still in the ear. After a few others, soon.
      term(.recentMistake, situation.answersSince < 3 ? -0.3 : 0.2)
    } else if situation.answersSince < 3 {
      term(.practisedLately, -0.3)
    }
  }

  @inline(__always)
  private static func weighFeedback(_ item: ItemState, _ term: (ReasonCode, Float) -> Void) {
    guard item.feedback != 0 else { return }
    let easy = item.count(of: .tooEasy)
    let hard = item.count(of: .tooHard)
    let skipped = item.count(of: .skipped)
    let liked = item.count(of: .liked)
    if easy > 0 { term(.toldTooEasy, -0.2 - 0.15 * Float(easy)) }
    if hard > 0 { term(.toldTooHard, -0.2 - 0.15 * Float(hard)) }
    if skipped > 0 { term(.skipped, -0.2 * Float(skipped)) }
    if liked > 0 { term(.liked, 0.03 * Float(liked)) }
  }

  /// 1 within the learning zone, less on both sides of it.
  static func zoneShare(_ probability: Float) -> Float {
    if probability < learningZone.lowerBound {
      let share = max(0, probability) / learningZone.lowerBound
      return share * share
    }
    guard probability > learningZone.upperBound else { return 1 }
    return max(0.1, 1 - (probability - learningZone.upperBound) / 0.17)
  }
}
