import SatchelCore
import SatchelStore
import SatchelSync
import SatchelWire
import Synchronization

/// The line between one machine and a hub for one round: messages pass as bytes, and suffer.
///
/// One round runs at a time, so the dice of the simulation may be rolled here; the lock only tells the compiler so.
final class SimulatedLine: Peer {
  /// What the simulation and its lines share.
  struct Weather {
    var dice: SimulationDice
    let faults: Set<Fault>
    /// One in so many messages suffers.
    var oneIn = 6
    var counts: [Fault: Int] = [:]
    /// Requests that a hub gets later than their senders think.
    var late: [LateRequest] = []
    /// Requests that a hub once got.
    var old: [LateRequest] = []
    /// The machine whose process just died, if one did.
    var dead: String?

    /// A fault of those that may happen here; `nil` mostly.
    mutating func strikes(_ candidates: [Fault]) -> Fault? {
      let possible = candidates.filter(faults.contains)
      guard !possible.isEmpty, dice.chance(oneIn) else { return nil }
      let fault = dice.pick(possible)
      counts[fault, default: 0] += 1
      return fault
    }
  }

  struct LateRequest {
    let hub: String
    let scope: Scope
    let bytes: [UInt8]
  }

  private let hub: Store
  private let hubName: String
  private let hubKey: SigningKey
  private let key: SigningKey
  private let scope: Scope
  private let now: Int64
  private let weather: Shared

  /// The weather, passed by reference.
  final class Shared: Sendable {
    let state: Mutex<Weather>
    init(_ weather: sending Weather) { state = Mutex(weather) }
  }

  init(
    to hub: Machine, as key: SigningKey, scope: Scope, at now: Int64, weather: Shared
  ) throws(SatchelError) {
    self.hub = hub.store
    hubName = hub.name
    hubKey = try hub.key()
    self.key = key
    self.scope = scope
    self.now = now
    self.weather = weather
  }

  var traffic: Traffic { Traffic() }

  func exchange(_ request: SyncRequest) async throws(SatchelError) -> SyncReply {
    let (sent, digest) = try Wire.encode(request, signedBy: key)
    let fault = weather.state.withLock {
      $0.strikes([.drop, .delay, .duplicate, .reorder, .truncate, .corrupt, .crash])
    }
    let reply = try deliver(sent, under: fault)
    return try Wire.decodeReply(reply, to: digest)
  }

  /// One request on its way, and the reply on its way back.
  private func deliver(_ sent: [UInt8], under fault: Fault?) throws(SatchelError) -> [UInt8] {
    let copy = LateRequest(hub: hubName, scope: scope, bytes: sent)
    let isOnTheWayThere = weather.state.withLock { $0.dice.chance(2) }
    switch fault {
    case .drop where isOnTheWayThere: throw SatchelError(.hubUnreachable)
    case .delay:
      weather.state.withLock { $0.late.append(copy) }
      throw SatchelError(.hubTimeout)
    case .duplicate: _ = try answer(sent)
    case .reorder: replayOld()
    case .truncate where isOnTheWayThere: return try answer(cut(sent))
    case .corrupt where isOnTheWayThere: return try answer(altered(sent))
    case .crash: try crashHub(sent, beforeItsWrite: isOnTheWayThere)
    default: break
    }
    let reply = try answer(sent)
    weather.state.withLock {
      if $0.old.count < 64 { $0.old.append(copy) }
    }
    switch fault {
    case .drop: throw SatchelError(.hubUnreachable)
    case .truncate: return cut(reply)
    case .corrupt: return altered(reply)
    default: return reply
    }
  }

  /// The hub's process dies, with or without what it was told; its client hears nothing.
  private func crashHub(_ sent: [UInt8], beforeItsWrite: Bool) throws(SatchelError) {
    if !beforeItsWrite { _ = try answer(sent) }
    weather.state.withLock { $0.dead = hubName }
    throw SatchelError(.hubUnreachable)
  }

  private func answer(_ bytes: [UInt8]) throws(SatchelError) -> [UInt8] {
    try Self.answer(bytes, scope: scope, hub: hub, key: hubKey, now: now)
  }

  private func replayOld() {
    let old = weather.state.withLock { weather -> LateRequest? in
      let mine = weather.old.filter { $0.hub == hubName }
      return mine.isEmpty ? nil : weather.dice.pick(mine)
    }
    // Whatever the hub says to it goes to nobody.
    if let old {
      _ = try? Self.answer(old.bytes, scope: old.scope, hub: hub, key: hubKey, now: now)
    }
  }

  /// What a hub does with a request, whoever brings it.
  static func answer(
    _ bytes: [UInt8], scope: Scope, hub: Store, key: SigningKey, now: Int64
  ) throws(SatchelError) -> [UInt8] {
    let asked = try Wire.decodeRequest(bytes)
    let state = Exchange.HubState(key: key.publicKey, milliseconds: now, channels: [])
    let reply = try Exchange.answer(
      asked.request, from: asked.device.replica, scope: scope, hub: state, ledger: hub)
    return try Wire.encode(reply, to: asked.digest, signedBy: key)
  }

  private func cut(_ bytes: [UInt8]) -> [UInt8] {
    weather.state.withLock { Array(bytes.prefix($0.dice.roll(0...max(0, bytes.count - 1)))) }
  }

  private func altered(_ bytes: [UInt8]) -> [UInt8] {
    var out = bytes
    weather.state.withLock {
      out[$0.dice.roll(0...bytes.count - 1)] ^= UInt8(1 << $0.dice.roll(0...7))
    }
    return out
  }

  func manifest(_ kind: Manifest.Kind, channel: String, known: String?)
    async throws(SatchelError) -> [UInt8]?
  { nil }

  func blob(
    sha256 digest: [UInt8], from offset: Int64, bytesMax: Int,
    into sink: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws(SatchelError) {
    throw SatchelError(.fileMissing, subject: "blob")
  }
}
