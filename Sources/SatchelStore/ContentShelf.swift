internal import Foundation
internal import GRDB
package import SatchelCore

/// Which pack content came from.
package struct PackStamp: Sendable {
  package var manifest: SignedManifest
  /// Whether another publisher's key than before may be taken.
  package var trustsNewPublisher: Bool

  package init(manifest: SignedManifest, trustsNewPublisher: Bool) {
    self.manifest = manifest
    self.trustsNewPublisher = trustsNewPublisher
  }
}

/// A hit of a search.
package struct SearchHit: Equatable, Sendable {
  package var item: ItemID
  package var title: String
  package var snippet: String
}

/// An item as the tutor ranks it.
package struct ShelvedItem: Equatable, Sendable {
  package var item: ItemID
  package var skills: [SkillID]
  package var difficulty: Double?
  /// In its course; items that are known from records alone come after all others, in the order of their keys.
  package var position: Int
}

/// All that recommendations depend on beside records and model.
package struct Syllabus: Sendable {
  package var items: [ShelvedItem]
  /// For each skill the ones that it asks for first.
  package var prerequisites: [SkillID: [SkillID]]
  /// Rises with each change of the other two.
  package var version: Int
}

extension Store {
  /// Puts a pack's content on the shelf, all of it or nothing.
  ///
  /// - Returns: `false` when the very same version is there already.
  /// - Throws: `pack.foreignPublisher`, `pack.olderVersion`, `pack.invalid` when an item or course belongs to another
  ///   pack.
  package func shelve(_ content: Content, stamp: PackStamp, at milliseconds: Int64)
    throws(SatchelError) -> Bool
  {
    let isNew = try write { db in
      guard try Self.accepts(stamp, db) else { return false }
      let manifest = stamp.manifest.manifest
      try db.execute(
        sql: """
          INSERT INTO pack (name, version, publisher, manifest, imported) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (name) DO UPDATE SET version = excluded.version,
            publisher = excluded.publisher, manifest = excluded.manifest,
            imported = excluded.imported
          """,
        arguments: [
          manifest.name, manifest.version, Data(stamp.manifest.publisher.bytes),
          Data(stamp.manifest.encoded), milliseconds,
        ])
      var shelving = Shelving(db, pack: manifest.name)
      try shelving.put(content)
      return true
    }
    if isNew { tellObservers(of: [], everyone: true) }
    return isNew
  }

  /// INV-verify: only the publisher that was first seen may go on, and only forward (contract, promise 10).
  private static func accepts(_ stamp: PackStamp, _ db: Database) throws -> Bool {
    let manifest = stamp.manifest.manifest
    let sql = "SELECT version, publisher FROM pack WHERE name = ?"
    guard let row = try Row.fetchOne(db, sql: sql, arguments: [manifest.name]) else { return true }
    let version: Int = row[0]
    let publisher: Data = row[1]
    if Array(publisher) != stamp.manifest.publisher.bytes, !stamp.trustsNewPublisher {
      throw SatchelError(.packForeign, subject: manifest.name)
    }
    if manifest.version < version {
      throw SatchelError(
        .packDowngrade, subject: manifest.name, cause: "\(manifest.version) < \(version)")
    }
    return manifest.version > version || Array(publisher) != stamp.manifest.publisher.bytes
  }

  /// Everything that can be recommended: items that are answered, in course order; with what they rest on, of one
  /// moment.
  package func syllabus() throws(SatchelError) -> Syllabus {
    try read { db in
      Syllabus(
        items: try Self.shelvedItems(db), prerequisites: try Self.prerequisites(db),
        version: try Int.fetchOne(db, sql: "SELECT content FROM ledger") ?? 0)
    }
  }

  /// What a recommendation starts from, of one moment; the fingerprint is that of the learner's records.
  package func recommendationState(of learner: LearnerID) throws(SatchelError) -> (
    fold: LearnerFold, fingerprint: [UInt8], contentVersion: Int, activeModel: Int64?
  ) {
    try read { db in
      let sql = "SELECT fingerprint FROM learner WHERE learner = ?"
      return (
        try Self.fold(of: learner, db),
        Array(try Data.fetchOne(db, sql: sql, arguments: [Data(learner.bytes)]) ?? Data()),
        try Int.fetchOne(db, sql: "SELECT content FROM ledger") ?? 0,
        try Int64.fetchOne(db, sql: "SELECT active FROM model_choice")
      )
    }
  }

  /// Three plain walks over tables, joined and ordered here: SQLite's join and sort take three times as long for 10,000 items.
  private static func shelvedItems(_ db: Database) throws -> [ShelvedItem] {
    var keys: [Int64: SkillID] = [:]
    try HotStatement(db, "SELECT id, key FROM skill").run([]) {
      keys[$0.integer(0)] = SkillID(checked: $0.text(1))
    }
    var skills: [Int64: [SkillID]] = [:]
    // In the order of the primary key.
    try HotStatement(db, "SELECT item, skill FROM item_skill ORDER BY item, position").run([]) {
      if let key = keys[$0.integer(1)] { skills[$0.integer(0), default: []].append(key) }
    }
    var rows: [ShelvedRow] = []
    let sql = """
      SELECT id, key, difficulty, topic, position FROM item
      WHERE kind IS NULL OR kind <> 'lesson'
      """
    try HotStatement(db, sql).run([]) { row in
      rows.append(
        ShelvedRow(
          topic: row.optionalInteger(3) ?? .max, position: row.optionalInteger(4) ?? .min,
          item: ItemID(checked: row.text(1)), id: row.integer(0), difficulty: row.real(2)))
    }
    rows.sort()
    return rows.enumerated().map { place, row in
      ShelvedItem(
        item: row.item, skills: skills[row.id] ?? [], difficulty: row.difficulty, position: place)
    }
  }

  private static func prerequisites(_ db: Database) throws -> [SkillID: [SkillID]] {
    var out: [SkillID: [SkillID]] = [:]
    let sql = """
      SELECT skill.key, required.key FROM prerequisite
      JOIN skill ON skill.id = prerequisite.skill
      JOIN skill AS required ON required.id = prerequisite.requires ORDER BY 1, 2
      """
    try HotStatement(db, sql).run([]) { row in
      out[SkillID(checked: row.text(0)), default: []].append(SkillID(checked: row.text(1)))
    }
    return out
  }

  /// The skills of `item`, or `nil` when no such item is known.
  package func skills(of item: ItemID) throws(SatchelError) -> [SkillID]? {
    try read { db in try Self.skills(of: item, db) }
  }

  static func skills(of item: ItemID, _ db: Database) throws -> [SkillID]? {
    var row: Int64?
    try HotStatement(db, "SELECT id FROM item WHERE key = ?").run([.text(item.text)]) {
      row = $0.integer(0)
    }
    guard let row else { return nil }
    var out: [SkillID] = []
    let skills = """
      SELECT skill.key FROM item_skill JOIN skill ON skill.id = item_skill.skill
      WHERE item = ? ORDER BY position
      """
    try HotStatement(db, skills).run([.integer(row)]) { out.append(SkillID(checked: $0.text(0))) }
    return out
  }

  package func knows(_ skill: SkillID) throws(SatchelError) -> Bool {
    try read { db in
      try Row.fetchOne(db, sql: "SELECT 1 FROM skill WHERE key = ?", arguments: [skill.text])
        != nil
    }
  }

  /// The whole item; `nil` when no pack describes it.
  package func item(_ id: ItemID) throws(SatchelError) -> Item? {
    let skills = try skills(of: id) ?? []
    return try read { db in
      let sql = """
        SELECT topic.key, item.kind, item.difficulty, item.body
        FROM item JOIN topic ON topic.id = item.topic WHERE item.key = ?
        """
      guard let row = try Row.fetchOne(db, sql: sql, arguments: [id.text]),
        let kind = Item.Kind(rawValue: row[1] as String? ?? "")
      else { return nil }
      let body = try ItemBody(json: row[3] as String? ?? "")
      return body.item(
        id: id, topic: TopicID(checked: row[0]), kind: kind, skills: skills, difficulty: row[2])
    }
  }

  /// The title of one skill, where it has one.
  package func skillTitle(_ skill: SkillID) throws(SatchelError) -> LocalizedText? {
    try read { db in
      let statement = try db.cachedStatement(sql: "SELECT title FROM skill WHERE key = ?")
      let json = try String.fetchOne(statement, arguments: [skill.text])
      return try json.map { try TextJSON.decode($0) }
    }
  }

  /// Titles of skills, for those that have one.
  package func skillTitles() throws(SatchelError) -> [SkillID: LocalizedText] {
    try read { db in
      var out: [SkillID: LocalizedText] = [:]
      let sql = "SELECT key, title FROM skill WHERE title IS NOT NULL"
      for row in try Row.fetchAll(db, sql: sql) {
        out[SkillID(checked: row[0])] = try TextJSON.decode(row[1])
      }
      return out
    }
  }

  /// The version of pack channel `channel` that was taken last; 0 when none was.
  package func packChannelVersion(_ channel: String) throws(SatchelError) -> Int {
    try read { db in
      let sql = "SELECT version FROM pack_channel WHERE channel = ?"
      return try Int.fetchOne(db, sql: sql, arguments: [channel]) ?? 0
    }
  }

  package func keepPackChannel(_ channel: String, version: Int) throws(SatchelError) {
    try write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO pack_channel (channel, version) VALUES (?, ?)",
        arguments: [channel, version])
    }
  }

  /// The bytes of a medium and its type; `nil` when it is not here.
  package func medium(sha256 hex: String) throws(SatchelError) -> Medium? {
    guard let digest = Hex.decode(hex) else { return nil }
    return try read { db in
      let sql = "SELECT type, bytes FROM media WHERE sha256 = ?"
      return try Row.fetchOne(db, sql: sql, arguments: [Data(digest)]).map {
        Medium(sha256: hex, type: $0[0], bytes: Array($0[1] as Data))
      }
    }
  }
}

/// An item's row with what it is ordered by: topics in the order in which they came, items that no pack describes last.
private struct ShelvedRow: Comparable {
  let topic: Int64
  let position: Int64
  let item: ItemID
  let id: Int64
  let difficulty: Double?

  static func < (left: Self, right: Self) -> Bool {
    if left.topic != right.topic { return left.topic < right.topic }
    if left.position != right.position { return left.position < right.position }
    return left.item < right.item
  }
}
