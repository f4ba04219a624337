import GRDB
import SatchelCore

/// One learner's records on their way through a projection: rows are read, then folded, then written.
///
/// Folding in the middle needs no database, so that the learners of a batch can share the cores for it.
struct PendingFold: Sendable {
  /// The learner's row.
  private let learner: Int64
  private var batch: FoldBatch
  /// Rows of the batch's items and skills, by their places in it.
  private var itemRows: [Int64]
  private var skillRows: [Int64]

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
    batch = FoldBatch(records)
    batch.learner = state
    itemRows = [Int64](repeating: 0, count: batch.items.count)
    for (item, skills) in batch.named {
      itemRows[item] = try keys.item(batch.items[item], skills: skills)
    }
    skillRows = try batch.skills.map { try keys.skill($0) }
    if isNew { return }
    batch.itemRows = try load(
      itemRows, "SELECT state FROM item_progress WHERE learner = ? AND item = ?", db)
    batch.skillRows = try load(
      skillRows, "SELECT state FROM mastery WHERE learner = ? AND skill = ?", db)
  }

  /// The learner's own row, once it is folded.
  var state: [UInt8]? { batch.learner }

  func folded(by projection: any Projection) -> PendingFold {
    var out = self
    projection.fold(&out.batch)
    return out
  }

  /// Writes the folded rows, each once.
  func save(_ db: Database) throws {
    try save(
      batch.itemRows, rows: itemRows,
      "INSERT OR REPLACE INTO item_progress (learner, item, state) VALUES (?, ?, ?)", db)
    try save(
      batch.skillRows, rows: skillRows,
      "INSERT OR REPLACE INTO mastery (learner, skill, state) VALUES (?, ?, ?)", db)
  }

  private func load(_ rows: [Int64], _ sql: String, _ db: Database) throws -> [[UInt8]?] {
    var out = [[UInt8]?](repeating: nil, count: rows.count)
    let statement = try HotStatement(db, sql)
    for place in Self.inOrder(rows) {
      try statement.run(learner, rows[place]) { out[place] = $0.blob(0) }
    }
    return out
  }

  private func save(_ states: [[UInt8]?], rows: [Int64], _ sql: String, _ db: Database) throws {
    let statement = try HotStatement(db, sql)
    for place in Self.inOrder(rows) {
      guard let state = states[place] else { continue }
      try statement.run(learner, rows[place], state)
    }
  }

  /// Places in the order of row ids, which is the order of the table: appending fills its pages, random order half, and
  /// the next row is mostly on the page of the last.
  private static func inOrder(_ rows: [Int64]) -> [Int] {
    rows.indices.sorted { rows[$0] < rows[$1] }
  }
}
