internal import Foundation
public import SatchelCore
internal import SatchelImport
internal import SatchelStore
internal import SatchelSync
internal import SatchelTransport

/// Choices for a round of sync.
public struct SyncOptions: Sendable {
  /// The line of model versions that this replica follows.
  public var channel = "stable"
  /// Plain HTTP to another machine, on a network that you trust; loopback never needs it.
  public var allowsPlainHTTP = false
  /// Takes a hub's new key, after it was set up anew.
  public var trustsNewHub = false
  /// Gives up when nothing moves for this long.
  public var stallSeconds = 60
  /// How long the connection is kept after the round, for another that follows soon; 0 closes it at once.
  public var keepSeconds = 15

  public init() {}
}

/// What a round of sync did.
public struct SyncReport: Sendable {
  public struct Model: Hashable, Sendable {
    public let channel: String
    /// The newest version that this replica has of the channel; 0 when there is none.
    public let version: Int
    /// A new version was fetched and made active.
    public let changed: Bool
  }

  /// Both sides hold the same records: their fingerprints were compared and are equal.
  public let converged: Bool
  /// 64 hex digits.
  public let fingerprint: String
  public let requests: Int
  public let recordsSent: Int
  public let recordsReceived: Int
  /// With HTTP headers.
  public let bytesSent: Int
  public let bytesReceived: Int
  public let seconds: Double
  public let model: Model
  /// Names of packs that came.
  public let packs: [String]
}

/// How far a round is.
public struct SyncProgress: Hashable, Sendable {
  public let recordsSent: Int
  public let recordsReceived: Int
}

extension Replica {
  /// One round with a hub: progress both ways, then newer content and models.
  ///
  /// The one call that touches the network. Whatever cuts it, nothing is lost, and the next round goes on. Cancelling
  /// the task ends it within a fraction of a second.
  /// - Parameters:
  ///   - url: of the hub; `nil` is the one that was met last.
  ///   - options: which models to follow, and whom to trust.
  ///   - progress: called after each exchange, from any thread.
  /// - Throws: `usage.wrong` without any hub; `hub.*` when it cannot be reached or is none; `store.busy` when another
  ///   round of this store is under way; what arrived before stays.
  public func sync(
    with url: String? = nil, options: SyncOptions = SyncOptions(),
    progress: @escaping @Sendable (SyncProgress) -> Void = { _ in }
  ) async throws(SatchelError) -> SyncReport {
    let hub = try address(ofHub: url)
    let lock = try SyncLock(beside: store.url)
    defer { lock.release() }
    let trusted = options.trustsNewHub ? nil : try store.hub(hub)
    var policy = Self.policy(options)
    policy.pinnedPublicKey = trusted?.pin
    do throws(SatchelError) {
      let report = try await sync(with: hub, trusted, options, on: hubLine(policy), progress)
      if options.keepSeconds <= 0 { hangUp() }
      return report
    } catch {
      // Whatever went wrong, the next round begins on a line of its own.
      hangUp()
      throw error
    }
  }

  /// The hub that a round would meet: the one at `url`, or the one that was met last.
  ///
  /// - Throws: `usage.wrong` for a text that is no address of a hub, and without any hub.
  package func address(ofHub url: String?) throws(SatchelError) -> String {
    let known: String? = if let url { url } else { try store.lastHub() }
    guard let hub = known else {
      throw SatchelError(.usage, subject: "sync", cause: "no hub was met yet")
    }
    _ = try ServerAddress(url: hub)
    return hub
  }

  private func sync(
    with hub: String, _ trusted: KnownHub?, _ options: SyncOptions, on line: HubLine,
    _ progress: @escaping @Sendable (SyncProgress) -> Void
  ) async throws(SatchelError) -> SyncReport {
    let start = ContinuousClock.now
    let key = try store.establishIdentity()
    let peer = try peer(at: hub, key: key, trusted, on: line)
    var round: RoundReport
    do throws(SatchelError) {
      round = try await self.round(with: peer, expected: trusted?.key, progress)
    } catch {
      // A first round that was cut goes on, next time, from what this hub acknowledged; that is noted by its key.
      if trusted == nil, let met = peer.hubKey { try store.pin(met, of: hub, at: Self.now()) }
      throw error
    }
    let renewed = try store.establishIdentity()
    if renewed.publicKey != key.publicKey {
      // A copy of this store was found at the hub, or its clock had run away: it made itself another identity, and the
      // hub gets to know that at once.
      peer.renew(renewed, credentials: try credentials(of: renewed, trusted))
      round.add(try await self.round(with: peer, expected: round.hubKey, progress))
    }
    let visit = try await refresh(after: round, from: peer, hub: hub, options)
    try store.noteKnown(as: renewed.publicKey, at: hub)
    let elapsed = (ContinuousClock.now - start).components
    return SyncReport(
      converged: round.converged, fingerprint: round.fingerprint.description,
      requests: peer.traffic.requests, recordsSent: round.recordsSent,
      recordsReceived: round.recordsReceived, bytesSent: peer.traffic.bytesSent,
      bytesReceived: peer.traffic.bytesReceived,
      seconds: Double(elapsed.seconds) + Double(elapsed.attoseconds) / 1e18,
      model: visit.model, packs: visit.packs)
  }

  private func round(
    with peer: HTTPPeer, expected: PublicKey?,
    _ progress: @escaping @Sendable (SyncProgress) -> Void
  ) async throws(SatchelError) -> RoundReport {
    try await Round(
      ledger: store, peer: peer, expected: expected,
      correctClock: { [store] hub throws(SatchelError) in
        _ = try store.correctClocks(at: Self.moment(), hubMilliseconds: hub)
      },
      report: {
        progress(
          SyncProgress(recordsSent: $0.recordsSent, recordsReceived: $0.recordsReceived))
      }
    ).run()
  }

  /// The hub, and what to show it if it does not know this replica's key: at once when the replica has had another key
  /// since it last came, so that a hub which takes strangers learns whose successor it is.
  private func peer(at url: String, key: SigningKey, _ hub: KnownHub?, on line: HubLine)
    throws(SatchelError) -> HTTPPeer
  {
    let credentials = try credentials(of: key, hub)
    return HTTPPeer(
      url: url, key: key, client: line.client, credentials: credentials,
      presentsAtOnce: !credentials.lineage.links.isEmpty && hub?.knownAs != key.publicKey,
      last: line.last)
  }

  private func credentials(of key: SigningKey, _ hub: KnownHub?) throws(SatchelError) -> Credentials
  {
    Credentials(
      certificate: hub?.certificate, lineage: try store.lineage() ?? Lineage(of: key.publicKey))
  }

  static func policy(_ options: SyncOptions) -> TransportPolicy {
    var policy = TransportPolicy()
    policy.allowsPlainHTTPBeyondLoopback = options.allowsPlainHTTP
    policy.stallTime = .seconds(max(1, options.stallSeconds))
    policy.keptTime = .seconds(max(1, options.keepSeconds))
    return policy
  }

  /// Fetches what the hub announced and this replica has not.
  private func refresh(
    after round: RoundReport, from peer: HTTPPeer, hub: String, _ options: SyncOptions
  ) async throws(SatchelError) -> (model: SyncReport.Model, packs: [String]) {
    guard let key = round.hubKey else {
      throw SatchelError(.replyMalformed, subject: "hub")
    }
    let (pinned, last) = (try store.hubKey(hub), try store.lastHub())
    if pinned != key || last != hub { try store.pin(key, of: hub, at: Self.now()) }
    let refresh = Refresh(peer: peer, publisher: key, folder: store.partialFolder)
    var packs: [String] = []
    for offer in round.channels where offer.kind == .pack {
      if let name = try await pull(pack: offer.channel, version: offer.version, by: refresh) {
        packs.append(name)
      }
    }
    let offered = round.channels.first { $0.kind == .model && $0.channel == options.channel }
    var changed = false
    if let offered {
      changed = try await pull(model: offered.channel, version: offered.version, by: refresh)
    }
    return (
      SyncReport.Model(
        channel: options.channel, version: try store.newestModelVersion(of: options.channel),
        changed: changed), packs
    )
  }

  /// Fetches the newest model of `channel` if it is above ours; `true` when it became active.
  func pull(model channel: String, version: Int, by refresh: Refresh)
    async throws(SatchelError) -> Bool
  {
    let mine = try store.newestModelVersion(of: channel)
    guard version > mine,
      let signed = try await refresh.manifest(.model, channel: channel, above: mine)
    else { return false }
    guard let file = signed.manifest.files.first, signed.manifest.files.count == 1 else {
      throw SatchelError(.manifestMalformed, subject: channel)
    }
    let bytes = try await refresh.fetch(file, of: .model)
    return try shelve(model: bytes, manifest: signed)?.passed ?? false
  }

  /// Fetches the newest pack of `channel` if it is above ours; its name when it was new.
  func pull(pack channel: String, version: Int, by refresh: Refresh)
    async throws(SatchelError) -> String?
  {
    let mine = try store.packChannelVersion(channel)
    guard version > mine,
      let signed = try await refresh.manifest(.pack, channel: channel, above: mine)
    else { return nil }
    guard let file = signed.manifest.files.first, signed.manifest.files.count == 1 else {
      throw SatchelError(.manifestMalformed, subject: channel)
    }
    let pack = try Pack(bytes: try await refresh.fetch(file, of: .pack))
    let report = try shelve(pack, trustsNewPublisher: false)
    try store.keepPackChannel(channel, version: signed.manifest.version)
    return report.isNew ? pack.manifest.manifest.name : nil
  }
}
