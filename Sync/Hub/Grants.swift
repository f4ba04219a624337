package import SatchelCore
package import SatchelStore

/// Who may sync, and which learners each may see and write.
///
/// This hub is *open*: any device may join and sees everyone, and is remembered when it first comes; the keeper can
/// revoke it. INV-scope: each request asks here, so that a revocation holds from the next one on.
package struct Grants: Sendable {
  private let store: Store

  package init(store: Store) { self.store = store }

  /// What `device` may see and write.
  /// - Throws: `hub.refused` for a revoked device.
  package func scope(of device: PublicKey, holding fingerprint: Hash256, at milliseconds: Int64)
    throws(SatchelError) -> Scope
  {
    let known = try store.meet(device, holding: fingerprint, at: milliseconds)
    guard known.state == .active else {
      throw SatchelError(.hubRefused, subject: device.replica.description, cause: "revoked")
    }
    return .everyone
  }

  /// Revokes the one device whose id begins with `prefix`.
  ///
  /// - Throws: `usage.wrong` when none or several do.
  package func revoke(_ prefix: String) throws(SatchelError) -> KnownDevice {
    let wanted = prefix.lowercased()
    let found = try store.devices().filter {
      !wanted.isEmpty && $0.key.replica.description.hasPrefix(wanted)
    }
    guard var device = found.first, found.count == 1 else {
      throw SatchelError(
        .usage, subject: prefix, cause: found.isEmpty ? "no such device" : "several devices")
    }
    try store.revoke(device.key)
    device.state = .revoked
    return device
  }
}
