internal import Foundation
internal import GRDB
package import SatchelCore

extension Store {
  /// The key that the hub at `url` was first met with; `nil` when it never was.
  package func hubKey(_ url: String) throws(SatchelError) -> PublicKey? {
    try read { db in
      let sql = "SELECT public_key FROM hub WHERE url = ?"
      return try Data.fetchOne(db, sql: sql, arguments: [url]).flatMap { PublicKey(bytes: $0) }
    }
  }

  /// The hub that was met last; `nil` when none was.
  package func lastHub() throws(SatchelError) -> String? {
    try read { db in
      try String.fetchOne(db, sql: "SELECT url FROM hub ORDER BY met DESC, url LIMIT 1")
    }
  }

  /// Notes that the hub at `url` was met; the key is pinned at the first time and replaced only here.
  package func pin(_ key: PublicKey, of url: String, at milliseconds: Int64) throws(SatchelError) {
    try write { db in
      try db.execute(
        sql: """
          INSERT INTO hub (url, public_key, met) VALUES (?, ?, ?)
          ON CONFLICT (url) DO UPDATE SET public_key = excluded.public_key, met = excluded.met
          """, arguments: [url, Data(key.bytes), milliseconds])
    }
  }
}
