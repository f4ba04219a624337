package import SatchelCore

/// A class that never was: learners who differ, learn, forget, and answer the items of a course.
///
/// The generator, step by step, each draw from one ``SeededRandom``:
///
/// 1. A learner has an ability a ~ N(0, 0.9) and a pace of 20 s * e^N(0, 0.35) an answer.
/// 2. Each item has an ease e = 1.2 - 2.4 * difficulty + N(0, 0.5), the author's guess and what she did not know. A choice
///    of n is guessed right in one of n cases, another item never.
/// 3. A skill's strength starts at 0 and grows by 0.45 * (1.25 right, 0.85 wrong) * (0.35 + 0.65 * share of mastered
///    prerequisites) an answer, less as it nears 3; it falls back by half to 0.6 of its peak within 20 days.
/// 4. Knowing: logit = a + e + strength - 0.6 - 0.8 * share of prerequisites not mastered (strength below 1).
///    Right = guess + (1 - guess) * logistic(logit), and 2 % are slips.
/// 5. Learners come for sittings of 6 to 14 answers, 0.3 to 4 days apart, and mostly take one of the first three
///    skills that they have not mastered but whose prerequisites they have; one in seven such choices jumps ahead, and a
///    fifth of all answers review an older skill. Three wrong in a row end a sitting in half of
///    the cases.
/// 6. The time spent is the pace * e^(N(0, 0.4) + 0.3 if wrong - 0.15 * strength).
package struct ClassSimulator: Sendable {
  package var learners: Int
  package var answersPerLearner: Int
  package var seed: UInt64
  /// When the first sitting of the class begins, milliseconds since 1970.
  package var startMilliseconds: Int64

  /// - Parameter startMilliseconds: 2026-09-01 00:00 UTC, unless told otherwise.
  package init(
    learners: Int = 200, answersPerLearner: Int = 120, seed: UInt64 = 1,
    startMilliseconds: Int64 = 1_788_220_800_000
  ) {
    self.learners = learners
    self.answersPerLearner = answersPerLearner
    self.seed = seed
    self.startMilliseconds = startMilliseconds
  }

  /// The class's answers to the items of `content`, learner after learner, each in order of time; learners are named
  /// `s001`, `s002` and so on.
  ///
  /// - Throws: `training.badData` when no item of the content exercises a skill and can be answered.
  package func interactions(of content: Content) throws(SatchelError) -> [Interaction] {
    var random = SeededRandom(seed: seed)
    let world = SimulatedCourse(content, &random)
    guard !world.order.isEmpty else {
      throw SatchelError(.trainingData, subject: "content", cause: "no item can be answered")
    }
    var interactions: [Interaction] = []
    for number in 0..<max(0, learners) {
      let digits = String(number + 1)
      let name = "s" + String(repeating: "0", count: max(0, 3 - digits.count)) + digits
      var learner = SimulatedLearner(world, startMilliseconds, &random)
      // Some leave early, some stay long: 60 to 140 in a hundred of the usual.
      let answers = Double(answersPerLearner) * (0.6 + 0.8 * random.uniform())
      while learner.answered < Int(answers) {
        learner.sit(name, &random, into: &interactions, atMost: Int(answers) - learner.answered)
      }
    }
    return interactions
  }
}

/// The course as the simulation sees it.
struct SimulatedCourse {
  struct SimulatedItem {
    var id: ItemID
    var skills: [Int]
    var keys: [SkillID]
    var ease: Double
    var guess: Double
  }

  private(set) var items: [SimulatedItem] = []
  /// Skills that some item exercises as its main one, those without prerequisites first.
  private(set) var order: [Int] = []
  private(set) var prerequisites: [[Int]] = []
  private(set) var itemsOfSkill: [[Int]] = []

  init(_ content: Content, _ random: inout SeededRandom) {
    let index = Dictionary(
      content.skills.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    prerequisites = content.skills.map { $0.prerequisites.compactMap { index[$0] } }
    itemsOfSkill = Array(repeating: [], count: content.skills.count)
    for item in content.items where item.kind != .lesson {
      let skills = item.skills.compactMap { index[$0] }
      guard let main = skills.first else { continue }
      itemsOfSkill[main].append(items.count)
      let guess = item.kind == .choice ? 1 / Double(max(2, item.choices.count)) : 0
      items.append(
        SimulatedItem(
          id: item.id, skills: skills, keys: item.skills,
          ease: 1.2 - 2.4 * (item.difficulty ?? 0.5) + random.normal() * 0.5, guess: guess))
    }
    order = Self.sorted(prerequisites).filter { !itemsOfSkill[$0].isEmpty }
  }

  /// Prerequisites before what builds on them; what stands in a cycle comes last, in its given order.
  private static func sorted(_ prerequisites: [[Int]]) -> [Int] {
    var order: [Int] = []
    var isPlaced = [Bool](repeating: false, count: prerequisites.count)
    var isMoving = true
    while isMoving {
      isMoving = false
      for skill in prerequisites.indices
      where !isPlaced[skill] && prerequisites[skill].allSatisfy({ isPlaced[$0] }) {
        isPlaced[skill] = true
        order.append(skill)
        isMoving = true
      }
    }
    return order + prerequisites.indices.filter { !isPlaced[$0] }
  }
}
