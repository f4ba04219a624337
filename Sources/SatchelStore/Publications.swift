internal import Foundation
internal import GRDB
internal import GRDBSQLite
package import SatchelCore

/// What a hub publishes: signed manifests by channel, and the blobs that they name.
extension Store {
  /// Publishes `files` under `manifest`; all in one transaction.
  ///
  /// - Throws: `model.olderVersion` or `pack.olderVersion` when the channel has that version or a newer one.
  package func publish(_ manifest: SignedManifest, files: [[UInt8]], at milliseconds: Int64)
    throws(SatchelError)
  {
    let kind = manifest.manifest.kind
    try write { db in
      let newest = try Self.newest(kind, channel: manifest.manifest.channel, db)
      guard manifest.manifest.version > newest else {
        throw SatchelError(
          kind == .model ? .modelDowngrade : .packDowngrade,
          subject: "\(manifest.manifest.channel) \(manifest.manifest.version)")
      }
      for bytes in files {
        try db.execute(
          sql: "INSERT OR IGNORE INTO blob (sha256, bytes) VALUES (?, ?)",
          arguments: [Data(Hash256(hashing: bytes).bytes), Data(bytes)])
      }
      try db.execute(
        sql: """
          INSERT INTO publication (kind, channel, version, manifest, published)
          VALUES (?, ?, ?, ?, ?)
          """,
        arguments: [
          kind.rawValue, manifest.manifest.channel, manifest.manifest.version,
          Data(manifest.encoded), milliseconds,
        ])
    }
  }

  package func newestPublication(_ kind: Manifest.Kind, channel: String) throws(SatchelError) -> Int
  {
    try read { db in try Self.newest(kind, channel: channel, db) }
  }

  /// The newest version of each channel.
  package func publications() throws(SatchelError) -> [(
    kind: Manifest.Kind, channel: String, version: Int
  )] {
    try recall(.publications) { db in
      let sql = """
        SELECT kind, channel, max(version) FROM publication GROUP BY kind, channel ORDER BY 1, 2
        """
      return try Row.fetchAll(db, sql: sql).compactMap { row in
        Manifest.Kind(rawValue: row[0]).map { ($0, row[1], row[2]) }
      }
    }
  }

  /// The signed manifest of the newest version of a channel, as it was published.
  package func publishedManifest(_ kind: Manifest.Kind, channel: String) throws(SatchelError)
    -> [UInt8]?
  {
    try read { db in
      let sql = """
        SELECT manifest FROM publication WHERE kind = ? AND channel = ?
        ORDER BY version DESC LIMIT 1
        """
      return try Data.fetchOne(db, sql: sql, arguments: [kind.rawValue, channel]).map { Array($0) }
    }
  }

  /// How long the blob is; `nil` when it is not here.
  package func blobByteCount(sha256 digest: [UInt8]) throws(SatchelError) -> Int? {
    try read { db in
      let sql = "SELECT length(bytes) FROM blob WHERE sha256 = ?"
      return try Int.fetchOne(db, sql: sql, arguments: [Data(digest)])
    }
  }

  /// `count` bytes of the blob from `offset`, or fewer at its end.
  package func blob(sha256 digest: [UInt8], from offset: Int, count: Int) throws(SatchelError)
    -> [UInt8]
  {
    try read { db in
      let sql = "SELECT rowid, length(bytes) FROM blob WHERE sha256 = ?"
      guard let row = try Row.fetchOne(db, sql: sql, arguments: [Data(digest)]) else { return [] }
      let (id, total): (Int64, Int) = (row[0], row[1])
      guard offset >= 0, offset < total, count > 0 else { return [] }
      return try Self.slice(of: id, from: offset, count: min(count, total - offset), db)
    }
  }

  /// By incremental reading: `substr` would load the whole blob for every slice of it.
  private static func slice(of row: Int64, from offset: Int, count: Int, _ db: Database) throws
    -> [UInt8]
  {
    var handle: OpaquePointer?
    defer { sqlite3_blob_close(handle) }
    let opened = sqlite3_blob_open(db.sqliteConnection, "main", "blob", "bytes", row, 0, &handle)
    guard opened == SQLITE_OK else { throw DatabaseError(resultCode: ResultCode(rawValue: opened)) }
    return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      let status = sqlite3_blob_read(handle, buffer.baseAddress, Int32(count), Int32(offset))
      guard status == SQLITE_OK else {
        throw DatabaseError(resultCode: ResultCode(rawValue: status))
      }
      filled = count
    }
  }

  private static func newest(_ kind: Manifest.Kind, channel: String, _ db: Database) throws -> Int {
    let sql = "SELECT coalesce(max(version), 0) FROM publication WHERE kind = ? AND channel = ?"
    return try Int.fetchOne(db, sql: sql, arguments: [kind.rawValue, channel]) ?? 0
  }
}
