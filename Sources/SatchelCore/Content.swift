/// A text in one or more languages, keyed by language code.
public struct LocalizedText: Hashable, Sendable {
  public var byLanguage: [String: String]

  public init(_ byLanguage: [String: String]) { self.byLanguage = byLanguage }

  /// The text in `language`, else in English, else in whichever language comes first by its code.
  public func text(in language: Language) -> String {
    byLanguage[language.rawValue] ?? byLanguage["en"]
      ?? byLanguage.min { $0.key < $1.key }?.value ?? ""
  }
}

/// Something to be learned, such as adding fractions; it may ask for other skills first.
public struct Skill: Hashable, Sendable {
  public var id: SkillID
  public var title: LocalizedText
  /// Skills that should be mastered before this one.
  public var prerequisites: [SkillID]

  public init(id: SkillID, title: LocalizedText, prerequisites: [SkillID] = []) {
    self.id = id
    self.title = title
    self.prerequisites = prerequisites
  }
}

/// A course, its topics in order.
public struct Course: Hashable, Sendable {
  public var id: CourseID
  public var title: LocalizedText
  public var topics: [Topic]

  public init(id: CourseID, title: LocalizedText, topics: [Topic]) {
    self.id = id
    self.title = title
    self.topics = topics
  }
}

/// A chapter of a course.
public struct Topic: Hashable, Sendable {
  public var id: TopicID
  public var title: LocalizedText

  public init(id: TopicID, title: LocalizedText) {
    self.id = id
    self.title = title
  }
}

/// One thing to do: a question with choices or an expected answer, and an explanation.
public struct Item: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// One of ``choices`` is right.
    case choice
    /// The answer is typed and compared with ``answers``.
    case answer
    /// To be read or watched; not answered.
    case lesson
  }

  public var id: ItemID
  public var topic: TopicID
  public var kind: Kind
  /// The skills that it exercises, the main one first.
  public var skills: [SkillID]
  /// The author's guess, 0 (everybody) to 1 (nobody): what is used until answers tell better.
  public var difficulty: Double?
  public var question: LocalizedText
  /// What to choose from, for ``Kind/choice``.
  public var choices: [LocalizedText]
  /// The index of the right choice, for ``Kind/choice``.
  public var correctChoice: Int?
  /// The texts that count as right, for ``Kind/answer``.
  public var answers: [String]
  public var explanation: LocalizedText
  /// SHA-256 of each medium that it shows, as 64 hex digits.
  public var media: [String]

  public init(
    id: ItemID, topic: TopicID, kind: Kind, skills: [SkillID], difficulty: Double? = nil,
    question: LocalizedText, choices: [LocalizedText] = [], correctChoice: Int? = nil,
    answers: [String] = [], explanation: LocalizedText, media: [String] = []
  ) {
    self.id = id
    self.topic = topic
    self.kind = kind
    self.skills = skills
    self.difficulty = difficulty
    self.question = question
    self.choices = choices
    self.correctChoice = correctChoice
    self.answers = answers
    self.explanation = explanation
    self.media = media
  }
}

/// A picture, a sound or a film, named by what it holds.
public struct Medium: Hashable, Sendable {
  /// 64 hex digits.
  public var sha256: String
  /// Such as `image/png`.
  public var type: String
  public var bytes: [UInt8]

  public init(sha256: String, type: String, bytes: [UInt8]) {
    self.sha256 = sha256
    self.type = type
    self.bytes = bytes
  }
}

/// All that one pack holds, checked and ready to be put on the shelf.
public struct Content: Hashable, Sendable {
  public var courses: [Course]
  public var skills: [Skill]
  public var items: [Item]
  public var media: [Medium]

  public init(
    courses: [Course] = [], skills: [Skill] = [], items: [Item] = [], media: [Medium] = []
  ) {
    self.courses = courses
    self.skills = skills
    self.items = items
    self.media = media
  }
}
