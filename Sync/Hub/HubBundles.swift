package import Foundation
package import SatchelCore
package import SatchelStore
package import SatchelSync
internal import SatchelWire

/// A hub's rounds through files: with devices that never see its network, and with other hubs.
package struct HubBundles: Sendable {
  private let store: Store

  package init(store: Store) { self.store = store }

  /// Writes what the hub holds, and the newest manifest and file of each of its channels.
  ///
  /// - Parameters:
  ///   - className: the class whose learners alone go out; `nil`: the whole school.
  ///   - milliseconds: the wall clock.
  /// - Throws: `class.unknown`, `store.busy` when a round of this hub is under way, and as ``Bundling/write(_:from:to:signedBy:report:)``.
  package func write(
    to bundle: URL, of className: ClassName? = nil, sinceLast: Bool, at milliseconds: Int64,
    partBytesMax: Int = Bundling.partBytesDefault, report: (Int) -> Void = { _ in }
  ) throws(SatchelError) -> Bundling.Written {
    let lock = try SyncLock(beside: store.url)
    defer { lock.release() }
    var order = Bundling.Order(milliseconds: milliseconds)
    if let className {
      guard try store.classes().contains(where: { $0.name == className }) else {
        throw SatchelError(.classUnknown, subject: className.text)
      }
      // INV-scope: whoever carries the stick, nobody else's records are on it.
      order.scope = .learners(try store.learners(of: className))
    }
    order.isSinceLast = sinceLast
    order.partBytesMax = partBytesMax
    order.releases = try releases()
    return try Bundling.write(
      order, from: store, to: bundle, signedBy: try store.establishHubIdentity(), report: report)
  }

  /// A writer that the keeper vouches for, and what it gets.
  package struct Voucher: Equatable, Sendable {
    package var writer: ReplicaID
    package var grant: Grant

    package init(writer: ReplicaID, grant: Grant) {
      self.writer = writer
      self.grant = grant
    }
  }

  /// Takes a bundle: all of its records, or none. Releases stay in it: a hub publishes what its own keeper signed.
  ///
  /// A device of a class brings its class's learners, and introduces those whom this hub has never met, as in a round.
  /// - Parameters:
  ///   - voucher: a writer that is not known yet, and is an active device from now on because the keeper says so.
  ///   - milliseconds: the wall clock.
  /// - Throws: `bundle.stranger` for a writer that is not known, `hub.refused` for a revoked one, `scope.denied` for a learner whom the writer
  ///   may not write, `class.unknown`, `store.busy`, and as ``Bundling/read(into:from:milliseconds:judge:report:)``; no record is then stored.
  package func read(
    from bundle: URL, trusting voucher: Voucher? = nil, at milliseconds: Int64,
    report: (Int) -> Void = { _ in }
  ) throws(SatchelError) -> Bundling.Reading {
    let lock = try SyncLock(beside: store.url)
    defer { lock.release() }
    let own = try store.establishHubIdentity().publicKey
    let reading = try Bundling.read(
      into: store, from: bundle, milliseconds: milliseconds,
      judge: { head throws(SatchelError) in
        try license(
          for: try grant(of: head, own: own, trusting: voucher), reading: bundle)
      }, report: report)
    try remember(reading, own: own, trusting: voucher, at: milliseconds)
    return reading
  }

  private func grant(of head: BundleHead, own: PublicKey, trusting voucher: Voucher?)
    throws(SatchelError) -> Grant
  {
    let devices = try store.allDevices()
    let upstreams = try store.hubs().filter { $0.certificate != nil }.map(\.key)
    do {
      return try BundleRule.hub(reads: head, own: own, upstreams: Set(upstreams)) { key in
        switch devices.first(where: { $0.key == key }) {
        case let device? where device.state == .revoked: .revoked
        case let device?: .active(device.grant)
        case nil: .unknown
        }
      }
    } catch {
      guard error.code == .bundleStranger, let voucher, voucher.writer == head.writer.replica
      else { throw error }
      return voucher.grant
    }
  }

  private func license(for grant: Grant, reading bundle: URL) throws(SatchelError)
    -> Bundling.License
  {
    guard let name = grant.className else {
      return Bundling.License(scope: .everyone, refusesOutside: true, trustsClock: false)
    }
    let others = try Bundling.learners(
      in: bundle, besides: try store.learners(of: name), max: Self.othersMax)
    try store.introduce(Array(others), to: name)
    return Bundling.License(
      scope: .learners(try store.learners(of: name)), refusesOutside: true, trustsClock: false)
  }

  /// More learners of other classes than a device would ever hold: enough to say who must not be there.
  private static let othersMax = 20_000

  /// Notes that the writer came, as if it had come by wire; a successor and a vouched one become devices.
  private func remember(
    _ reading: Bundling.Reading, own: PublicKey, trusting voucher: Voucher?, at milliseconds: Int64
  ) throws(SatchelError) {
    let (head, holding) = (reading.head, reading.writerFingerprint)
    if head.writer == own { return }
    if try store.meet(head.writer, holding: holding, at: milliseconds, joins: false) != nil {
      return
    }
    let certificate = BundleRule.certificate(of: head)
    if let lineage = head.credentials?.lineage,
      try store.succeed(
        lineage, certificate: certificate.flatMap { $0.hub == own ? $0 : nil }, holding: holding,
        at: milliseconds) != nil
    {
      return
    }
    guard let voucher, voucher.writer == head.writer.replica else { return }
    try store.vouch(for: head.writer, granting: voucher.grant, at: milliseconds)
    _ = try store.meet(head.writer, holding: holding, at: milliseconds, joins: false)
  }

  private func releases() throws(SatchelError) -> [Bundling.OutgoingRelease] {
    var out: [Bundling.OutgoingRelease] = []
    for channel in try store.publications() {
      guard let bytes = try store.publishedManifest(channel.kind, channel: channel.channel) else {
        continue
      }
      let signed = try SignedManifest(bytes: bytes)
      let digest = signed.manifest.files.first?.sha256 ?? []
      out.append(
        Bundling.OutgoingRelease(manifest: signed) {
          [store] (offset, count) throws(SatchelError) in
          try store.blob(sha256: digest, from: offset, count: count)
        })
    }
    return out
  }
}
