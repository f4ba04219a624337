import GRDB
import SatchelCore

/// Row ids of items, skills, learners and replicas within one transaction, made where they are missing.
///
/// Keys stand once in the file; every other table names them by row id. Row ids are local: nothing that leaves the
/// store, and no order that anybody sees, depends on them.
struct KeyRows {
  private let db: Database
  private var items: [ItemID: Int64] = [:]
  private var stubs: [Int64: Set<SkillID>] = [:]
  private var skills: [SkillID: Int64] = [:]
  /// Whether an item was made, or got another skill, so that recommendations have other candidates than before.
  private(set) var changedContent = false

  init(_ db: Database) { self.db = db }

  mutating func skill(_ key: SkillID) throws -> Int64 {
    if let row = skills[key] { return row }
    let row = try find("SELECT id FROM skill WHERE key = ?", key.text)
    let id = try row ?? insert("INSERT INTO skill (key) VALUES (?)", key.text)
    skills[key] = id
    return id
  }

  /// The row of `key`; an item that no pack describes gets a row with the skills that records name.
  ///
  /// Those skills are the union over all records, in the order of their keys: the same in whatever order records come.
  mutating func item(_ key: ItemID, skills named: [SkillID]) throws -> Int64 {
    let row = try itemRow(key)
    guard let known = stubs[row], !known.isSuperset(of: named) else { return row }
    let union = known.union(named)
    stubs[row] = union
    changedContent = true
    try db.execute(sql: "DELETE FROM item_skill WHERE item = ?", arguments: [row])
    try setSkills(union.sorted(), of: row)
    return row
  }

  mutating func setSkills(_ ordered: [SkillID], of item: Int64) throws {
    let statement = try HotStatement(
      db, "INSERT INTO item_skill (item, position, skill) VALUES (?, ?, ?)")
    for (position, key) in ordered.enumerated() {
      try statement.run([.integer(item), .integer(Int64(position)), .integer(try skill(key))])
    }
  }

  private mutating func itemRow(_ key: ItemID) throws -> Int64 {
    if let row = items[key] { return row }
    var found: (row: Int64, isStub: Bool)?
    try HotStatement(db, "SELECT id, topic IS NULL FROM item WHERE key = ?").run([.text(key.text)])
    {
      found = ($0.integer(0), $0.integer(1) != 0)
    }
    let row = try found?.row ?? insert("INSERT INTO item (key) VALUES (?)", key.text)
    items[key] = row
    if found == nil { changedContent = true }
    if found?.isStub ?? true { stubs[row] = try skillsOfStub(row, isNew: found == nil) }
    return row
  }

  private func skillsOfStub(_ item: Int64, isNew: Bool) throws -> Set<SkillID> {
    var out: Set<SkillID> = []
    if isNew { return out }
    let sql = "SELECT key FROM item_skill JOIN skill ON skill.id = item_skill.skill WHERE item = ?"
    try HotStatement(db, sql).run([.integer(item)]) { out.insert(SkillID(checked: $0.text(0))) }
    return out
  }

  private func find(_ sql: String, _ key: String) throws -> Int64? {
    var out: Int64?
    try HotStatement(db, sql).run([.text(key)]) { out = $0.integer(0) }
    return out
  }

  private func insert(_ sql: String, _ key: String) throws -> Int64 {
    try HotStatement(db, sql).run([.text(key)])
    return db.lastInsertedRowID
  }
}
