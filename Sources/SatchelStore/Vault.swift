internal import Crypto
internal import Foundation
internal import GRDB
package import SatchelCore

/// Names, apart from everything else and sealed: AES-256-GCM under a key that lies in its own file.
///
/// The key file (`<store>.key`, 32 bytes, mode 0600) is made with the first name. The learner's pseudonym is the
/// additional data, so a sealed name cannot be moved to another learner. A store without its key file works as before;
/// only names are missing (`vault.locked` when they are asked for). Names are never synced.
extension Store {
  /// The longest name, in bytes of UTF-8.
  package static let nameBytesMax = 256

  package func setName(_ name: String, of learner: LearnerID) throws(SatchelError) {
    guard !name.isEmpty, name.utf8.count <= Self.nameBytesMax,
      !name.unicodeScalars.contains(where: { $0.value < 0x20 })
    else { throw SatchelError(.recordInvalid, subject: "name") }
    try add(learner)
    let key = try vaultKey(creating: true)
    let sealed = try StoreError.mapped("vault") {
      try AES.GCM.seal(
        Data(name.precomposedStringWithCanonicalMapping.utf8), using: key,
        authenticating: Data(learner.bytes)
      ).combined
    }
    try write { db in
      try db.execute(
        sql: """
          INSERT INTO vault (learner, sealed) SELECT id, ? FROM learner WHERE learner = ?
          ON CONFLICT (learner) DO UPDATE SET sealed = excluded.sealed
          """, arguments: [sealed, Data(learner.bytes)])
    }
  }

  /// All names. Throws `vault.locked` when there are names and the key is missing or wrong.
  package func names() throws(SatchelError) -> [LearnerID: String] {
    let rows = try read { db in
      try Row.fetchAll(
        db,
        sql: "SELECT learner.learner, sealed FROM vault JOIN learner ON learner.id = vault.learner"
      ).map { (learner: $0[0] as Data, sealed: $0[1] as Data) }
    }
    guard !rows.isEmpty else { return [:] }
    let key = try vaultKey(creating: false)
    var out: [LearnerID: String] = [:]
    for row in rows {
      guard let learner = LearnerID(bytes: row.learner) else { continue }
      do {
        let box = try AES.GCM.SealedBox(combined: row.sealed)
        let name = try AES.GCM.open(box, using: key, authenticating: row.learner)
        out[learner] = String(decoding: name, as: UTF8.self)
      } catch {
        throw SatchelError(.vaultLocked, subject: url.path)
      }
    }
    return out
  }

  private func vaultKey(creating: Bool) throws(SatchelError) -> SymmetricKey {
    let file = sibling(".key")
    if let bytes = try? Data(contentsOf: file) {
      guard bytes.count == 32 else { throw SatchelError(.vaultLocked, subject: file.path) }
      return SymmetricKey(data: bytes)
    }
    let holdsNames = try read { try Row.fetchOne($0, sql: "SELECT 1 FROM vault LIMIT 1") != nil }
    guard creating, !holdsNames else { throw SatchelError(.vaultLocked, subject: file.path) }
    let key = SymmetricKey(size: .bits256)
    try PrivateFile.create(file, bytes: key.withUnsafeBytes { Array($0) })
    return key
  }
}
