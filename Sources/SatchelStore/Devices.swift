internal import Foundation
internal import GRDB
package import SatchelCore

/// A device that a hub has met.
package struct KnownDevice: Equatable, Sendable {
  package enum State: String, Sendable {
    case active
    case revoked
  }

  package var key: PublicKey
  package var firstSeenMilliseconds: Int64
  /// To the minute, unless the fingerprint moved.
  package var lastSeenMilliseconds: Int64
  /// What the device said, at its last request, that it holds.
  package var lastFingerprint: Hash256
  package var state: State
}

extension Store {
  /// How stale ``KnownDevice/lastSeenMilliseconds`` may be: a round that changes nothing then costs no disk flush.
  private static let seenMilliseconds: Int64 = 60_000

  /// The device with `key`, remembered now if it was never met; a revoked one stays as it was.
  package func meet(_ key: PublicKey, holding fingerprint: Hash256, at milliseconds: Int64)
    throws(SatchelError) -> KnownDevice
  {
    if let known = try read({ db in try Self.device(key, db) }) {
      let isFresh =
        known.lastFingerprint == fingerprint
        && abs(milliseconds - known.lastSeenMilliseconds) < Self.seenMilliseconds
      if isFresh || known.state == .revoked { return known }
    }
    return try write { db in
      try db.execute(
        sql: """
          INSERT INTO device (public_key, first_seen, last_seen, last_fingerprint, state)
          VALUES (?, ?, ?, ?, 'active')
          ON CONFLICT (public_key) DO UPDATE SET last_seen = excluded.last_seen,
            last_fingerprint = excluded.last_fingerprint WHERE state = 'active'
          """,
        arguments: [Data(key.bytes), milliseconds, milliseconds, Data(fingerprint.bytes)])
      guard let device = try Self.device(key, db) else { throw SatchelError(.storeFailed) }
      return device
    }
  }

  /// All devices, in the order in which they were first met.
  package func devices() throws(SatchelError) -> [KnownDevice] {
    try read { db in
      let sql = Self.deviceColumns + " ORDER BY first_seen, public_key"
      return try Row.fetchAll(db, sql: sql).map(Self.device)
    }
  }

  /// Shuts the device out from its next request on; harmless when it is out already.
  package func revoke(_ key: PublicKey) throws(SatchelError) {
    try write { db in
      try db.execute(
        sql: "UPDATE device SET state = 'revoked' WHERE public_key = ?",
        arguments: [Data(key.bytes)])
    }
  }

  /// How many learners are known.
  package func learnerCount() throws(SatchelError) -> Int {
    try read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM learner") ?? 0 }
  }

  private static let deviceColumns =
    "SELECT public_key, first_seen, last_seen, last_fingerprint, state FROM device"

  private static func device(_ key: PublicKey, _ db: Database) throws -> KnownDevice? {
    let sql = deviceColumns + " WHERE public_key = ?"
    return try Row.fetchOne(db, sql: sql, arguments: [Data(key.bytes)]).map(device)
  }

  private static func device(_ row: Row) throws -> KnownDevice {
    guard let key = PublicKey(bytes: row[0] as Data), let print = Hash256(bytes: row[3] as Data),
      let state = KnownDevice.State(rawValue: row[4])
    else { throw SatchelError(.storeDamaged, subject: "device") }
    return KnownDevice(
      key: key, firstSeenMilliseconds: row[1], lastSeenMilliseconds: row[2],
      lastFingerprint: print, state: state)
  }
}
