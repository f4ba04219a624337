internal import Foundation
internal import GRDB
package import SatchelCore

/// What a replica knows of a hub.
package struct KnownHub: Equatable, Sendable {
  package var url: String
  /// The key that it was first met with, or enrolled at.
  package var key: PublicKey
  /// `sha256//` and base64 of its TLS key; `nil`: its certificate is checked by authority.
  package var pin: String?
  /// The grant that it signed at enrolment; `nil`: not enrolled.
  package var certificate: [UInt8]?
  /// The key under which this replica last synced there.
  package var knownAs: PublicKey?
}

extension Store {
  /// What is known of the hub at `url`; `nil` when it was never met.
  package func hub(_ url: String) throws(SatchelError) -> KnownHub? {
    let url = Self.hubName(url)
    return try recall(.hub(url)) { db in
      let sql = "SELECT public_key, pin, certificate, known_as FROM hub WHERE url = ?"
      guard let row = try Row.fetchOne(db, sql: sql, arguments: [url]) else { return nil }
      guard let key = PublicKey(bytes: row[0] as Data) else {
        throw SatchelError(.storeDamaged, subject: "hub")
      }
      return KnownHub(
        url: url, key: key, pin: row[1], certificate: (row[2] as Data?).map { Array($0) },
        knownAs: (row[3] as Data?).flatMap { PublicKey(bytes: $0) })
    }
  }

  /// The key that the hub at `url` was first met with; `nil` when it never was.
  package func hubKey(_ url: String) throws(SatchelError) -> PublicKey? { try hub(url)?.key }

  /// The hub that was met last; `nil` when none was.
  package func lastHub() throws(SatchelError) -> String? {
    try recall(.lastHub) { db in
      try String.fetchOne(db, sql: "SELECT url FROM hub ORDER BY met DESC, url LIMIT 1")
    }
  }

  /// All hubs that were met, the one met last first.
  package func hubs() throws(SatchelError) -> [KnownHub] {
    let urls = try read { db in
      try String.fetchAll(db, sql: "SELECT url FROM hub ORDER BY met DESC, url")
    }
    var out: [KnownHub] = []
    for url in urls {
      if let hub = try hub(url) { out.append(hub) }
    }
    return out
  }

  /// Notes that the hub at `url` was met; the key is pinned at the first time and replaced only here. With the key of
  /// another hub go the TLS pin and the certificate of the former one.
  package func pin(_ key: PublicKey, of url: String, at milliseconds: Int64) throws(SatchelError) {
    try write { db in
      try db.execute(
        sql: """
          INSERT INTO hub (url, public_key, met) VALUES (?, ?, \(Self.laterThanAll))
          ON CONFLICT (url) DO UPDATE SET met = excluded.met, public_key = excluded.public_key,
            pin = iif(public_key = excluded.public_key, pin, NULL),
            certificate = iif(public_key = excluded.public_key, certificate, NULL),
            known_as = iif(public_key = excluded.public_key, known_as, NULL)
          """, arguments: [Self.hubName(url), Data(key.bytes), milliseconds])
    }
  }

  /// Pins all that an enrolment proved, and makes this the hub that is met when none is named.
  ///
  /// - Parameters:
  ///   - certificate: the grant, signed by the hub.
  ///   - pin: of the hub's TLS key; empty when its certificate is checked by authority.
  ///   - device: the key that was enrolled.
  package func enrol(
    at url: String, certificate: GrantCertificate, pin: String, at milliseconds: Int64
  ) throws(SatchelError) {
    try write { db in
      try db.execute(
        sql: """
          INSERT INTO hub (url, public_key, met, pin, certificate, known_as)
          VALUES (?, ?, \(Self.laterThanAll), ?, ?, ?)
          ON CONFLICT (url) DO UPDATE SET public_key = excluded.public_key, met = excluded.met,
            pin = excluded.pin, certificate = excluded.certificate, known_as = excluded.known_as
          """,
        arguments: [
          Self.hubName(url), Data(certificate.hub.bytes), milliseconds, pin.isEmpty ? nil : pin,
          Data(certificate.bytes), Data(certificate.device.bytes),
        ])
    }
  }

  /// Notes under which key this replica synced with the hub at `url`; writes nothing when that was known.
  package func noteKnown(as key: PublicKey, at url: String) throws(SatchelError) {
    guard try hub(url)?.knownAs != key else { return }
    try write { db in
      try db.execute(
        sql: "UPDATE hub SET known_as = ? WHERE url = ?",
        arguments: [Data(key.bytes), Self.hubName(url)])
    }
  }

  /// The time of a meeting, or just after the latest one known: a device whose clock fell back to 1970 must still find
  /// the hub that it met last.
  private static var laterThanAll: String { "max(?, (SELECT ifnull(max(met), -1) + 1 FROM hub))" }

  /// One name for one address: a trailing slash means nothing.
  private static func hubName(_ url: String) -> String {
    url.hasSuffix("/") ? String(url.dropLast()) : url
  }
}
