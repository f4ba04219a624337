package import Foundation
package import SatchelCore
package import SatchelStore
package import SatchelSync
internal import SatchelWire

/// A hub's rounds through files: with devices that never see its network, and with other hubs.
package struct HubBundles: Sendable {
  private let store: Store

  package init(store: Store) { self.store = store }

  /// Writes all that the hub holds, and the newest manifest and file of each of its channels.
  ///
  /// - Parameter milliseconds: the wall clock.
  /// - Throws: as ``Bundling/write(_:from:to:signedBy:report:)``.
  package func write(
    to bundle: URL, sinceLast: Bool, at milliseconds: Int64,
    partBytesMax: Int = Bundling.partBytesDefault, report: (Int) -> Void = { _ in }
  ) throws(SatchelError) -> Bundling.Written {
    var order = Bundling.Order(milliseconds: milliseconds)
    order.isSinceLast = sinceLast
    order.partBytesMax = partBytesMax
    order.releases = try releases()
    return try Bundling.write(
      order, from: store, to: bundle, signedBy: try store.establishHubIdentity(), report: report)
  }

  /// Takes a bundle: all of its records, or none. Releases stay in it: a hub publishes what its own keeper signed.
  ///
  /// - Parameters:
  ///   - milliseconds: the wall clock.
  ///   - trusted: the id of a writer that is not known yet and is an active device from now on, because the keeper says so.
  /// - Throws: `bundle.stranger` for a writer that is not known, `hub.refused` for a revoked one, `scope.denied`, and as
  ///   ``Bundling/read(into:from:milliseconds:judge:report:)``; nothing is then stored.
  package func read(
    from bundle: URL, trusting trusted: ReplicaID? = nil, at milliseconds: Int64,
    report: (Int) -> Void = { _ in }
  ) throws(SatchelError) -> Bundling.Reading {
    let own = try store.establishHubIdentity().publicKey
    let reading = try Bundling.read(
      into: store, from: bundle, milliseconds: milliseconds,
      judge: { head throws(SatchelError) in
        try license(for: head, own: own, trusting: trusted)
      }, report: report)
    if reading.head.writer != own {
      _ = try store.meet(
        reading.head.writer, holding: reading.writerFingerprint, at: milliseconds)
    }
    return reading
  }

  private func license(for head: BundleHead, own: PublicKey, trusting trusted: ReplicaID?)
    throws(SatchelError) -> Bundling.License
  {
    let known = try store.devices().first { $0.key == head.writer }
    let standing: BundleRule.Standing =
      switch known?.state {
      case .active: .active(.everyone)
      case .revoked: .revoked
      case nil: .unknown
      }
    return try BundleRule.hub(reads: head, own: own, standing: standing) { _ in
      trusted == head.writer.replica ? .everyone : nil
    }
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
