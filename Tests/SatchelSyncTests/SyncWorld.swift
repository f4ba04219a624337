import Foundation
import SatchelCore
import SatchelStore
import SatchelTestSupport
import SatchelTutor
import SatchelWire
import Synchronization
import Testing

@testable import SatchelSync

/// A laptop or hub of the tests: a real store in a folder of its own.
struct Machine {
  let scratch: Scratch
  let store: Store
  /// As it was at the start.
  let key: SigningKey

  /// - Parameter folds: a hub folds nothing.
  init(folds: Bool = true, place: StorePlace? = nil) throws {
    scratch = try Scratch()
    store = try Store(
      at: scratch.file("store.sqlite"), creating: true,
      projection: folds ? TutorProjection() : nil, place: place)
    key = try store.establishIdentity()
  }

  /// The same key over another store, as when a disk died and the key was kept apart.
  init(reborn old: Machine) throws {
    scratch = try Scratch()
    store = try Store(at: scratch.file("store.sqlite"), creating: true, projection: nil)
    key = old.key
  }

  /// The same disk on another machine, which cannot be told from the first (`isTold` false), or can.
  init(copying other: Machine, isTold: Bool) throws {
    scratch = try Scratch()
    for suffix in ["", "-wal", ".beacon"] {
      let from = URL(fileURLWithPath: other.store.url.path + suffix)
      guard FileManager.default.fileExists(atPath: from.path) else { continue }
      try FileManager.default.copyItem(at: from, to: scratch.file("store.sqlite" + suffix))
    }
    store = try Store(
      at: scratch.file("store.sqlite"), creating: false,
      projection: other.store.projection,
      place: isTold ? StorePlace(inode: .random(in: 1 ... .max), machine: "other") : Self.place)
    key = other.key
  }

  /// Where all machines that are made for copying say that they are.
  static let place = StorePlace(inode: 1, machine: "one")

  /// A laptop whose copies may pass for it.
  static func copyable(folds: Bool = true) throws -> Machine {
    try Machine(folds: folds, place: place)
  }

  func record(_ draft: Draft, wall: Int64, session: UInt32 = 1) throws {
    _ = try store.append(draft, at: DeviceMoment(wallMilliseconds: wall, session: session))
  }

  func answer(
    _ item: String, by learner: LearnerID, wall: Int64 = 1_750_000_000_000, session: UInt32 = 1
  ) throws {
    let attempt = Attempt(
      item: ItemID(checked: item), skills: [SkillID(checked: "adding")], isCorrect: true)
    try record(
      Draft(learner: learner, event: .attempt(attempt), wallMilliseconds: wall), wall: wall,
      session: session)
  }

  var fingerprint: String {
    get throws { try store.summary(of: .everyone).fingerprint.description }
  }

  /// Every record's name, sorted; a record that stood twice would show twice.
  func recordIDs() throws -> [String] {
    var out: [String] = []
    try store.forEachRecord { out += $0.map(\.record.id.description) }
    return out.sorted()
  }

  func folds() throws -> [LearnerID: LearnerFold] {
    let learners = try store.learnerIDs()
    return Dictionary(uniqueKeysWithValues: try learners.map { ($0, try store.fold(of: $0)) })
  }
}

/// A hub without sockets: the bytes of each message really are encoded and decoded, and may be lost on the way.
final class DirectPeer: Peer {
  /// What the line does to one exchange.
  enum Fate: Sendable { case arrives, requestLost, replyLost, sentTwice }

  private let hub: Store
  private let hubKey: SigningKey
  private let key: SigningKey
  private let scope: Scope
  private let milliseconds: Int64
  private let fate: @Sendable () -> Fate
  private let counted = Mutex(Traffic())

  init(
    to hub: Machine, as key: SigningKey, scope: Scope = .everyone,
    at milliseconds: Int64 = 1_750_000_000_000,
    fate: @escaping @Sendable () -> Fate = { .arrives }
  ) {
    self.hub = hub.store
    hubKey = hub.key
    self.key = key
    self.scope = scope
    self.milliseconds = milliseconds
    self.fate = fate
  }

  var traffic: Traffic { counted.withLock { $0 } }

  func exchange(_ request: SyncRequest) async throws(SatchelError) -> SyncReply {
    let (sent, digest) = try Wire.encode(request, signedBy: key)
    let fate = fate()
    if fate == .requestLost { throw SatchelError(.hubUnreachable) }
    if fate == .sentTwice { _ = try answer(sent) }
    let reply = try answer(sent)
    counted.withLock {
      $0.requests += 1
      $0.bytesSent += sent.count
      $0.bytesReceived += reply.count
    }
    if fate == .replyLost { throw SatchelError(.hubUnreachable) }
    return try Wire.decodeReply(reply, to: digest)
  }

  private func answer(_ bytes: [UInt8]) throws(SatchelError) -> [UInt8] {
    let asked = try Wire.decodeRequest(bytes)
    let state = Exchange.HubState(
      key: hubKey.publicKey, milliseconds: milliseconds, channels: [])
    let reply = try Exchange.answer(
      asked.request, from: asked.device.replica, scope: scope, hub: state, ledger: hub)
    return try Wire.encode(reply, to: asked.digest, signedBy: hubKey)
  }

  func manifest(_ kind: Manifest.Kind, channel: String, known: String?)
    async throws(SatchelError) -> [UInt8]?
  { nil }

  func blob(
    sha256 digest: [UInt8], from offset: Int64, bytesMax: Int,
    into sink: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws(SatchelError) {
    throw SatchelError(.hubFailed, subject: "blob")
  }
}

extension Machine {
  /// A round as a replica runs it: again at once when it took a new identity.
  ///
  /// - Parameter moment: what the device's clocks say; `nil` never asks them.
  @discardableResult
  func sync(
    with hub: Machine, at moment: DeviceMoment? = nil, hubTime: Int64 = 1_750_000_000_000,
    fate: @escaping @Sendable () -> DirectPeer.Fate = { .arrives }
  ) async throws -> RoundReport {
    let before = try store.establishIdentity()
    var report = try await round(with: hub, as: before, at: moment, hubTime, fate)
    let after = try store.establishIdentity()
    if after.publicKey != before.publicKey {
      report.add(try await round(with: hub, as: after, at: moment, hubTime, fate))
    }
    return report
  }

  private func round(
    with hub: Machine, as key: SigningKey, at moment: DeviceMoment?, _ hubTime: Int64,
    _ fate: @escaping @Sendable () -> DirectPeer.Fate
  ) async throws -> RoundReport {
    let met = try store.note(of: hub.key.publicKey.replica).epoch != 0
    return try await Round(
      ledger: store, peer: DirectPeer(to: hub, as: key, at: hubTime, fate: fate),
      expected: met ? hub.key.publicKey : nil,
      correctClock: { [store] time throws(SatchelError) in
        guard let moment else { return }
        _ = try store.correctClocks(at: moment, hubMilliseconds: time)
      }
    ).run()
  }
}
