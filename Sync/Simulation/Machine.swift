import Foundation
import SatchelCore
import SatchelStore
import SatchelTutor

/// A laptop or a hub: a store on a disk, and a clock that may be wrong.
final class Machine {
  let name: String
  let isHub: Bool
  let scope: Scope
  private let folder: URL
  private let entropy: Entropy
  /// What the beacon sees; a disk image that cannot be told from its original says the same.
  private(set) var place: StorePlace
  private(set) var store: Store
  /// What its clock adds to the true time.
  var clockError: Int64 = 0
  /// The boot session; another after a boot, or when the clock is set.
  var session: UInt32 = 1
  /// What it was when it was last put aside, and which records it held then.
  private(set) var backup: Set<RecordID>?

  init(
    _ name: String, isHub: Bool, scope: Scope, folder: URL, entropy: Entropy, place: StorePlace
  ) throws(SatchelError) {
    self.name = name
    self.isHub = isHub
    self.scope = scope
    self.folder = folder
    self.entropy = entropy
    self.place = place
    store = try Self.open(folder, name, isHub, entropy, place)
  }

  /// A copy of `other`'s disk.
  init(_ name: String, copying other: Machine, place: StorePlace) throws(SatchelError) {
    self.name = name
    isHub = other.isHub
    scope = other.scope
    folder = other.folder
    entropy = other.entropy
    self.place = place
    session = other.session
    clockError = other.clockError
    try other.store.close()
    try Self.copy(from: other.folder, other.name, to: other.folder, name)
    try other.reopen()
    store = try Self.open(folder, name, isHub, entropy, place)
  }

  func wall(at now: Int64) -> Int64 { now + clockError }

  func moment(at now: Int64) -> DeviceMoment {
    DeviceMoment(wallMilliseconds: wall(at: now), session: session)
  }

  /// The process died: what it had in memory is gone.
  func reopen() throws(SatchelError) {
    store = try Self.open(folder, name, isHub, entropy, place)
  }

  func crash() throws(SatchelError) {
    try store.close()
    try reopen()
  }

  /// Puts a copy of the disk aside.
  func backUp() throws(SatchelError) {
    backup = try recordIDs()
    try store.close()
    try Self.copy(from: folder, name, to: folder, name + ".backup")
    try reopen()
  }

  /// Puts the disk back to what it was; with another `place` it can be told.
  func restore(place: StorePlace) throws(SatchelError) {
    try store.close()
    try Self.copy(from: folder, name + ".backup", to: folder, name)
    self.place = place
    try reopen()
  }

  func recordIDs() throws(SatchelError) -> Set<RecordID> {
    var out: Set<RecordID> = []
    try store.forEachRecord { out.formUnion($0.map(\.record.id)) }
    return out
  }

  /// The key that it signs with now.
  func key() throws(SatchelError) -> SigningKey {
    isHub ? try store.establishHubIdentity() : try store.establishIdentity()
  }

  private static func open(
    _ folder: URL, _ name: String, _ isHub: Bool, _ entropy: Entropy, _ place: StorePlace
  ) throws(SatchelError) -> Store {
    try Store(
      at: folder.appendingPathComponent(name), creating: true,
      projection: isHub ? nil : TutorProjection(), entropy: entropy, place: place)
  }

  /// The store and its beacon; a closed store has no WAL.
  private static func copy(from source: URL, _ name: String, to target: URL, _ copy: String)
    throws(SatchelError)
  {
    for suffix in ["", ".beacon"] {
      let from = source.appendingPathComponent(name + suffix)
      let to = target.appendingPathComponent(copy + suffix)
      do {
        try? FileManager.default.removeItem(at: to)
        if FileManager.default.fileExists(atPath: from.path) {
          try FileManager.default.copyItem(at: from, to: to)
        }
      } catch {
        throw SatchelError(.storeFailed, subject: copy, cause: "\(error)")
      }
    }
  }
}
