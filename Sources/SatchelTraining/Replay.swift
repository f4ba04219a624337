internal import SatchelCore
internal import SatchelTutor

/// Walks over one learner's rows as the device does over her records, with indices in place of keys.
struct Replay {
  private let rows: CleanedRows
  private let itemHashes: [UInt64]
  private let shortHashes: [UInt32]
  private let skillHashes: [UInt64]
  private let shortSkills: [UInt32]
  private var learner = LearnerState()
  private var skills: [SkillState]
  private var items: [ItemState]
  private var touchedSkills: [Int] = []
  private var touchedItems: [Int] = []
  private var slots: [Int] = []

  init(_ rows: CleanedRows) {
    self.rows = rows
    itemHashes = rows.items.map(\.hash64)
    shortHashes = itemHashes.map(KeyHash.short)
    skillHashes = rows.skills.map(\.hash64)
    shortSkills = skillHashes.map(KeyHash.short)
    skills = Array(repeating: SkillState(), count: rows.skills.count)
    items = Array(repeating: ItemState(), count: rows.items.count)
  }

  /// Walks over all rows of one learner, from nothing.
  ///
  /// - Parameters:
  ///   - inputs: [her rows, 76]; each as it is before its answer.
  ///   - answers: [her rows, 4]; what the recurrent state is told of each answer.
  mutating func run(
    _ learner: Int, _ features: Features, inputs: UnsafeMutablePointer<Float>,
    answers: UnsafeMutablePointer<Float>
  ) {
    start()
    withUnsafeTemporaryAllocation(of: Float.self, capacity: FeatureSchema.count) { whole in
      guard let whole = whole.baseAddress else { return }
      for (number, row) in rows.rowsOfLearner[learner].enumerated() {
        write(row, knowledge(row, features), features, to: whole)
        let place = inputs + number * FeatureSchema.computed
        for column in 0..<FeatureSchema.computed { place[column] = whole[column] }
        if rows.isDuplicate[row] { continue }
        fold(row)
        features.writeAnswer(
          self.learner, age: 0, to: answers + number * FeatureSchema.answerNumbers)
      }
    }
  }

  /// Begins a learner who has done nothing yet.
  mutating func start() {
    learner = LearnerState()
    for skill in touchedSkills { skills[skill] = SkillState() }
    for item in touchedItems { items[item] = ItemState() }
    touchedSkills.removeAll(keepingCapacity: true)
    touchedItems.removeAll(keepingCapacity: true)
  }

  func isFirst(_ row: Int) -> Bool { items[Int(rows.item[row])].attempts == 0 }

  func knowledge(_ row: Int, _ features: Features) -> Features.ItemKnowledge {
    features.knowledge(
      of: itemHashes[Int(rows.item[row])],
      skills: rows.skills(of: row).map { skillHashes[Int($0)] }, difficulty: nil)
  }

  /// Writes the inputs of `row` as they are before its answer is folded.
  func write(
    _ row: Int, _ known: Features.ItemKnowledge, _ features: Features,
    to out: UnsafeMutablePointer<Float>
  ) {
    let item = items[Int(rows.item[row])]
    features.writeRow(
      learner: learner, skills: rows.skills(of: row).map { skills[Int($0)] },
      item: item.attempts == 0 ? nil : item, known: known, nowSeconds: rows.seconds[row], to: out)
  }

  mutating func fold(_ row: Int) {
    let item = Int(rows.item[row])
    slots.removeAll(keepingCapacity: true)
    for skill in rows.skills(of: row) { slots.append(Int(skill)) }
    touchedSkills += slots
    touchedItems.append(item)
    let duration = rows.foldedLogDuration[row]
    let answer = Answer(
      item: shortHashes[item], skill: slots.first.map { shortSkills[$0] } ?? 0,
      isCorrect: rows.isCorrect[row], seconds: rows.seconds[row],
      logDuration: duration < 0 ? nil : duration)
    answer.fold(into: &learner, &items[item], &skills, at: slots)
  }
}
