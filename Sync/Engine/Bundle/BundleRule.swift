package import SatchelCore
package import SatchelWire

/// Who may write a bundle that is taken here. Pure: what must be looked up comes in as an argument.
///
/// Only about the bundle as a whole: each record in it is proven by the chain and the signature of the device that made it,
/// whoever carries it.
package enum BundleRule {
  /// A replica's rule.
  ///
  /// One that is enrolled nowhere takes any bundle whose signature holds, since it has promised nobody anything. One that is
  /// enrolled takes its own, its hubs', and those of devices that show a grant of one of its hubs. It cannot know whom a
  /// hub revoked since; the hub does.
  /// - Parameters:
  ///   - own: the keys that the reader has and had.
  ///   - hubs: keys of the hubs at which the reader is enrolled.
  ///   - scope: what they let the reader see.
  /// - Throws: `bundle.stranger`.
  package static func replica(
    reads head: BundleHead, own: Set<PublicKey>, hubs: Set<PublicKey>, scope: Scope = .everyone
  ) throws(SatchelError) -> Bundling.License {
    let isHub = hubs.contains(head.writer)
    let isKnown =
      hubs.isEmpty || isHub || own.contains(head.writer)
      || certificate(of: head).map { hubs.contains($0.hub) } ?? false
    guard isKnown else { throw stranger(head.writer) }
    // A whole school's bundle may be carried to a laptop of one class: what is not granted stays on the stick.
    return Bundling.License(scope: scope, refusesOutside: false, trustsClock: isHub)
  }

  /// What a hub knows of a key.
  package enum Standing: Equatable, Sendable {
    case active(Grant)
    case revoked
    case unknown
  }

  /// A hub's rule: its own bundles and those of the hubs that it is enrolled at; those of its active devices and of their
  /// successors; and those of devices that show a grant of its own, as one that was restored from an older backup needs.
  ///
  /// - Parameters:
  ///   - own: the hub's key.
  ///   - upstreams: keys of the hubs at which it is enrolled.
  ///   - standing: of a key in the hub's table of devices.
  /// - Returns: what the writer may bring.
  /// - Throws: `hub.refused` when the writer or a key before it was revoked, whatever it shows; `bundle.stranger`.
  package static func hub(
    reads head: BundleHead, own: PublicKey, upstreams: Set<PublicKey> = [],
    standing: (PublicKey) throws(SatchelError) -> Standing
  ) throws(SatchelError) -> Grant {
    let school = Grant(role: .hub, className: nil)
    if head.writer == own || upstreams.contains(head.writer) { return school }
    var latest: Grant?
    for key in head.credentials?.lineage.keys ?? [head.writer] {
      switch try standing(key) {
      case .revoked:
        throw SatchelError(
          .hubRefused, subject: head.writer.replica.description, cause: "revoked")
      case .active(let grant): latest = grant
      case .unknown: continue
      }
    }
    if let latest { return latest }
    guard let shown = certificate(of: head), shown.hub == own else { throw stranger(head.writer) }
    return shown.grant
  }

  /// The grant that the head shows, when it is the writer's, or that of a key which the writer succeeded.
  package static func certificate(of head: BundleHead) -> GrantCertificate? {
    guard let shown = head.credentials, shown.lineage.current == head.writer,
      let certificate = shown.certificate.flatMap({ GrantCertificate(bytes: $0) }),
      shown.lineage.keys.contains(certificate.device)
    else { return nil }
    return certificate
  }

  private static func stranger(_ writer: PublicKey) -> SatchelError {
    SatchelError(.bundleStranger, subject: writer.replica.description)
  }
}
