package import Foundation
import GRDB
import GRDBSQLite
package import SatchelCore
import Synchronization

/// Inside this target `Record` is ours, and not GRDB's class.
package typealias Record = SatchelCore.Record

/// One store file: content, journal, projections, models and vault in one SQLite database.
///
/// A handle is safe from any task: GRDB's pool gives one writer and many readers. WAL with `synchronous=FULL`: a
/// write that returned survives a power cut (measured in Docs/decisions/0003).
package final class Store: Sendable {
  /// "Satc" in ASCII: what tells a store from any other SQLite file.
  package static let applicationID: Int32 = 0x5361_7463
  /// The newest schema that this program knows.
  package static let schemaVersion = 2

  package let url: URL
  /// Where downloads that were cut lie until they are whole.
  package let partialFolder: URL
  let pool: DatabasePool
  /// How records are folded; `nil` on a hub, which folds nothing.
  package let projection: (any Projection)?
  /// The state of the identity, decided at the first write; see Identity.swift.
  let identityState = Mutex(IdentityState())
  let observers = Mutex(Observers())
  /// Where keys and epochs come from.
  let entropy: Entropy
  /// Where the file is said to be; `nil` looks.
  let place: StorePlace?
  /// What was asked before; see Recall.swift.
  let recollection: Recall

  /// Opens the store at `url`, or makes one when `creating` is set.
  ///
  /// - Throws: `store.missing`, `store.foreign`, `store.newer` (the file is then untouched), `store.damaged`,
  ///   `file.cannotCreate`, or another error of the store.
  /// - Parameters:
  ///   - entropy: the system's, unless a simulation wants the same run again.
  ///   - place: for a simulation of disk images that cannot be told from their originals.
  package init(
    at url: URL, creating: Bool, projection: (any Projection)?, entropy: Entropy = .system,
    place: StorePlace? = nil
  ) throws(SatchelError) {
    self.url = url
    self.entropy = entropy
    self.place = place
    self.projection = projection
    let path = url.path
    recollection = Recall(path: path)
    partialFolder = Self.sibling(".partial", of: url)
    let exists = FileManager.default.fileExists(atPath: path)
    if exists {
      try Self.checkHeader(path)
    } else if creating {
      try Self.makeFolder(for: url)
      // Empty, and for its owner alone: it will hold the device's private key. SQLite gives its WAL the same mode.
      try PrivateFile.create(url, bytes: [])
    } else {
      throw SatchelError(.storeMissing, subject: path)
    }
    pool = try Self.openPool(path)
    try migrate()
    try refoldIfOutdated()
  }

  deinit {
    endObservers()
    recollection.close()
  }

  /// Closes the connections; a handle that is dropped closes by itself.
  ///
  /// What the WAL holds is moved into the file first, so that whoever copies the file alone has all of it. When
  /// another process reads just now that cannot be done, and the WAL stays: it loses nothing. Observers are told that
  /// nothing will come.
  package func close() throws(SatchelError) {
    endObservers()
    recollection.close()
    _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    try StoreError.mapped(url.path) { try pool.close() }
  }

  /// The path of a file that belongs to the store and lies beside it.
  func sibling(_ suffix: String) -> URL { Self.sibling(suffix, of: url) }

  private static func sibling(_ suffix: String, of url: URL) -> URL {
    // Not left to Foundation, which would look in the file system each time.
    URL(fileURLWithPath: url.path + suffix, isDirectory: false)
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(SatchelError) -> Value {
    try StoreError.mapped(url.path) { try pool.read(body) }
  }

  /// One transaction: all of `body` or nothing of it.
  func write<Value>(_ body: (Database) throws -> Value) throws(SatchelError) -> Value {
    try StoreError.mapped(url.path) {
      try pool.writeWithoutTransaction { db in
        var result: Value?
        // IMMEDIATE takes the write lock first, so that two processes wait for each other instead of failing midway.
        try db.inTransaction(.immediate) {
          result = try body(db)
          return .commit
        }
        guard let result else { throw SatchelError(.storeFailed) }
        return result
      }
    }
  }
}

// MARK: - Opening

extension Store {
  /// Looks at the file before SQLite writes to it, so that a foreign or newer one stays untouched.
  private static func checkHeader(_ path: String) throws(SatchelError) {
    guard let header = try FileHeader(path) else { return }
    if header.applicationID == UInt32(applicationID) {
      guard header.userVersion <= UInt32(schemaVersion) else {
        throw SatchelError(.storeNewer, subject: path, cause: "schema \(header.userVersion)")
      }
    } else if header.applicationID != 0 || (!header.isWAL && header.pages > 1) {
      throw SatchelError(.storeForeign, subject: path)
    } else if header.isWAL, try holdsTablesOfOthers(path) {
      throw SatchelError(.storeForeign, subject: path)
    }
  }

  /// A WAL file whose header says nothing yet: ours, killed in its first minute, or another program's.
  private static func holdsTablesOfOthers(_ path: String) throws(SatchelError) -> Bool {
    try StoreError.mapped(path) {
      var configuration = Configuration()
      configuration.readonly = true
      return try DatabaseQueue(path: path, configuration: configuration).read { db in
        let application = try Int32.fetchOne(db, sql: "PRAGMA application_id")
        let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        return application != applicationID && tables > 0
      }
    }
  }

  private static func makeFolder(for url: URL) throws(SatchelError) {
    do {
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    } catch {
      throw SatchelError(.cannotCreate, subject: url.path)
    }
  }

  private static func openPool(_ path: String) throws(SatchelError) -> DatabasePool {
    var configuration = Configuration()
    configuration.busyMode = .timeout(5)
    configuration.maximumReaderCount = 4
    configuration.prepareDatabase { db in
      // No schema that came in a hostile file may call functions with side effects.
      try db.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
      try db.execute(sql: "PRAGMA foreign_keys = ON")
    }
    do {
      let pool = try DatabasePool(path: path, configuration: configuration)
      // GRDB sets NORMAL after `prepareDatabase`, which forgets commits at a power cut.
      // A longer WAL before it is moved into the file: pages that bulk work touches again and again are moved once.
      try pool.writeWithoutTransaction {
        try $0.execute(sql: "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")
      }
      return pool
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
      let exists = FileManager.default.fileExists(atPath: path)
      throw SatchelError(
        exists ? .storeReadOnly : .cannotCreate, subject: path, cause: error.message)
    } catch {
      return try StoreError.mapped(path) { throw error }
    }
  }

  private func migrate() throws(SatchelError) {
    let (application, version, tables) = try read { db in
      (
        try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0,
        try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0,
        try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
      )
    }
    if application != Self.applicationID, tables > 0 {
      throw SatchelError(.storeForeign, subject: url.path)
    }
    guard version <= Self.schemaVersion else {
      throw SatchelError(.storeNewer, subject: url.path, cause: "schema \(version)")
    }
    if version < Self.schemaVersion { try applyMigrations() }
  }

  /// Every step is one transaction that also raises `user_version`: a kill leaves the old schema or the new one.
  private func applyMigrations() throws(SatchelError) {
    let steps = [PackageResources._01_first_sql, PackageResources._02_sync_sql]
    for (index, step) in steps.enumerated() {
      try write { db in
        // Another process may have been here between our look and our lock.
        let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
        guard version == index else { return }
        try db.execute(sql: String(decoding: step, as: UTF8.self))
        if index == 0 {
          try db.execute(sql: "PRAGMA application_id = \(Self.applicationID)")
          try db.execute(
            sql: "INSERT INTO ledger (id, epoch, fingerprint) VALUES (1, ?, ?)",
            arguments: [entropy.epoch(), Data(Hash256.zero.bytes)])
          try db.execute(sql: "INSERT INTO model_choice (id) VALUES (1)")
        }
        try db.execute(sql: "PRAGMA user_version = \(index + 1)")
      }
    }
  }
}

/// What the first 100 bytes of an SQLite file say (sqlite.org/fileformat2.html, section 1.3).
private struct FileHeader {
  let isWAL: Bool
  let pages: UInt32
  let userVersion: UInt32
  let applicationID: UInt32

  /// `nil` for an empty file, which SQLite takes for a new database: a kill right after creation leaves one.
  /// - Throws: `store.foreign` for what is no SQLite file.
  init?(_ path: String) throws(SatchelError) {
    guard let handle = FileHandle(forReadingAtPath: path) else {
      throw SatchelError(.fileUnreadable, subject: path)
    }
    defer { try? handle.close() }
    let bytes: [UInt8]
    do {
      bytes = Array(try handle.read(upToCount: 100) ?? Data())
    } catch {
      throw SatchelError(.fileUnreadable, subject: path)
    }
    if bytes.isEmpty { return nil }
    guard bytes.count == 100, bytes.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw SatchelError(.storeForeign, subject: path)
    }
    func number(at offset: Int) -> UInt32 {
      bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }
    isWAL = bytes[18] == 2
    pages = number(at: 28)
    userVersion = number(at: 60)
    applicationID = number(at: 68)
  }
}
