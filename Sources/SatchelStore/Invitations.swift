internal import Foundation
internal import GRDB
package import SatchelCore

/// One-time codes, as a hub keeps them: stretched, counted, and never deleted (a hub that had one is closed for good).
///
/// All counting is in the same transaction as the look-up, so that of two devices with one code one is let in, and a
/// restart of the hub forgets no guess. Times are the hub's, in milliseconds since 1970.
extension Store {
  /// Wrong codes that begin as an invitation does and end it.
  package static let alikeFailuresMax = 5
  /// Wrong codes in a row, from anywhere and beginning as they may, that end all open invitations.
  package static let anyFailuresMax = 20
  /// How long an invitation may be open.
  package static let invitationLifeMax = Duration.seconds(7 * 24 * 3600)

  /// Keeps an invitation.
  ///
  /// - Parameters:
  ///   - begins: the first two characters of the code.
  ///   - key: the code, stretched.
  ///   - expires: the first moment at which it is no longer good.
  /// - Throws: `class.unknown`.
  package func invite(
    _ grant: Grant, begins: String, key: EnrolmentKey, at milliseconds: Int64, expires: Int64
  ) throws(SatchelError) {
    try write { db in
      let row = try grant.className.map { try Self.classRow($0, db) }
      // Guesses at invitations that are gone say nothing against this one.
      if try !Self.hasOpenInvitation(at: milliseconds, db) {
        try db.execute(sql: "UPDATE ledger SET wrong_codes = 0")
      }
      try db.execute(
        sql: """
          INSERT INTO invitation (begins, key, role, class, made, expires) VALUES (?, ?, ?, ?, ?, ?)
          """,
        arguments: [
          begins, Data(key.bytes), grant.role.rawValue, row, milliseconds, expires,
        ])
    }
  }

  /// Lets `device` in when `proves` finds the key of an invitation that begins so; else counts a wrong code.
  ///
  /// A device whose reply was lost may ask again with its code as long as that lasts, and gets the same.
  /// - Parameters:
  ///   - proves: whether the device has shown that it knows the code of that key.
  /// - Returns: the key and the grant; `nil` for a code that is wrong, used by another, or expired.
  package func redeem(
    begins: String, by device: PublicKey, at milliseconds: Int64, proves: (EnrolmentKey) -> Bool
  ) throws(SatchelError) -> (key: EnrolmentKey, grant: Grant)? {
    try write { db in
      let candidates = try Self.invitations(
        begins: begins, usableBy: device, at: milliseconds, db)
      guard let found = candidates.first(where: { proves($0.key) }) else {
        try Self.countFailure(begins: begins, at: milliseconds, db)
        return nil
      }
      if found.isOpen {
        try db.execute(
          sql: "UPDATE invitation SET state = 'used', device = ? WHERE id = ?",
          arguments: [Data(device.bytes), found.id])
        try db.execute(sql: "UPDATE ledger SET wrong_codes = 0")
        try Self.grant(found.grant, to: device, at: milliseconds, db)
      }
      return (found.key, found.grant)
    }
  }

  /// How many invitations are open.
  package func openInvitationCount(at milliseconds: Int64) throws(SatchelError) -> Int {
    try read { db in
      let sql = "SELECT count(*) FROM invitation WHERE state = 'open' AND expires > ?"
      return try Int.fetchOne(db, sql: sql, arguments: [milliseconds]) ?? 0
    }
  }

  private struct Candidate {
    let id: Int64
    let key: EnrolmentKey
    let grant: Grant
    let isOpen: Bool
  }

  private static func invitations(
    begins: String, usableBy device: PublicKey, at milliseconds: Int64, _ db: Database
  ) throws -> [Candidate] {
    let sql = """
      SELECT invitation.id, key, role, class.name, state = 'open'
      FROM invitation LEFT JOIN class ON class.id = invitation.class
      WHERE begins = ? AND expires > ? AND (state = 'open' OR (state = 'used' AND device = ?
        AND EXISTS (SELECT 1 FROM device WHERE public_key = invitation.device AND state = 'active')))
      ORDER BY invitation.id
      """
    let arguments: StatementArguments = [begins, milliseconds, Data(device.bytes)]
    return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
      guard let key = EnrolmentKey(bytes: Array(row[1] as Data)),
        let role = Grant.Role(rawValue: row[2])
      else { throw SatchelError(.storeDamaged, subject: "invitation") }
      let name = (row[3] as String?).map(ClassName.init(checked:))
      return Candidate(
        id: row[0], key: key, grant: Grant(role: role, className: name), isOpen: row[4])
    }
  }

  private static func countFailure(begins: String, at milliseconds: Int64, _ db: Database) throws {
    guard try hasOpenInvitation(at: milliseconds, db) else { return }
    try db.execute(
      sql: """
        UPDATE invitation SET failures = failures + 1,
          state = iif(failures + 1 >= ?, 'dead', state) WHERE begins = ? AND state = 'open'
        """, arguments: [alikeFailuresMax, begins])
    try db.execute(sql: "UPDATE ledger SET wrong_codes = wrong_codes + 1")
    let count = try Int.fetchOne(db, sql: "SELECT wrong_codes FROM ledger") ?? 0
    guard count >= anyFailuresMax else { return }
    try db.execute(sql: "UPDATE invitation SET state = 'dead' WHERE state = 'open'")
    try db.execute(sql: "UPDATE ledger SET wrong_codes = 0")
  }

  private static func hasOpenInvitation(at milliseconds: Int64, _ db: Database) throws -> Bool {
    let sql = "SELECT 1 FROM invitation WHERE state = 'open' AND expires > ?"
    return try Row.fetchOne(db, sql: sql, arguments: [milliseconds]) != nil
  }
}
