internal import SatchelCore

/// One learner of ``ClassSimulator``, whose steps its comment numbers.
struct SimulatedLearner {
  private let course: SimulatedCourse
  private let ability: Double
  private let paceSeconds: Double
  private var clock: Int64
  private var peak: [Double]
  private var lastPractice: [Int64]
  private(set) var answered = 0
  private var lastItem: Int?

  static let masteredStrength = 1.0
  static let dayMilliseconds = 86_400_000.0

  init(_ course: SimulatedCourse, _ startMilliseconds: Int64, _ random: inout SeededRandom) {
    self.course = course
    ability = random.normal() * 0.9
    paceSeconds = 20 * ExactMath.exp(random.normal() * 0.35)
    clock = startMilliseconds + Int64(random.uniform() * 2 * Self.dayMilliseconds)
    peak = Array(repeating: 0, count: course.prerequisites.count)
    lastPractice = Array(repeating: 0, count: course.prerequisites.count)
  }

  /// One sitting: appends its answers.
  mutating func sit(
    _ name: String, _ random: inout SeededRandom, into interactions: inout [Interaction],
    atMost limit: Int
  ) {
    var wrongInARow = 0
    for _ in 0..<min(limit, 6 + random.below(9)) {
      let index = choose(&random)
      let isCorrect = answer(index, &random, name, into: &interactions)
      wrongInARow = isCorrect ? 0 : wrongInARow + 1
      if wrongInARow >= 3, random.uniform() < 0.5 { break }
    }
    clock += Int64((0.3 + 3.7 * random.uniform()) * Self.dayMilliseconds)
  }

  /// What is left of a skill now: half of what can be forgotten goes in 20 days.
  private func strength(_ skill: Int) -> Double {
    let days = Double(clock - lastPractice[skill]) / Self.dayMilliseconds
    return peak[skill] * (0.6 + 0.4 * ExactMath.exp(-max(0, days) * 0.6931471805599453 / 20))
  }

  /// The share of a skill's prerequisites that are mastered; 1 without any.
  private func readiness(_ skill: Int) -> Double {
    let before = course.prerequisites[skill]
    guard !before.isEmpty else { return 1 }
    return Double(before.count { strength($0) >= Self.masteredStrength }) / Double(before.count)
  }

  private func choose(_ random: inout SeededRandom) -> Int {
    let open = course.order.filter { strength($0) < Self.masteredStrength }
    let met = course.order.filter { peak[$0] > 0 }
    let skill: Int
    if open.isEmpty || (!met.isEmpty && random.uniform() < 0.2) {
      skill = met.isEmpty ? course.order[0] : met[random.below(met.count)]
    } else {
      let ready = open.filter { readiness($0) >= 1 }
      let next = ready.isEmpty || random.uniform() < 0.15 ? open : ready
      skill = next[random.below(min(3, next.count))]
    }
    let items = course.itemsOfSkill[skill]
    let item = items[random.below(items.count)]
    // Nobody is asked the same thing twice running, where there is another.
    return item == lastItem && items.count > 1 ? items[random.below(items.count)] : item
  }

  private mutating func answer(
    _ index: Int, _ random: inout SeededRandom, _ name: String,
    into interactions: inout [Interaction]
  ) -> Bool {
    let item = course.items[index]
    let count = Double(item.skills.count)
    let strengths = item.skills.map(strength).reduce(0, +) / count
    let ready = item.skills.map(readiness).reduce(0, +) / count
    let logit = ability + item.ease + strengths - 0.6 - 0.8 * (1 - ready)
    let knows = ExactMath.sigmoid(logit)
    let isCorrect = random.uniform() < 0.98 * (item.guess + (1 - item.guess) * knows)
    let spread = random.normal() * 0.4 + (isCorrect ? 0 : 0.3) - 0.15 * strengths
    let seconds = min(600, max(2, paceSeconds * ExactMath.exp(spread)))
    clock += Int64(seconds * 1000)
    interactions.append(
      Interaction(
        learner: name, item: item.id, skills: item.keys, isCorrect: isCorrect,
        timestampMilliseconds: clock, durationMilliseconds: UInt32(seconds * 10) * 100))
    for skill in item.skills { learn(skill, isCorrect) }
    clock += 4000 + Int64(random.uniform() * 8000)
    answered += 1
    lastItem = index
    return isCorrect
  }

  private mutating func learn(_ skill: Int, _ isCorrect: Bool) {
    let gain = 0.45 * (isCorrect ? 1.25 : 0.85) * (0.35 + 0.65 * readiness(skill))
    peak[skill] = strength(skill) + gain * max(0, 1 - peak[skill] / 3)
    lastPractice[skill] = clock
  }
}
