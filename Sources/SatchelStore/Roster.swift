internal import Foundation
internal import GRDB
package import SatchelCore

/// A class of the hub's roster.
package struct SchoolClass: Equatable, Sendable {
  package var name: ClassName
  package var madeMilliseconds: Int64
  package var learners: Int
}

/// The roster of a hub: its classes, and who is in them.
///
/// A hub is *open* until its keeper made the first class or invitation: then, and for good, it is *closed*. Neither
/// classes nor invitations are ever deleted, so a hub does not open again by itself.
extension Store {
  /// The most learners that one request may introduce.
  package static let introducedMax = 1_000

  /// Whether any device may join.
  package func isOpenHub() throws(SatchelError) -> Bool {
    try recall(.openHub) { try Self.isOpenHub($0) }
  }

  static func isOpenHub(_ db: Database) throws -> Bool {
    let sql = "SELECT EXISTS (SELECT 1 FROM class) OR EXISTS (SELECT 1 FROM invitation)"
    return try Bool.fetchOne(db, sql: sql) == false
  }

  /// Makes a class; `false` when there is one of that name already.
  @discardableResult
  package func addClass(_ name: ClassName, at milliseconds: Int64) throws(SatchelError) -> Bool {
    try write { db in
      try db.execute(
        sql: "INSERT INTO class (name, made) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
        arguments: [name.text, milliseconds])
      return db.changesCount > 0
    }
  }

  /// All classes, by name.
  package func classes() throws(SatchelError) -> [SchoolClass] {
    try read { db in
      let sql = """
        SELECT name, made, (SELECT count(*) FROM class_learner WHERE class = class.id)
        FROM class ORDER BY name
        """
      return try Row.fetchAll(db, sql: sql).map {
        SchoolClass(name: ClassName(checked: $0[0]), madeMilliseconds: $0[1], learners: $0[2])
      }
    }
  }

  /// Puts `learner` into a class, and makes her known where she was not; harmless when she is in it. Her keeper may put
  /// her into several.
  /// - Throws: `class.unknown`.
  package func add(_ learner: LearnerID, to name: ClassName) throws(SatchelError) {
    try write { db in
      try Self.enter([learner], into: try Self.classRow(name, db), self, db)
    }
  }

  /// Who is in a class; nobody in one that is not there.
  package func learners(of name: ClassName) throws(SatchelError) -> Set<LearnerID> {
    try recall(.learners(name)) { db in
      var out: Set<LearnerID> = []
      let sql = """
        SELECT learner.learner FROM class JOIN class_learner ON class_learner.class = class.id
        JOIN learner ON learner.id = class_learner.learner WHERE class.name = ?
        """
      try HotStatement(db, sql).run([.text(name.text)]) { row in
        if let learner = LearnerID(bytes: row.blob(0) ?? []) { out.insert(learner) }
      }
      return out
    }
  }

  /// Lets those of `learners` whom this hub has never met join a class; the others stay as they are.
  ///
  /// - Returns: how many joined.
  /// - Throws: `input.tooLarge` for more than ``introducedMax`` new ones, and nobody has then joined.
  @discardableResult
  package func introduce(_ learners: [LearnerID], to name: ClassName) throws(SatchelError) -> Int {
    let (unmet, row) = try read { db in
      (try Self.unmet(learners, db), try Self.classRow(name, db))
    }
    guard !unmet.isEmpty else { return 0 }
    return try write { db in
      // Once more under the lock: somebody else may have brought them meanwhile.
      let unmet = try Self.unmet(unmet, db)
      guard unmet.count <= Self.introducedMax else {
        throw SatchelError(.inputTooLarge, subject: "introduces")
      }
      try Self.enter(unmet, into: row, self, db)
      return unmet.count
    }
  }

  private static func unmet(_ learners: [LearnerID], _ db: Database) throws -> [LearnerID] {
    try Set(learners).filter { try !knows($0, db) }.sorted()
  }

  private static func enter(
    _ learners: [LearnerID], into row: Int64, _ store: Store, _ db: Database
  ) throws {
    var journal = try JournalTransaction(db, projection: store.projection)
    for learner in learners { try journal.addLearner(learner) }
    try journal.finish()
    let enter = try HotStatement(
      db,
      """
      INSERT OR IGNORE INTO class_learner (class, learner)
      SELECT ?, id FROM learner WHERE learner = ?
      """)
    for learner in learners { try enter.run([.integer(row), .blob(learner.bytes)]) }
  }

  /// - Throws: `class.unknown`.
  static func classRow(_ name: ClassName, _ db: Database) throws -> Int64 {
    let sql = "SELECT id FROM class WHERE name = ?"
    guard let row = try Int64.fetchOne(db, sql: sql, arguments: [name.text]) else {
      throw SatchelError(.classUnknown, subject: name.text)
    }
    return row
  }
}
