internal import Foundation
internal import GRDB
package import SatchelCore

/// Who this store is, once decided for this handle.
struct IdentityState: Sendable {
  var key: SigningKey?
  /// The row that it stands in: a newer one means that this replica took another identity since.
  var row: Int64 = 0
}

/// The identity of a replica: an Ed25519 key, made at the first record, so that a master image has none.
///
/// A copy or a restored backup that wrote on under the old key would sign a second history. So a beacon is kept in the
/// store and beside it: the file's inode, the machine's id, and a cookie that is renewed by each handle at its first
/// write, first in the store and then in the file. A copy has another inode or machine; a backup put back in place has
/// an older cookie than the file. Either way this handle takes a new key before it writes, and its records go into new
/// streams (INV-fork); nobody is asked. What slips through, such as a disk image of a used store on the same kind of machine, shows at sync:
/// whoever is told of records under its own key that it does not hold takes a new one, too (``renewIdentity(after:_:)``).
extension Store {
  /// The replica's public key, if it has one by now.
  package func publicKey() throws(SatchelError) -> PublicKey? {
    try newestIdentity()?.key.publicKey
  }

  /// The key that the next record will be signed with, made now if there is none or if it is another's.
  ///
  /// Where it holds, nothing is written: the cookie is renewed by who records.
  package func establishIdentity() throws(SatchelError) -> SigningKey {
    let stored = try newestIdentity()
    if let stored, identityState.withLock({ $0.row == stored.row }) { return stored.key }
    let seen = try? String(contentsOf: sibling(".beacon"), encoding: .utf8)
    if let stored,
      stored.beacon.allows(place: place ?? StorePlace(of: url), cookieFile: seen)
    {
      return stored.key
    }
    return try write { db in try signingKey(db) }
  }

  /// All keys that this store had, oldest first, each vouched for by the one before; `nil` when it has none.
  ///
  /// Old seeds stay for this alone. Of more than ``Lineage/linksMax`` links the latest are given.
  package func lineage() throws(SatchelError) -> Lineage? {
    try recall(.lineage) { db in
      let sql = "SELECT seed FROM identity ORDER BY id DESC LIMIT ?"
      let seeds = try Data.fetchAll(db, sql: sql, arguments: [Lineage.linksMax + 1])
      let keys = seeds.reversed().compactMap { SigningKey(seed: Array($0)) }
      guard keys.count == seeds.count else {
        throw SatchelError(.storeDamaged, subject: "identity")
      }
      guard let current = keys.last?.publicKey else { return nil }
      let links = zip(keys, keys.dropFirst()).map { Succession(from: $0, to: $1.publicKey) }
      return Lineage(links, endingIn: current)
    }
  }

  /// The key of a hub, the same for all its life, made now if there is none.
  ///
  /// A hub writes no records, so an old key cannot sign a second history, and its clients have pinned that key. A file
  /// that was copied or put back from a backup therefore keeps it, and starts a new epoch.
  package func establishHubIdentity() throws(SatchelError) -> SigningKey {
    try write { db in
      let seen = try? String(contentsOf: sibling(".beacon"), encoding: .utf8)
      let found = place ?? StorePlace(of: url)
      if let stored = try Self.newestIdentity(db), identityState.withLock({ $0.key }) == nil,
        !stored.beacon.allows(place: found, cookieFile: seen)
      {
        let cookie = UInt64.random(in: 1 ... .max)
        let adopted = Beacon(
          place: found, cookie: seen.flatMap { UInt64($0, radix: 16) } ?? cookie, previous: nil)
        if seen != nil { try? Data(adopted.cookieText.utf8).write(to: sibling(".beacon")) }
        try db.execute(
          sql: "UPDATE identity SET beacon = ? WHERE id = ?", arguments: [adopted.text, stored.row])
        try startNewEpoch(db)
      }
      return try signingKey(db)
    }
  }

  /// The key to write with, decided at this handle's first write and the same from then on.
  func signingKey(_ db: Database) throws -> SigningKey {
    let known = identityState.withLock { $0 }
    if let key = known.key {
      // Another handle, or a round of sync, may have found out that this identity is not ours alone.
      let newest = try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(id) FROM identity"))
      if newest == known.row { return key }
    }
    let stored = try Self.newestIdentity(db)
    let found = place ?? StorePlace(of: url)
    let seen = try? String(contentsOf: sibling(".beacon"), encoding: .utf8)
    let renewed: Beacon
    let key: SigningKey
    let row: Int64
    if let stored, stored.beacon.allows(place: found, cookieFile: seen) {
      key = stored.key
      row = stored.row
      renewed = Beacon(
        place: found, cookie: UInt64.random(in: 1 ... .max), previous: stored.beacon.cookie)
      try db.execute(
        sql: "UPDATE identity SET beacon = ? WHERE id = ?",
        arguments: [renewed.text, stored.row])
    } else {
      renewed = Beacon(place: found, cookie: UInt64.random(in: 1 ... .max), previous: nil)
      (key, row) = try insertIdentity(renewed, db)
    }
    let file = sibling(".beacon")
    // The handle keeps the key only if this transaction commits: a rolled back identity must not sign anything.
    db.afterNextTransaction { [self] _ in
      identityState.withLock { $0 = IdentityState(key: key, row: row) }
      // A failed write costs a new identity at some later open, never a record.
      try? Data(renewed.cookieText.utf8).write(to: file, options: .atomic)
    }
    return key
  }

  /// Takes a new identity when a peer brought records that this replica's own key signed and that it did not hold: some
  /// copy of this store wrote them, or this store is an old one put back. Its next records go into new streams.
  func renewIdentity(after journal: JournalTransaction, _ db: Database) throws {
    guard !journal.authors.isEmpty, let mine = try Self.newestIdentity(db),
      journal.authors.contains(mine.key.publicKey)
    else { return }
    try takeNewIdentity(after: mine.beacon, db)
  }

  /// Adds an identity at the same place; handles find it at their next write.
  func takeNewIdentity(_ db: Database) throws {
    if let mine = try Self.newestIdentity(db) { try takeNewIdentity(after: mine.beacon, db) }
  }

  private func takeNewIdentity(after beacon: Beacon, _ db: Database) throws {
    _ = try insertIdentity(beacon, db)
    // Records of a session can be corrected only by the identity that made them.
    try db.execute(sql: "DELETE FROM session WHERE offset IS NULL")
  }

  private func insertIdentity(_ beacon: Beacon, _ db: Database) throws -> (SigningKey, Int64) {
    let key = entropy.signingKey()
    try db.execute(
      sql: "INSERT INTO identity (seed, made, beacon) VALUES (?, ?, ?)",
      arguments: [Data(key.seed), Int64(Date().timeIntervalSince1970 * 1000), beacon.text])
    return (key, db.lastInsertedRowID)
  }

  private func newestIdentity() throws(SatchelError) -> (
    row: Int64, key: SigningKey, beacon: Beacon
  )? {
    try recall(.identity) { db in try Self.newestIdentity(db) }
  }

  private static func newestIdentity(_ db: Database) throws -> (
    row: Int64, key: SigningKey, beacon: Beacon
  )? {
    let sql = "SELECT id, seed, beacon FROM identity ORDER BY id DESC LIMIT 1"
    guard let row = try Row.fetchOne(db, sql: sql) else { return nil }
    let seed: Data = row[1]
    guard let key = SigningKey(seed: Array(seed)) else {
      throw SatchelError(.storeDamaged, subject: "identity")
    }
    return (row[0], key, Beacon(text: row[2]) ?? Beacon.none)
  }
}

/// Where a store file is: its inode and the machine's id.
package struct StorePlace: Equatable, Sendable {
  let inode: UInt64
  let machine: String

  package init(inode: UInt64, machine: String) {
    self.inode = inode
    self.machine = machine
  }

  init(of url: URL) {
    let attributes = try? FileManager.default.attributesOfItem(atPath: url.path)
    inode = (attributes?[.systemFileNumber] as? NSNumber)?.uint64Value ?? 0
    let text = try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)
    machine = text?.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? "none"
  }
}

/// What tells a store file from its copies.
private struct Beacon: Sendable {
  static let none = Beacon(place: StorePlace(inode: 0, machine: "none"), cookie: 0, previous: 0)

  let place: StorePlace
  let cookie: UInt64
  /// The cookie before; `nil` when this is the identity's first.
  let previous: UInt64?

  init(place: StorePlace, cookie: UInt64, previous: UInt64?) {
    self.place = place
    self.cookie = cookie
    self.previous = previous
  }

  init?(text: String) {
    let words = text.split(separator: " ")
    guard words.count == 4, let inode = UInt64(words[0]), let cookie = UInt64(words[2], radix: 16)
    else { return nil }
    place = StorePlace(inode: inode, machine: String(words[1]))
    self.cookie = cookie
    previous = UInt64(words[3], radix: 16)
  }

  var text: String {
    let before = previous.map { String($0, radix: 16) } ?? "-"
    return "\(place.inode) \(place.machine) \(String(cookie, radix: 16)) \(before)"
  }

  var cookieText: String { String(cookie, radix: 16) }

  /// Whether a store with this beacon, found at `place` beside a file that says `cookieFile`, is still the same one.
  ///
  /// The file may lag by one cookie: a kill between the commit and the file's writing leaves it so.
  func allows(place found: StorePlace, cookieFile: String?) -> Bool {
    guard found == place else { return false }
    guard let cookieFile else { return previous == nil }
    let seen = UInt64(cookieFile, radix: 16)
    return seen == cookie || (seen != nil && seen == previous)
  }
}
