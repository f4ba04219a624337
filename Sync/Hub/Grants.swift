package import SatchelCore
package import SatchelStore

/// Who may sync, and which learners each may see and write.
///
/// While the hub is open any device may join and sees everyone. Once its keeper made a class or an invitation, a device is
/// let in by a code (Enrolment.swift), or because it proves to be the successor of one that was. INV-scope: each request
/// asks here, and here the store is read each time, so that a revocation holds from the next request on.
package struct Grants: Sendable {
  private let store: Store
  /// Whose certificates count: this hub's own. `nil` where the hub has no key yet, and so has signed none.
  private let hub: PublicKey?

  package init(store: Store, hub: PublicKey? = nil) {
    self.store = store
    self.hub = hub
  }

  /// What `device` may see and write.
  ///
  /// - Parameters:
  ///   - introducing: learners whom it holds and does not see, as far as it knows: see ``introduce(_:by:)``.
  ///   - credentials: what came with the request; asked for only when the device is not known.
  /// - Throws: `hub.refused` for a revoked device and for the successor of one; `device.unknown` at a closed hub.
  package func scope(
    of device: PublicKey, holding fingerprint: Hash256, introducing learners: [LearnerID] = [],
    at milliseconds: Int64, credentials: () throws(SatchelError) -> Credentials? = { () in nil }
  ) throws(SatchelError) -> Scope {
    let known = try admit(device, holding: fingerprint, at: milliseconds, credentials: credentials)
    guard known.state == .active else {
      throw SatchelError(.hubRefused, subject: device.replica.description, cause: "revoked")
    }
    guard let name = known.grant.className else { return .everyone }
    try introduce(learners, by: known)
    return .learners(try store.learners(of: name))
  }

  /// Lets the learners whom this hub has never met join the class of `device`; one who is known already stays where she
  /// is, for a pseudonym alone is no ticket into another class. A device of the whole school sees all and introduces none.
  ///
  /// - Throws: `input.tooLarge` for more than 1,000 new ones.
  package func introduce(_ learners: [LearnerID], by device: KnownDevice) throws(SatchelError) {
    guard let name = device.grant.className, !learners.isEmpty else { return }
    try store.introduce(learners, to: name)
  }

  /// The device that asks: known by its key, by its credentials, or as a stranger at an open hub.
  private func admit(
    _ device: PublicKey, holding fingerprint: Hash256, at milliseconds: Int64,
    credentials: () throws(SatchelError) -> Credentials?
  ) throws(SatchelError) -> KnownDevice {
    if let known = try store.meet(
      device, holding: fingerprint, at: milliseconds, joins: false)
    {
      return known
    }
    // Before it is taken for a stranger: an open hub, too, must know whose successor it is.
    if let shown = try credentials() {
      let certificate = shown.certificate.flatMap { GrantCertificate(bytes: $0) }
      if let known = try store.succeed(
        shown.lineage, certificate: certificate.flatMap { $0.hub == hub ? $0 : nil },
        holding: fingerprint, at: milliseconds)
      {
        return known
      }
    }
    if let known = try store.meet(device, holding: fingerprint, at: milliseconds) { return known }
    throw SatchelError(.deviceUnknown, subject: device.replica.description)
  }

  /// Revokes the one device whose id begins with `prefix`; also one whose place others took.
  ///
  /// - Throws: `usage.wrong` when none or several do.
  package func revoke(_ prefix: String) throws(SatchelError) -> KnownDevice {
    let wanted = prefix.lowercased()
    let found = try store.allDevices().filter {
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
