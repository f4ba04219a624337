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
  /// enrolled takes its own, its hubs', and those of devices that one of its hubs granted access.
  /// - Parameters:
  ///   - own: the reader's key, when it has one.
  ///   - hubs: keys of the hubs at which the reader is enrolled.
  ///   - scope: what they granted the reader.
  ///   - revoked: keys that the reader knows to be shut out.
  ///   - grantor: the key of the hub whose grant, with the lineage that belongs to it, proves the writer to be a device of it;
  ///     `nil` where they prove nothing.
  /// - Throws: `bundle.stranger`; `hub.refused` for a revoked writer.
  package static func replica(
    reads head: BundleHead, own: PublicKey?, hubs: Set<PublicKey>, scope: Scope = .everyone,
    revoked: Set<PublicKey> = [], grantor: (BundleHead) -> PublicKey?
  ) throws(SatchelError) -> Bundling.License {
    let writer = head.writer
    if revoked.contains(writer) { throw refused(writer) }
    let isHub = hubs.contains(writer)
    let isKnown =
      hubs.isEmpty || isHub || writer == own
      || grantor(head).map { hubs.contains($0) } ?? false
    guard isKnown else { throw stranger(writer) }
    // A whole school's bundle may be carried to a laptop of one class: what is not granted stays on the stick.
    return Bundling.License(scope: scope, refusesOutside: false, trustsClock: isHub)
  }

  /// What a hub knows of a writer.
  package enum Standing: Equatable, Sendable {
    case active(Scope)
    case revoked
    case unknown
  }

  /// A hub's rule: its own bundles, those of its active devices, and those of devices that it signed a grant for, each
  /// within its scope.
  ///
  /// - Parameters:
  ///   - own: the hub's key.
  ///   - standing: of the writer, in the hub's table of devices.
  ///   - granted: the scope that the hub's own grant gives the writer; `nil` where the credentials prove none.
  /// - Throws: `bundle.stranger`; `hub.refused` for a revoked writer, whatever it brings.
  package static func hub(
    reads head: BundleHead, own: PublicKey, standing: Standing,
    granted: (BundleHead) throws(SatchelError) -> Scope?
  ) throws(SatchelError) -> Bundling.License {
    let scope: Scope
    switch standing {
    case .revoked: throw refused(head.writer)
    case .active(let known): scope = known
    case .unknown where head.writer == own: scope = .everyone
    case .unknown:
      guard let proven = try granted(head) else { throw stranger(head.writer) }
      scope = proven
    }
    return Bundling.License(scope: scope, refusesOutside: true, trustsClock: false)
  }

  private static func refused(_ writer: PublicKey) -> SatchelError {
    SatchelError(.hubRefused, subject: writer.replica.description, cause: "revoked")
  }

  private static func stranger(_ writer: PublicKey) -> SatchelError {
    SatchelError(.bundleStranger, subject: writer.replica.description)
  }
}
