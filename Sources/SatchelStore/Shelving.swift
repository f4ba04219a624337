internal import Foundation
internal import GRDB
import SatchelCore

/// Puts one pack's content into the tables, in one transaction of the caller's.
struct Shelving {
  private let db: Database
  private let pack: String
  private var keys: KeyRows

  init(_ db: Database, pack: String) {
    self.db = db
    self.pack = pack
    keys = KeyRows(db)
  }

  mutating func put(_ content: Content) throws {
    for skill in content.skills { try put(skill) }
    for skill in content.skills { try putPrerequisites(of: skill) }
    var topics: [TopicID: Int64] = [:]
    for course in content.courses { topics.merge(try put(course)) { $1 } }
    for (position, item) in content.items.enumerated() {
      guard let topic = topics[item.topic] else {
        throw SatchelError(.packInvalid, subject: item.id.text, cause: "topic")
      }
      try put(item, topic: topic, position: position)
    }
    for medium in content.media { try put(medium) }
    try retire(exceptThoseOf: content)
    try db.execute(sql: "UPDATE ledger SET content = content + 1")
  }

  private mutating func put(_ skill: Skill) throws {
    try db.execute(
      sql: "UPDATE skill SET title = ? WHERE id = ?",
      arguments: [try TextJSON.encode(skill.title), try keys.skill(skill.id)])
  }

  private mutating func putPrerequisites(of skill: Skill) throws {
    let row = try keys.skill(skill.id)
    try db.execute(sql: "DELETE FROM prerequisite WHERE skill = ?", arguments: [row])
    for required in skill.prerequisites {
      try db.execute(
        sql: "INSERT OR IGNORE INTO prerequisite (skill, requires) VALUES (?, ?)",
        arguments: [row, try keys.skill(required)])
    }
  }

  private func put(_ course: Course) throws -> [TopicID: Int64] {
    let owner = try String.fetchOne(
      db, sql: "SELECT pack FROM course WHERE key = ?", arguments: [course.id.text])
    guard owner == nil || owner == pack else {
      throw SatchelError(.packInvalid, subject: course.id.text, cause: "course of another pack")
    }
    try db.execute(
      sql: """
        INSERT INTO course (key, pack, title) VALUES (?, ?, ?)
        ON CONFLICT (key) DO UPDATE SET title = excluded.title
        """,
      arguments: [course.id.text, pack, try TextJSON.encode(course.title)])
    let row = try Int64.fetchOne(
      db, sql: "SELECT id FROM course WHERE key = ?", arguments: [course.id.text])
    var out: [TopicID: Int64] = [:]
    for (position, topic) in course.topics.enumerated() {
      let sql = """
        INSERT INTO topic (course, key, position, title) VALUES (?, ?, ?, ?)
        ON CONFLICT (course, key) DO UPDATE SET position = excluded.position,
          title = excluded.title RETURNING id
        """
      out[topic.id] = try Int64.fetchOne(
        db, sql: sql,
        arguments: [row, topic.id.text, position, try TextJSON.encode(topic.title)])
    }
    return out
  }

  private mutating func put(_ item: Item, topic: Int64, position: Int) throws {
    let owner = try String.fetchOne(
      db,
      sql: """
        SELECT course.pack FROM item JOIN topic ON topic.id = item.topic
        JOIN course ON course.id = topic.course WHERE item.key = ?
        """, arguments: [item.id.text])
    guard owner == nil || owner == pack else {
      throw SatchelError(.packInvalid, subject: item.id.text, cause: "item of another pack")
    }
    let body = ItemBody(item)
    let sql = """
      INSERT INTO item (key, topic, position, kind, difficulty, body) VALUES (?, ?, ?, ?, ?, ?)
      ON CONFLICT (key) DO UPDATE SET topic = excluded.topic, position = excluded.position,
        kind = excluded.kind, difficulty = excluded.difficulty, body = excluded.body
      RETURNING id
      """
    let row = try Int64.fetchOne(
      db, sql: sql,
      arguments: [
        item.id.text, topic, position, item.kind.rawValue, item.difficulty, try body.json(),
      ])
    guard let row else { throw SatchelError(.storeFailed, subject: item.id.text) }
    try db.execute(sql: "DELETE FROM item_skill WHERE item = ?", arguments: [row])
    try keys.setSkills(item.skills, of: row)
    try index(row, text: body.searchText)
  }

  /// Keeps the search index in step with its table, as FTS5's external content asks for.
  private func index(_ item: Int64, text: String?) throws {
    let sql = "SELECT text FROM item_text WHERE item = ?"
    if let old = try String.fetchOne(db, sql: sql, arguments: [item]) {
      try db.execute(
        sql: "INSERT INTO item_search (item_search, rowid, text) VALUES ('delete', ?, ?)",
        arguments: [item, old])
      try db.execute(sql: "DELETE FROM item_text WHERE item = ?", arguments: [item])
    }
    guard let text else { return }
    try db.execute(
      sql: "INSERT INTO item_text (item, text) VALUES (?, ?)", arguments: [item, text])
    try db.execute(
      sql: "INSERT INTO item_search (rowid, text) VALUES (?, ?)", arguments: [item, text])
  }

  private func put(_ medium: Medium) throws {
    guard let digest = Hex.decode(medium.sha256) else {
      throw SatchelError(.packInvalid, subject: medium.sha256)
    }
    try db.execute(
      sql: "INSERT OR IGNORE INTO media (sha256, type, bytes) VALUES (?, ?, ?)",
      arguments: [Data(digest), medium.type, Data(medium.bytes)])
  }

  /// Items that an older version of the pack had and this one has not: records may name them, so their rows stay, but
  /// nobody is shown them any more.
  private mutating func retire(exceptThoseOf content: Content) throws {
    let kept = Set(content.items.map(\.id.text))
    let sql = """
      SELECT item.id, item.key FROM item JOIN topic ON topic.id = item.topic
      JOIN course ON course.id = topic.course WHERE course.pack = ?
      """
    for row in try Row.fetchAll(db, sql: sql, arguments: [pack])
    where !kept.contains(row[1] as String) {
      let item: Int64 = row[0]
      try index(item, text: nil)
      try db.execute(
        sql: "UPDATE item SET kind = 'lesson', body = NULL WHERE id = ?", arguments: [item])
    }
  }
}
