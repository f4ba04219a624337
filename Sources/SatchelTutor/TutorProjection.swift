package import SatchelCore

/// What the tutor keeps of a learner's records: one ``LearnerState``, a ``SkillState`` a skill, an ``ItemState`` an item.
///
/// A call reads each row once, folds all records and writes each touched row once; a record costs O(its skills).
package struct TutorProjection: Projection {
  package init() {}

  package var version: Int { 2 }

  package func fold(_ batch: inout FoldBatch) {
    guard !batch.records.isEmpty else { return }
    var open = OpenFold(batch)
    for record in batch.records.indices { open.fold(record, of: batch) }
    open.close(into: &batch)
  }
}

/// A ``FoldBatch`` while its records are folded: typed states instead of rows of bytes.
///
/// A row that cannot be read counts as never folded: the store rebuilds rows of other versions before it comes to this.
struct OpenFold {
  private(set) var learner: LearnerState
  private(set) var skills: [SkillState]
  private(set) var items: [ItemState]
  private var isTouched: [Bool]
  private let itemHashes: [UInt32]
  private let skillHashes: [UInt32]

  init(_ batch: FoldBatch) {
    learner = batch.learner.flatMap(LearnerState.init(bytes:)) ?? LearnerState()
    skills = batch.skillRows.map { $0.flatMap(SkillState.init(bytes:)) ?? SkillState() }
    items = batch.itemRows.map { $0.flatMap(ItemState.init(bytes:)) ?? ItemState() }
    isTouched = [Bool](repeating: false, count: skills.count)
    itemHashes = batch.items.map { KeyHash.short($0.hash64) }
    skillHashes = batch.skills.map { KeyHash.short($0.hash64) }
  }

  /// Folds one record of the batch that this was opened from.
  mutating func fold(_ record: Int, of batch: FoldBatch) {
    // A setting or an anchor says nothing of what was learned.
    guard let item = batch.item(of: record) else { return }
    switch batch.records[record].event {
    case .attempt(let attempt):
      let slots = touched(record, of: batch)
      let answer = Answer(
        attempt, item: itemHashes[item], skill: slots.first.map { skillHashes[$0] } ?? 0,
        wallMilliseconds: batch.records[record].wallMilliseconds)
      answer.fold(into: &learner, &items[item], &skills, at: slots)
    case .view:
      learner.foldView()
      items[item].foldView()
    case .feedback(let feedback):
      learner.fold(feedback.kind)
      items[item].fold(feedback.kind)
      for slot in touched(record, of: batch) { skills[slot].fold(feedback.kind) }
    case .setting, .anchor: break
    }
  }

  func close(into batch: inout FoldBatch) {
    batch.learner = learner.encoded()
    for (place, state) in items.enumerated() { batch.itemRows[place] = state.encoded() }
    // A skill that was only in what a learner viewed has no state of its own.
    for (place, state) in skills.enumerated() where isTouched[place] {
      batch.skillRows[place] = state.encoded()
    }
  }

  private mutating func touched(_ record: Int, of batch: FoldBatch) -> [Int] {
    let slots = batch.skills(of: record)
    for slot in slots { isTouched[slot] = true }
    return slots
  }
}
