internal import Foundation
internal import GRDB
package import SatchelCore

extension Store {
  /// Channel of models that were put in by hand.
  package static let localChannel = "local"

  /// Keeps `bytes`, checked by the caller, and makes it the active model when `activating` is set: one transaction, so
  /// that a reader sees the old model or the new one.
  ///
  /// - Throws: `model.olderVersion` when the channel has a version at or above it already.
  package func shelve(
    model bytes: [UInt8], channel: String, version: Int, manifest: SignedManifest?,
    trial: ModelTrial?, activating: Bool, at milliseconds: Int64
  ) throws(SatchelError) {
    try write { db in
      let newest = try Self.newestVersion(of: channel, db)
      guard version > newest else {
        throw SatchelError(.modelDowngrade, subject: "\(channel) \(version)")
      }
      let trialJSON = try trial.map { try TextJSON.string($0) }
      try db.execute(
        sql: """
          INSERT INTO model (channel, version, manifest, sha256, bytes, installed, trial)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          channel, version, manifest.map { Data($0.encoded) }, Data(Hash256(hashing: bytes).bytes),
          Data(bytes), milliseconds, trialJSON,
        ])
      if activating { try Self.activate(db.lastInsertedRowID, db) }
      try Self.dropOldModels(db)
    }
    tellObservers(of: [], everyone: true)
  }

  /// The newest version of `channel` ever kept here; 0 when there is none.
  package func newestModelVersion(of channel: String) throws(SatchelError) -> Int {
    try recall(.modelVersion(channel)) { db in try Self.newestVersion(of: channel, db) }
  }

  package func models() throws(SatchelError) -> [ModelVersion] {
    try read { db in
      let sql = """
        SELECT model.id, channel, version, sha256, length(bytes), installed, trial,
          model.id IS active, model.id IS previous
        FROM model, model_choice ORDER BY model.id
        """
      return try Row.fetchAll(db, sql: sql).map { row in
        let trial: String? = row[6]
        return ModelVersion(
          id: row[0], channel: row[1], version: row[2],
          sha256: Hex.encode(row[3] as Data), byteCount: row[4],
          installedMilliseconds: row[5], isActive: row[7], isPrevious: row[8],
          trial: trial.flatMap {
            try? JSONDecoder().decode(ModelTrial.self, from: Data($0.utf8))
          })
      }
    }
  }

  /// The row of the active model; `nil` when the built-in baseline serves.
  package func activeModel() throws(SatchelError) -> Int64? {
    try read { db in try Int64.fetchOne(db, sql: "SELECT active FROM model_choice") }
  }

  package func modelBytes(_ id: Int64) throws(SatchelError) -> [UInt8] {
    try read { db in
      let sql = "SELECT bytes FROM model WHERE id = ?"
      guard let bytes = try Data.fetchOne(db, sql: sql, arguments: [id]) else {
        throw SatchelError(.modelUnknown, subject: "\(id)")
      }
      return Array(bytes)
    }
  }

  /// The newest model of each channel that a hub signed, with its manifest as it came.
  package func signedModels() throws(SatchelError) -> [(id: Int64, manifest: SignedManifest)] {
    try read { db in
      let sql = """
        SELECT id, manifest, max(version) FROM model WHERE manifest IS NOT NULL
        GROUP BY channel ORDER BY channel
        """
      return try Row.fetchAll(db, sql: sql).map { row in
        (row[0], try SignedManifest(bytes: Array(row[1] as Data)))
      }
    }
  }

  /// `count` bytes of a model from `offset`, or fewer at its end.
  package func modelBytes(_ id: Int64, from offset: Int, count: Int) throws(SatchelError)
    -> [UInt8]
  {
    try read { db in
      let sql = "SELECT substr(bytes, ?, ?) FROM model WHERE id = ?"
      guard let bytes = try Data.fetchOne(db, sql: sql, arguments: [offset + 1, count, id]) else {
        throw SatchelError(.modelUnknown, subject: "\(id)")
      }
      return Array(bytes)
    }
  }

  package func useModel(_ id: Int64) throws(SatchelError) {
    try write { db in
      guard try Row.fetchOne(db, sql: "SELECT 1 FROM model WHERE id = ?", arguments: [id]) != nil
      else { throw SatchelError(.modelUnknown, subject: "\(id)") }
      try Self.activate(id, db)
    }
    tellObservers(of: [], everyone: true)
  }

  /// Goes back to the model that served before, or to the built-in baseline when there was none.
  package func rollBackModel() throws(SatchelError) {
    try write { db in
      guard try Int64.fetchOne(db, sql: "SELECT active FROM model_choice") != nil else {
        throw SatchelError(.modelUnknown, subject: "previous")
      }
      try db.execute(sql: "UPDATE model_choice SET active = previous, previous = active")
    }
    tellObservers(of: [], everyone: true)
  }

  private static func newestVersion(of channel: String, _ db: Database) throws -> Int {
    let sql = "SELECT coalesce(max(version), 0) FROM model WHERE channel = ?"
    return try Int.fetchOne(db, sql: sql, arguments: [channel]) ?? 0
  }

  private static func activate(_ id: Int64, _ db: Database) throws {
    try db.execute(
      sql: """
        UPDATE model_choice SET previous = active, active = ? WHERE active IS NOT ?
        """, arguments: [id, id])
  }

  /// Keeps the newest five, and whatever is active or previous: a store must not grow with each model of a term.
  private static func dropOldModels(_ db: Database) throws {
    try db.execute(
      sql: """
        DELETE FROM model WHERE id NOT IN (SELECT id FROM model ORDER BY id DESC LIMIT 5)
          AND id NOT IN (SELECT active FROM model_choice WHERE active IS NOT NULL)
          AND id NOT IN (SELECT previous FROM model_choice WHERE previous IS NOT NULL)
        """)
  }
}
