import Foundation
import GRDBSQLite
import Satchel

/// The reference: SQLite through its C interface, one prepared statement, the same durability, nothing else.
///
/// The table has the shape of a record: all its fields, under the key (stream, number). No hash, no signature, no fold.
final class BareTable {
  private let author = [UInt8](repeating: 1, count: 16)
  private var database: OpaquePointer?
  private var insert: OpaquePointer?
  private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  init(_ url: URL) throws {
    try check(sqlite3_open(url.path, &database))
    try execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    try execute(
      """
      CREATE TABLE record (stream INTEGER NOT NULL, number INTEGER NOT NULL, time INTEGER NOT NULL,
        wall INTEGER NOT NULL, session INTEGER NOT NULL, item TEXT NOT NULL, skill TEXT NOT NULL,
        correct INTEGER NOT NULL, duration INTEGER, author BLOB NOT NULL, learner BLOB NOT NULL,
        PRIMARY KEY (stream, number)) STRICT
      """)
    try check(
      sqlite3_prepare_v2(
        database, "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", -1, &insert, nil))
  }

  deinit {
    sqlite3_finalize(insert)
    sqlite3_close(database)
  }

  func execute(_ sql: String) throws { try check(sqlite3_exec(database, sql, nil, nil, nil)) }

  func insert(_ row: Interaction, stream: Int64, number: Int64) throws {
    let time = row.timestampMilliseconds ?? 0
    sqlite3_bind_int64(insert, 1, stream)
    sqlite3_bind_int64(insert, 2, number)
    sqlite3_bind_int64(insert, 3, time << 16)
    sqlite3_bind_int64(insert, 4, time)
    sqlite3_bind_int64(insert, 5, 1)
    sqlite3_bind_text(insert, 6, row.item.text, -1, transient)
    sqlite3_bind_text(insert, 7, row.skills[0].text, -1, transient)
    sqlite3_bind_int64(insert, 8, row.isCorrect ? 1 : 0)
    sqlite3_bind_int64(insert, 9, Int64(row.durationMilliseconds ?? 0))
    sqlite3_bind_blob(insert, 10, author, 16, transient)
    sqlite3_bind_blob(insert, 11, author, 16, transient)
    guard sqlite3_step(insert) == SQLITE_DONE else { throw failure() }
    sqlite3_reset(insert)
  }

  private func check(_ code: Int32) throws {
    guard code == SQLITE_OK else { throw failure() }
  }

  private func failure() -> SatchelError {
    SatchelError(.storeFailed, cause: String(cString: sqlite3_errmsg(database)))
  }
}

/// Answers of a made-up class: enough variety that nothing compresses to nothing.
enum BenchRows {
  static func make(learners: Int, each: Int, items: Int) throws -> [Interaction] {
    var random = SystemRandomNumberGenerator()
    let itemKeys = try (0..<items).map { try ItemID("item-\($0)") }
    let skillKeys = try (0..<max(1, items / 20)).map { try SkillID("skill-\($0)") }
    return (0..<learners).flatMap { learner in
      var time: Int64 = 1_700_000_000_000 + Int64(learner) * 977
      return (0..<each).map { _ in
        time += .random(in: 4_000...120_000, using: &random)
        let item = Int.random(in: 0..<items, using: &random)
        return Interaction(
          learner: "learner-\(learner)", item: itemKeys[item],
          skills: [skillKeys[item % skillKeys.count]],
          isCorrect: Int.random(in: 0..<3, using: &random) > 0, timestampMilliseconds: time,
          durationMilliseconds: .random(in: 1_000...60_000, using: &random))
      }
    }
  }
}
