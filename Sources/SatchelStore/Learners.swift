internal import Foundation
internal import GRDB
package import SatchelCore

extension Store {
  /// Makes `learner` known; harmless when she is.
  package func add(_ learner: LearnerID) throws(SatchelError) {
    try write { db in
      var journal = try JournalTransaction(db, projection: projection)
      try journal.addLearner(learner)
      try journal.finish()
    }
  }

  package func knows(_ learner: LearnerID) throws(SatchelError) -> Bool {
    try read { db in try Self.knows(learner, db) }
  }

  static func knows(_ learner: LearnerID, _ db: Database) throws -> Bool {
    var isKnown = false
    try HotStatement(db, "SELECT 1 FROM learner WHERE learner = ?").run([.blob(learner.bytes)]) {
      _ in isKnown = true
    }
    return isKnown
  }

  /// All learners, in the order of their ids.
  package func learnerIDs() throws(SatchelError) -> [LearnerID] {
    try read { db in
      var out: [LearnerID] = []
      try HotStatement(db, "SELECT learner FROM learner ORDER BY learner").run([]) { row in
        if let learner = LearnerID(bytes: row.blob(0) ?? []) { out.append(learner) }
      }
      return out
    }
  }

  package func recordCount(of learner: LearnerID) throws(SatchelError) -> Int {
    try read { db in
      let sql = "SELECT records FROM learner WHERE learner = ?"
      return try Int.fetchOne(db, sql: sql, arguments: [Data(learner.bytes)]) ?? 0
    }
  }

  /// All folded rows of `learner`, of one moment.
  package func fold(of learner: LearnerID) throws(SatchelError) -> LearnerFold {
    try read { db in try Self.fold(of: learner, db) }
  }

  static func fold(of learner: LearnerID, _ db: Database) throws -> LearnerFold {
    var row: Int64?
    var out = LearnerFold()
    try HotStatement(db, "SELECT id, state FROM learner WHERE learner = ?").run([
      .blob(learner.bytes)
    ]) {
      row = $0.integer(0)
      out.learner = $0.blob(1)
    }
    guard let row else { return out }
    let mastery = """
      SELECT skill.key, state FROM mastery JOIN skill ON skill.id = mastery.skill WHERE learner = ?
      """
    try HotStatement(db, mastery).run([.integer(row)]) {
      out.skills[SkillID(checked: $0.text(0))] = $0.blob(1)
    }
    let progress = """
      SELECT item.key, state FROM item_progress JOIN item ON item.id = item_progress.item
      WHERE learner = ?
      """
    try HotStatement(db, progress).run([.integer(row)]) {
      out.items[ItemID(checked: $0.text(0))] = $0.blob(1)
    }
    return out
  }
}

extension Store {
  /// Those with the most records, the first by id among equals; who a model is tried on.
  package func busiestLearners(limit: Int) throws(SatchelError) -> [LearnerID] {
    try read { db in
      let sql =
        "SELECT learner FROM learner WHERE records > 0 ORDER BY records DESC, learner LIMIT ?"
      return try Data.fetchAll(db, sql: sql, arguments: [limit]).compactMap { LearnerID(bytes: $0) }
    }
  }
}
