package import SatchelCore

/// Makes rows with the same keys hold the same strings and arrays, so that a row is little more than its references.
package struct SharedKeys {
  private var learners: Set<String> = []
  private var items: Set<ItemID> = []
  private var skills: Set<[SkillID]> = []

  package init() {}

  package mutating func sharing(_ row: Interaction) -> Interaction {
    var row = row
    row.learner = learners.insert(row.learner).memberAfterInsert
    row.item = items.insert(row.item).memberAfterInsert
    row.skills = skills.insert(row.skills).memberAfterInsert
    return row
  }
}
