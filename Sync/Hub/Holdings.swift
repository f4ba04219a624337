package import SatchelCore
package import SatchelStore

/// What a hub holds of the scope of each grant, so that a device can be compared with what it may have and no more.
package struct Holdings {
  private let store: Store
  private var known: [ClassName?: Hash256] = [:]

  package init(_ store: Store) { self.store = store }

  /// The hub's fingerprint of what `grant` covers; read once for each class.
  package mutating func fingerprint(of grant: Grant) throws(SatchelError) -> Hash256 {
    if let found = known[grant.className] { return found }
    let scope: Scope =
      if let name = grant.className { .learners(try store.learners(of: name)) } else { .everyone }
    let found = try store.summary(of: scope).fingerprint
    known[grant.className] = found
    return found
  }

  /// Whether what the device said at its last request that it holds is what the hub holds of its scope now.
  package mutating func isUpToDate(_ device: KnownDevice) throws(SatchelError) -> Bool {
    try fingerprint(of: device.grant) == device.lastFingerprint
  }
}
