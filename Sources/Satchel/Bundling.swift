public import Foundation
public import SatchelCore
internal import SatchelImport
internal import SatchelStore
internal import SatchelSync
internal import SatchelWire

/// Choices for a round through a file.
public struct BundleOptions: Sendable {
  /// Writes only what arrived since the last bundle of that name: small, but of use only to who read that one.
  public var sinceLast = false
  /// The line of model versions that is followed when a bundle is read.
  public var channel = "stable"
  /// Splits a bundle into files of at most this many bytes: FAT32 holds none of 4 GiB.
  public var partBytesMax = 2 << 30

  public init() {}
}

/// What writing or reading a bundle did.
public struct BundleReport: Sendable {
  /// As of a round with a hub, with no requests. After writing, ``SyncReport/converged`` is false, for nothing was compared.
  public let round: SyncReport
  /// The writer held more records than this replica does now: the bundle held only what came since an earlier one, which
  /// was not read here. A whole bundle brings the rest.
  public let isBehind: Bool
  /// Models and packs of the bundle that failed their checks, and why; the records were taken all the same.
  public let refused: [SatchelError]
}

extension Replica {
  /// Writes all that this replica holds to a file, for a stick: records, and the models that a hub signed.
  ///
  /// When this returns the bundle is on the disk, flushed. Nothing of it is secret from who holds the stick: pseudonyms, items,
  /// outcomes and times, but no names.
  /// - Parameters:
  ///   - url: of the bundle; with more than `partBytesMax` bytes also `url.2`, `url.3` and so on.
  ///   - options: how much of it, and how large a file may grow.
  ///   - progress: called after each batch.
  /// - Throws: `store.full` when the stick is full, `file.cannotCreate`, `store.busy` when a round is under way, `cancelled`; a bundle of that
  ///   name is then as it was.
  public func writeBundle(
    to url: URL, options: BundleOptions = BundleOptions(),
    progress: @escaping @Sendable (SyncProgress) -> Void = { _ in }
  ) throws(SatchelError) -> BundleReport {
    let start = ContinuousClock.now
    let lock = try SyncLock(beside: store.url)
    defer { lock.release() }
    var order = Bundling.Order(milliseconds: Self.now())
    order.isSinceLast = options.sinceLast
    order.partBytesMax = options.partBytesMax
    order.releases = try store.signedModels().map { [store] model in
      Bundling.OutgoingRelease(manifest: model.manifest) { (offset, count) throws(SatchelError) in
        try store.modelBytes(model.id, from: offset, count: count)
      }
    }
    let key = try store.establishIdentity()
    order.credentials = try credentials(of: key)
    let written = try Bundling.write(order, from: store, to: url, signedBy: key) {
      progress(SyncProgress(recordsSent: $0, recordsReceived: 0))
    }
    let model = SyncReport.Model(
      channel: options.channel, version: try store.newestModelVersion(of: options.channel),
      changed: false)
    let round = SyncReport(
      converged: false, fingerprint: written.fingerprint.description, requests: 0,
      recordsSent: written.records, recordsReceived: 0, bytesSent: written.byteCount,
      bytesReceived: 0, seconds: Self.seconds(since: start), model: model, packs: [])
    return BundleReport(round: round, isBehind: false, refused: [])
  }

  /// Takes a bundle: all of its records or none, then newer packs and the newest model of the channel.
  ///
  /// ``SyncReport/converged`` says that this replica now holds what the writer held. It is false, and nothing is wrong, when this replica
  /// holds more: write a bundle back.
  ///
  /// Records and releases are two steps. A model that fails its checks says nothing about the lessons beside it, and they may be
  /// the only copy on this side of the river: they stay, and the report names what was refused.
  /// - Throws: `file.missing`, `bundle.incomplete`, `bundle.malformed`, `bundle.stranger`, `hub.refused`, `stream.gap` when earlier
  ///   records are missing here, `store.busy`, `cancelled`; nothing of the bundle is then stored.
  public func readBundle(
    at url: URL, options: BundleOptions = BundleOptions(),
    progress: @escaping @Sendable (SyncProgress) -> Void = { _ in }
  ) async throws(SatchelError) -> BundleReport {
    let start = ContinuousClock.now
    let lock = try SyncLock(beside: store.url)
    defer { lock.release() }
    let reading = try Bundling.read(
      into: store, from: url, milliseconds: Self.now(),
      judge: { head throws(SatchelError) in try license(for: head) },
      report: { progress(SyncProgress(recordsSent: 0, recordsReceived: $0)) })
    let visit = await takeReleases(of: url, reading, options)
    let model = SyncReport.Model(
      channel: options.channel, version: try store.newestModelVersion(of: options.channel),
      changed: visit.changed)
    let round = SyncReport(
      converged: reading.converged, fingerprint: reading.fingerprint.description, requests: 0,
      recordsSent: 0, recordsReceived: reading.records, bytesSent: 0,
      bytesReceived: reading.byteCount, seconds: Self.seconds(since: start), model: model,
      packs: visit.packs)
    return BundleReport(round: round, isBehind: reading.isBehind, refused: visit.refused)
  }

  private static func seconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
  }

  /// Hubs at which this replica is enrolled, the one met last first.
  private func enrolments() throws(SatchelError) -> [(hub: PublicKey, grant: GrantCertificate)] {
    try store.hubs().compactMap { hub in
      hub.certificate.flatMap { GrantCertificate(bytes: $0) }
        .flatMap { $0.hub == hub.key ? (hub.key, $0) : nil }
    }
  }

  /// What shows a reader that has not met this replica whose device it is.
  private func credentials(of key: SigningKey) throws(SatchelError) -> Credentials? {
    let shown = Credentials(
      certificate: try enrolments().first?.grant.bytes,
      lineage: try store.lineage() ?? Lineage(of: key.publicKey))
    return shown.saySomething ? shown : nil
  }

  /// Whether this replica takes a bundle of that writer, and whom of it.
  private func license(for head: BundleHead) throws(SatchelError) -> Bundling.License {
    let enrolments = try enrolments()
    var scope: Scope? = enrolments.isEmpty ? .everyone : nil
    for (hub, _) in enrolments {
      // Whom a hub lets this replica see it says in a round. Before the first one, what the hub put on the stick is meant.
      scope = (scope ?? .learners([])).union(try store.note(of: hub.replica).scope ?? .everyone)
    }
    return try BundleRule.replica(
      reads: head, own: Set(try store.lineage()?.keys ?? []), hubs: Set(enrolments.map(\.hub)),
      scope: scope ?? .everyone)
  }

  /// Offers what the bundle carries through the checks of a ``Refresh``.
  ///
  /// Promise 10: the chain ends in a pinned root. A replica that never met a hub has none, and takes no release.
  private func takeReleases(of bundle: URL, _ reading: Bundling.Reading, _ options: BundleOptions)
    async -> (changed: Bool, packs: [String], refused: [SatchelError])
  {
    let peer = BundlePeer(bundle, releases: reading.releases)
    var refused = BundlePeer.unreadable(reading.releases)
    var (changed, packs): (Bool, [String]) = (false, [])
    for signed in peer.manifests {
      do {
        guard let hub = try pinnedPublisher(of: signed) else { continue }
        let refresh = Refresh(peer: peer, publisher: hub, folder: store.partialFolder)
        let (channel, version) = (signed.manifest.channel, signed.manifest.version)
        switch signed.manifest.kind {
        case .pack:
          if let name = try await pull(pack: channel, version: version, by: refresh) {
            packs.append(name)
          }
        case .model where channel == options.channel:
          if try await pull(model: channel, version: version, by: refresh) { changed = true }
        case .model: continue
        }
      } catch {
        refused.append(error)
      }
    }
    return (changed, packs, refused)
  }

  /// The pinned key that must have signed the release; `nil` when no hub is pinned.
  private func pinnedPublisher(of signed: SignedManifest) throws(SatchelError) -> PublicKey? {
    let pinned = try store.hubs().map(\.key)
    // With another key than a pinned one the check of `Refresh` fails, and says so.
    return pinned.contains(signed.publisher) ? signed.publisher : pinned.first
  }
}

extension Scope {
  fileprivate func union(_ other: Scope) -> Scope {
    guard case .learners(let mine) = self, case .learners(let theirs) = other else {
      return .everyone
    }
    return .learners(mine.union(theirs))
  }
}
