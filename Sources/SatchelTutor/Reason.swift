public import SatchelCore

/// One thing to do next, and why.
public struct Recommendation: Hashable, Sendable {
  public let item: ItemID
  /// 0...1; only its order means something.
  public let score: Double
  /// The chance of a right answer now, 0...1.
  public let probabilityCorrect: Double
  /// When its review is or was due, milliseconds since 1970; `nil` for an item never answered.
  public let dueMilliseconds: Int64?
  /// Those of the path, then those of the prediction, each the strongest first; never empty.
  public let reasons: [Reason]

  package init(
    item: ItemID, score: Double, probabilityCorrect: Double, dueMilliseconds: Int64?,
    reasons: [Reason]
  ) {
    self.item = item
    self.score = score
    self.probabilityCorrect = probabilityCorrect
    self.dueMilliseconds = dueMilliseconds
    self.reasons = reasons
  }
}

/// One reason for a recommendation: a term of its score, or what moved the model's prediction.
public struct Reason: Hashable, Sendable {
  public let code: ReasonCode
  /// For a reason of the path: what it adds to the score before that is squeezed into 0...1. For a reason of the
  /// prediction: by how much the probability of a right answer differs from that with this group at its average.
  public let weight: Double
  public let arguments: Arguments

  /// What the sentence speaks of.
  public struct Arguments: Hashable, Sendable {
    /// The skill concerned.
    public var skill: SkillID?
    /// A probability in percent, 0...100.
    public var percent: Int?
    /// Whole days.
    public var days: Int?

    public init(skill: SkillID? = nil, percent: Int? = nil, days: Int? = nil) {
      self.skill = skill
      self.percent = percent
      self.days = days
    }
  }

  package init(code: ReasonCode, weight: Double, arguments: Arguments = Arguments()) {
    self.code = code
    self.weight = weight
    self.arguments = arguments
  }

  /// The reason as a sentence.
  ///
  /// - Parameters:
  ///   - language: of the sentence.
  ///   - skillTitle: how the skill of ``arguments`` is called; without it, its key stands in the sentence.
  public func text(in language: Language, skillTitle: String? = nil) -> String {
    code.sentence(
      in: language, skill: skillTitle ?? arguments.skill?.text ?? "",
      percent: arguments.percent ?? 0, days: arguments.days ?? 0)
  }
}

/// The kinds of reasons; their raw values are a contract of the command line and the C interface.
public enum ReasonCode: String, CaseIterable, Sendable {
  // Of the path.
  case reviewDue
  case rightDifficulty
  case weakSkill
  case newSkillReady
  case nextInCourse
  case othersWentOn
  case goal
  case recentMistake
  case exploration
  case worthwhile
  case liked
  case toldTooEasy
  case toldTooHard
  case skipped
  case prerequisitesMissing
  case practisedLately
  case skillMastered
  // Of the prediction: one each way for each group of features.
  case itemEasy
  case itemHard
  case learnerStrong
  case learnerWeak
  case skillStrong
  case skillWeak
  case freshlyPractised
  case longPause
  case seenBefore
  case unfamiliar
  case wellRemembered
  case fadingMemory
  case quickAnswers
  case slowAnswers
}
