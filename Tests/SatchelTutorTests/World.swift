import SatchelCore

@testable import SatchelTutor

/// Random numbers whose seed is printed by whoever uses them (SplitMix64).
struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}

/// A learner at work: each verb appends a record.
struct Diary {
  static let start: Int64 = 1_790_000_000_000
  static let day: Int64 = 86_400_000

  private(set) var records: [Record] = []
  var now = Diary.start

  mutating func answers(
    _ item: String, _ isCorrect: Bool, skills: [String] = ["adding"], after seconds: Int64 = 30,
    spending durationMilliseconds: UInt32? = 9000
  ) {
    append(
      .attempt(
        Attempt(
          item: ItemID(checked: item), skills: skills.map { SkillID(checked: $0) },
          isCorrect: isCorrect, durationMilliseconds: durationMilliseconds)), seconds)
  }

  mutating func says(_ kind: Feedback.Kind, of item: String, skills: [String] = ["adding"]) {
    append(
      .feedback(
        Feedback(
          item: ItemID(checked: item), skills: skills.map { SkillID(checked: $0) }, kind: kind)), 5)
  }

  mutating func views(_ item: String, skills: [String] = []) {
    append(
      .view(View(item: ItemID(checked: item), skills: skills.map { SkillID(checked: $0) })), 60)
  }

  private mutating func append(_ event: Event, _ seconds: Int64) {
    now += seconds * 1000
    records.append(
      Record(
        learner: LearnerID(high: 7, low: 7), author: ReplicaID(high: 1, low: 1),
        time: HybridTime(bits: UInt64(records.count + 1)), wallMilliseconds: now, session: 1,
        event: event))
  }

  var fold: LearnerFold {
    var fold = LearnerFold()
    TutorProjection().fold(records, into: &fold)
    return fold
  }
}

extension Diary {
  /// Anything that a learner can do, with a clock that jumps.
  static func random(_ count: Int, using dice: inout Dice) -> Diary {
    var diary = Diary()
    for _ in 0..<count {
      let item = "item-\(Int.random(in: 0..<12, using: &dice))"
      let skills = (0..<Int.random(in: 0...3, using: &dice)).map { _ in
        "skill-\(Int.random(in: 0..<5, using: &dice))"
      }
      if Int.random(in: 0..<10, using: &dice) == 0 {
        diary.now += Int64.random(in: -400...400, using: &dice) * day
      }
      switch Int.random(in: 0..<10, using: &dice) {
      case 0: diary.views(item)
      case 1:
        diary.says(
          Feedback.Kind.allCases.randomElement(using: &dice) ?? .liked, of: item, skills: skills)
      default:
        diary.answers(
          item, Bool.random(using: &dice), skills: skills,
          after: Int64.random(in: 0...4000, using: &dice),
          spending: Bool.random(using: &dice) ? UInt32.random(in: 0...9_000_000, using: &dice) : nil
        )
      }
    }
    return diary
  }
}

/// A small course: adding, then multiplying, then fractions; four items each.
enum School {
  static let skills = ["adding", "multiplying", "fractions"]

  static let candidates: [Candidate] = (0..<12).map { number in
    let skill = skills[number / 4]
    return Candidate(
      item: ItemID(checked: "\(skill)-\(number % 4)"), skills: [SkillID(checked: skill)],
      difficulty: 0.4, position: number)
  }

  static let prerequisites: [SkillID: [SkillID]] = [
    SkillID(checked: "multiplying"): [SkillID(checked: "adding")],
    SkillID(checked: "fractions"): [SkillID(checked: "multiplying")],
  ]

  static func ranking(
    _ tutor: Tutor, _ fold: LearnerFold, goal: String? = nil, now: Int64 = Diary.start + Diary.day
  ) -> [Recommendation] {
    let course = tutor.prepare(candidates: candidates, prerequisites: prerequisites)
    return tutor.recommend(
      from: course, fold: fold, goal: goal.map { SkillID(checked: $0) }, nowMilliseconds: now,
      limit: 12)
  }
}

extension Weights {
  /// A model with random numbers that knows the items of ``School``.
  static func random(seed: UInt64) -> Weights {
    var dice = Dice(state: seed)
    func numbers(_ count: Int, _ size: Float) -> [Float] {
      (0..<count).map { _ in Float.random(in: -size...size, using: &dice) }
    }
    var parameters = numbers(Network.parameterCount, 0.2)
    for row in 0..<Network.hidden2 + 1 {
      for column in Network.heads..<Network.headStride {
        parameters[Network.Part.weights3.offset + row * Network.headStride + column] = 0
      }
    }
    let itemWidth = ModelTables.itemNumbers + ModelTables.itemVector
    let skillWidth = ModelTables.skillNumbers + ModelTables.skillVector
    let items = School.candidates.dropLast(3).map { ($0.item.hash64, numbers(itemWidth, 2)) }
    let skills = School.skills.dropLast().map {
      (SkillID(checked: $0).hash64, numbers(skillWidth, 1))
    }
    return Weights(
      means: numbers(FeatureSchema.computed, 1), scales: numbers(FeatureSchema.computed, 1),
      network: Network(parameters: parameters),
      tables: ModelTables(
        items: KeyTable(width: itemWidth, rows: items.map { (hash: $0.0, values: $0.1) }),
        skills: KeyTable(width: skillWidth, rows: skills.map { (hash: $0.0, values: $0.1) }),
        baseLogit: 0.4),
      calibration: Calibration(slope: 0.9, shift: 0.1))
  }
}
