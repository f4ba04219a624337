import SatchelCore

@testable import SatchelTraining

/// A tiny simulated class, so that a training takes a second also in a debug build.
enum Classroom {
  static let content: Content = {
    let empty = LocalizedText([:])
    let skills = (0..<4).map { number in
      Skill(
        id: SkillID(checked: "skill-\(number)"), title: empty,
        prerequisites: number > 0 ? [SkillID(checked: "skill-\(number - 1)")] : [])
    }
    let items = (0..<24).map { number in
      Item(
        id: ItemID(checked: "item-\(number)"), topic: TopicID(checked: "t"),
        kind: number % 2 == 0 ? .choice : .answer, skills: [skills[number / 6].id],
        difficulty: Double(number % 6) / 5, question: empty,
        choices: Array(repeating: empty, count: 4), explanation: empty)
    }
    return Content(skills: skills, items: items)
  }()

  static func rows(learners: Int = 40, answers: Int = 40, seed: UInt64 = 1) throws -> [Interaction]
  {
    try ClassSimulator(learners: learners, answersPerLearner: answers, seed: seed)
      .interactions(of: content)
  }

  /// Folds by the number in the learner's name.
  static func folds(_ rows: [Interaction]) -> [String: Int] {
    Dictionary(
      rows.map { ($0.learner, (Int($0.learner.dropFirst()) ?? 0) % 5) },
      uniquingKeysWith: { first, _ in first })
  }

  static func quick(epochs: Int = 3) -> TrainingOptions {
    var options = TrainingOptions()
    options.epochs = epochs
    options.batchRows = 64
    options.teachers = 0
    options.neighbourBytes = 0
    return options
  }
}
