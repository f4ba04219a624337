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
  package var grant: Grant
  /// A copy of it took a new key, and nobody came under this one since: it is no device any more.
  package var isSuperseded: Bool
}

extension Store {
  /// How stale ``KnownDevice/lastSeenMilliseconds`` may be: a round that changes nothing then costs no disk flush.
  private static let seenMilliseconds: Int64 = 60_000

  /// The device with `key`, as it now is; one that was never met is remembered when this hub is open and `joins` is set,
  /// and is else `nil`. A revoked one stays as it was.
  package func meet(
    _ key: PublicKey, holding fingerprint: Hash256, at milliseconds: Int64, joins: Bool = true
  ) throws(SatchelError) -> KnownDevice? {
    let known = try recall(.device(key)) { db in try Self.device(key, db) }
    if let known {
      let isFresh =
        known.lastFingerprint == fingerprint && !known.isSuperseded
        && abs(milliseconds - known.lastSeenMilliseconds) < Self.seenMilliseconds
      if isFresh || known.state == .revoked { return known }
    } else {
      guard joins else { return nil }
      guard try isOpenHub() else { return nil }
    }
    return try write { db in
      if try joins && Self.isOpenHub(db) && Self.device(key, db) == nil {
        try Self.grant(.ofOpenHub, to: key, at: milliseconds, db)
      }
      try Self.see(key, holding: fingerprint, at: milliseconds, db)
      return try Self.device(key, db)
    }
  }

  /// Takes a key that was never met for a known device's new one, and gives it the same grant.
  ///
  /// The key's lineage says that a known device took it, or `certificate`, which the caller has checked, that this hub
  /// once let one of the lineage in: a hub that was restored from an older backup.
  ///
  /// Whoever holds a revoked device holds its earlier keys, too, and could let one of those vouch for a fresh one. So a
  /// key that has a revoked successor vouches for nobody any more.
  /// - Returns: `nil` when neither says so.
  /// - Throws: `hub.refused` when a key of the lineage was revoked here, or a successor of the one that vouches.
  package func succeed(
    _ lineage: Lineage, certificate: GrantCertificate?, holding fingerprint: Hash256,
    at milliseconds: Int64
  ) throws(SatchelError) -> KnownDevice? {
    try write { db in
      let ancestors = try lineage.keys.dropLast().compactMap { try Self.device($0, db) }
      let isBarred = try ancestors.last.map { try Self.hasRevokedHeir($0.key, db) } ?? false
      guard ancestors.allSatisfy({ $0.state == .active }), !isBarred else {
        throw SatchelError(
          .hubRefused, subject: lineage.current.replica.description, cause: "revoked")
      }
      // Who got here before us under the same key, by another connection, has done it all.
      if let known = try Self.device(lineage.current, db) { return known }
      if let latest = ancestors.last {
        try Self.grant(latest.grant, to: lineage.current, at: milliseconds, db)
        let (old, new) = (Data(latest.key.bytes), Data(lineage.current.bytes))
        try db.execute(
          sql: "UPDATE device SET succeeded = ? WHERE public_key = ?",
          arguments: [milliseconds, old])
        try db.execute(
          sql: "UPDATE device SET predecessor = ? WHERE public_key = ?", arguments: [old, new])
      } else if let certificate, lineage.keys.contains(certificate.device) {
        if let name = certificate.grant.className {
          // The keeper made it in the part of this hub's life that the backup does not know.
          try db.execute(
            sql: "INSERT INTO class (name, made) VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
            arguments: [name.text, certificate.issuedMilliseconds])
        }
        try Self.grant(certificate.grant, to: lineage.current, at: milliseconds, db)
      } else {
        return nil
      }
      try Self.see(lineage.current, holding: fingerprint, at: milliseconds, db)
      return try Self.device(lineage.current, db)
    }
  }

  /// Lets `key` in with `grant`, because the keeper vouches for it; one that is known stays as it is.
  ///
  /// - Throws: `class.unknown`.
  package func vouch(for key: PublicKey, granting grant: Grant, at milliseconds: Int64)
    throws(SatchelError)
  {
    try write { db in
      guard try Self.device(key, db) == nil else { return }
      try Self.grant(grant, to: key, at: milliseconds, db)
    }
  }

  /// All devices, in the order in which they were first met, but those that others took the place of; whom the keeper
  /// revoked stays on the list.
  package func devices() throws(SatchelError) -> [KnownDevice] {
    try allDevices().filter { !$0.isSuperseded || $0.state == .revoked }
  }

  /// All devices, in the order in which they were first met.
  package func allDevices() throws(SatchelError) -> [KnownDevice] {
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

  /// Lets `key` in with `grant`, also when it was here before, and when it was revoked: the keeper has just said so.
  static func grant(
    _ grant: Grant, to key: PublicKey, at milliseconds: Int64, _ db: Database
  ) throws {
    let row = try grant.className.map { try classRow($0, db) }
    try db.execute(
      sql: """
        INSERT INTO device (public_key, first_seen, last_seen, last_fingerprint, state, role, class)
        VALUES (?, ?, ?, ?, 'active', ?, ?)
        ON CONFLICT (public_key) DO UPDATE SET state = 'active', role = excluded.role,
          class = excluded.class, succeeded = NULL
        """,
      arguments: [
        Data(key.bytes), milliseconds, milliseconds, Data(Hash256.zero.bytes), grant.role.rawValue,
        row,
      ])
  }

  /// Whether `key`, or any that it vouched for, however many steps later, was revoked.
  private static func hasRevokedHeir(_ key: PublicKey, _ db: Database) throws -> Bool {
    let sql = """
      WITH RECURSIVE heir (public_key) AS (
        VALUES (?)
        UNION
        SELECT device.public_key FROM device JOIN heir ON device.predecessor = heir.public_key)
      SELECT EXISTS (SELECT 1 FROM heir JOIN device USING (public_key) WHERE state = 'revoked')
      """
    return try Bool.fetchOne(db, sql: sql, arguments: [Data(key.bytes)]) ?? false
  }

  /// Notes that an active device came.
  private static func see(
    _ key: PublicKey, holding fingerprint: Hash256, at milliseconds: Int64, _ db: Database
  ) throws {
    try db.execute(
      sql: """
        UPDATE device SET last_seen = ?, last_fingerprint = ?, succeeded = NULL
        WHERE public_key = ? AND state = 'active'
        """,
      arguments: [milliseconds, Data(fingerprint.bytes), Data(key.bytes)])
  }

  private static let deviceColumns = """
    SELECT public_key, first_seen, last_seen, last_fingerprint, state, role, class.name,
      succeeded IS NOT NULL
    FROM device LEFT JOIN class ON class.id = device.class
    """

  private static func device(_ key: PublicKey, _ db: Database) throws -> KnownDevice? {
    let sql = deviceColumns + " WHERE public_key = ?"
    return try Row.fetchOne(db, sql: sql, arguments: [Data(key.bytes)]).map(device)
  }

  private static func device(_ row: Row) throws -> KnownDevice {
    guard let key = PublicKey(bytes: row[0] as Data), let print = Hash256(bytes: row[3] as Data),
      let state = KnownDevice.State(rawValue: row[4]), let role = Grant.Role(rawValue: row[5])
    else { throw SatchelError(.storeDamaged, subject: "device") }
    let name = (row[6] as String?).map(ClassName.init(checked:))
    return KnownDevice(
      key: key, firstSeenMilliseconds: row[1], lastSeenMilliseconds: row[2],
      lastFingerprint: print, state: state, grant: Grant(role: role, className: name),
      isSuperseded: row[7])
  }
}
