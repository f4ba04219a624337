import GRDB
import SatchelCore

/// Carries one learner's folded rows from the tables through a projection and back.
struct FoldRows {
  private let db: Database
  private let learner: Int64
  /// Nothing was ever folded for her, so there is nothing to read.
  private let isNew: Bool

  init(_ db: Database, learner: Int64, isNew: Bool) throws {
    self.db = db
    self.learner = learner
    self.isNew = isNew
  }

  /// Folds `records` onto the rows that they touch, each read once and written once.
  func fold(
    _ records: [Record], onto state: [UInt8]?, by projection: any Projection, keys: inout KeyRows,
    keep: ([UInt8]?) -> Void
  ) throws {
    var items: [ItemID: Int64] = [:]
    var skills: [SkillID: Int64] = [:]
    var last: [SkillID]?
    for record in records {
      guard let item = record.event.item else { continue }
      let named = record.event.skills
      items[item] = try keys.item(item, skills: named)
      if last == named { continue }
      for skill in named { skills[skill] = try keys.skill(skill) }
      last = named
    }
    var fold = LearnerFold(learner: state)
    if !isNew {
      fold.items = try load(items, "SELECT state FROM item_progress WHERE learner = ? AND item = ?")
      fold.skills = try load(skills, "SELECT state FROM mastery WHERE learner = ? AND skill = ?")
    }
    projection.fold(records, into: &fold)
    try save(
      fold.items, rows: items,
      "INSERT OR REPLACE INTO item_progress (learner, item, state) VALUES (?, ?, ?)")
    try save(
      fold.skills, rows: skills,
      "INSERT OR REPLACE INTO mastery (learner, skill, state) VALUES (?, ?, ?)")
    keep(fold.learner)
  }

  private func load<Kind>(_ rows: [ContentKey<Kind>: Int64], _ sql: String) throws
    -> [ContentKey<Kind>: [UInt8]]
  {
    var out: [ContentKey<Kind>: [UInt8]] = [:]
    let statement = try HotStatement(db, sql)
    for (key, row) in rows {
      try statement.run([.integer(learner), .integer(row)]) { out[key] = $0.blob(0) }
    }
    return out
  }

  /// Writes in the order of row ids, which is the order of the table: appending fills its pages, random order half.
  private func save<Kind>(
    _ states: [ContentKey<Kind>: [UInt8]], rows: [ContentKey<Kind>: Int64], _ sql: String
  ) throws {
    let statement = try HotStatement(db, sql)
    let ordered = states.compactMap { key, state in rows[key].map { (row: $0, state: state) } }
    for (row, state) in ordered.sorted(by: { $0.row < $1.row }) {
      try statement.run([.integer(learner), .integer(row), .blob(state)])
    }
  }
}
