import GRDB
import SatchelCore

/// One learner's records on their way through a projection: rows are read, then folded, then written.
///
/// Folding in the middle needs no database, so that the learners of a batch can share the cores for it.
struct PendingFold: Sendable {
  /// The learner's row.
  private let learner: Int64
  private let records: [Record]
  private var itemRows: [ItemID: Int64] = [:]
  private var skillRows: [SkillID: Int64] = [:]
  private var fold: LearnerFold

  /// Reads the rows that `records` touch, each once.
  ///
  /// - Parameters:
  ///   - records: hers, in ``RecordOrder``, after all that were folded before.
  ///   - state: her own row as folded before.
  ///   - isNew: nothing was ever folded for her, so there is nothing to read.
  init(
    _ records: [Record], of learner: Int64, onto state: [UInt8]?, isNew: Bool,
    keys: inout KeyRows, _ db: Database
  ) throws {
    self.learner = learner
    self.records = records
    fold = LearnerFold(learner: state)
    var last: [SkillID]?
    for record in records {
      guard let item = record.event.item else { continue }
      let named = record.event.skills
      itemRows[item] = try keys.item(item, skills: named)
      if last == named { continue }
      for skill in named { skillRows[skill] = try keys.skill(skill) }
      last = named
    }
    if isNew { return }
    fold.items = try load(
      itemRows, "SELECT state FROM item_progress WHERE learner = ? AND item = ?", db)
    fold.skills = try load(
      skillRows, "SELECT state FROM mastery WHERE learner = ? AND skill = ?", db)
  }

  /// The learner's own row, once it is folded.
  var state: [UInt8]? { fold.learner }

  func folded(by projection: any Projection) -> PendingFold {
    var out = self
    projection.fold(records, into: &out.fold)
    return out
  }

  /// Writes the folded rows, each once.
  func save(_ db: Database) throws {
    try save(
      fold.items, rows: itemRows,
      "INSERT OR REPLACE INTO item_progress (learner, item, state) VALUES (?, ?, ?)", db)
    try save(
      fold.skills, rows: skillRows,
      "INSERT OR REPLACE INTO mastery (learner, skill, state) VALUES (?, ?, ?)", db)
  }

  private func load<Kind>(_ rows: [ContentKey<Kind>: Int64], _ sql: String, _ db: Database) throws
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
    _ states: [ContentKey<Kind>: [UInt8]], rows: [ContentKey<Kind>: Int64], _ sql: String,
    _ db: Database
  ) throws {
    let statement = try HotStatement(db, sql)
    let ordered = states.compactMap { key, state in rows[key].map { (row: $0, state: state) } }
    for (row, state) in ordered.sorted(by: { $0.row < $1.row }) {
      try statement.run([.integer(learner), .integer(row), .blob(state)])
    }
  }
}
