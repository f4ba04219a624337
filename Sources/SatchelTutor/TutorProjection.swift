package import SatchelCore

/// What the tutor keeps of a learner's records: one ``LearnerState``, a ``SkillState`` a skill, an ``ItemState`` an item.
///
/// A call reads each row once, folds all records and writes each touched row once; a record costs O(its skills).
package struct TutorProjection: Projection {
  package init() {}

  package var version: Int { 1 }

  package func fold(_ records: [Record], into state: inout LearnerFold) {
    guard !records.isEmpty else { return }
    var open = OpenFold(state)
    for record in records { open.fold(record) }
    open.close(into: &state)
  }
}

/// A ``LearnerFold`` while records are folded into it: typed states in arrays, found by key.
///
/// A row that cannot be read counts as never folded: the store rebuilds rows of other versions before it comes to this.
struct OpenFold {
  private var source: LearnerFold
  var learner: LearnerState
  private(set) var skills: [SkillState] = []
  private(set) var items: [ItemState] = []
  private var skillSlots: [SkillID: Int] = [:]
  private var itemSlots: [ItemID: Int] = [:]
  private var itemHashes: [UInt32] = []
  private var touchedSkills: [Int] = []

  init(_ fold: LearnerFold) {
    source = fold
    learner = fold.learner.flatMap(LearnerState.init(bytes:)) ?? LearnerState()
  }

  mutating func fold(_ record: Record) {
    switch record.event {
    case .attempt(let attempt): fold(attempt, wallMilliseconds: record.wallMilliseconds)
    case .view(let view):
      learner.foldView()
      let item = slot(of: view.item)
      items[item].foldView()
    case .feedback(let feedback):
      learner.fold(feedback.kind)
      let item = slot(of: feedback.item)
      items[item].fold(feedback.kind)
      for skill in Set(feedback.skills) {
        let slot = slot(of: skill)
        skills[slot].fold(feedback.kind)
      }
    case .setting, .anchor: break
    }
  }

  mutating func close(into fold: inout LearnerFold) {
    // Let go of the rows that were read, or each dictionary is copied at its first write.
    source = LearnerFold()
    fold.learner = learner.encoded()
    for (skill, slot) in skillSlots { fold.skills[skill] = skills[slot].encoded() }
    for (item, slot) in itemSlots { fold.items[item] = items[slot].encoded() }
  }

  private mutating func fold(_ attempt: Attempt, wallMilliseconds: Int64) {
    let item = slot(of: attempt.item)
    let answer = Answer(attempt, item: itemHashes[item], wallMilliseconds: wallMilliseconds)
    touchedSkills.removeAll(keepingCapacity: true)
    for skill in attempt.skills {
      let slot = slot(of: skill)
      // A skill named twice in one record is exercised once.
      if !touchedSkills.contains(slot) { touchedSkills.append(slot) }
    }
    answer.fold(into: &learner, &items[item], &skills, at: touchedSkills)
  }

  mutating func slot(of skill: SkillID) -> Int {
    if let slot = skillSlots[skill] { return slot }
    skillSlots[skill] = skills.count
    skills.append(source.skills[skill].flatMap(SkillState.init(bytes:)) ?? SkillState())
    return skills.count - 1
  }

  mutating func slot(of item: ItemID) -> Int {
    if let slot = itemSlots[item] { return slot }
    itemSlots[item] = items.count
    items.append(source.items[item].flatMap(ItemState.init(bytes:)) ?? ItemState())
    itemHashes.append(KeyHash.short(item.hash64))
    return items.count - 1
  }
}
