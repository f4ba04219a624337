import SatchelCore
import SatchelTestSupport
import SatchelWire
import Testing

@testable import SatchelSync

@Suite struct `Who may bring a bundle` {
  let hub = SigningKey.random().publicKey
  let otherHub = SigningKey.random().publicKey
  let device = SigningKey.random().publicKey
  let own = SigningKey.random().publicKey

  private func head(by writer: PublicKey) -> BundleHead {
    BundleHead(
      id: [UInt8](repeating: 1, count: 16), writer: writer, credentials: nil, milliseconds: 0,
      scope: .everyone, isSinceLast: false)
  }

  private func replica(
    takes writer: PublicKey, hubs: Set<PublicKey>, revoked: Set<PublicKey> = [],
    grantor: PublicKey? = nil
  ) throws(SatchelError) -> Bundling.License {
    try BundleRule.replica(
      reads: head(by: writer), own: own, hubs: hubs, revoked: revoked, grantor: { _ in grantor })
  }

  @Test func `to a laptop that is enrolled nowhere is anybody`() throws {
    for writer in [hub, device, own] {
      #expect(try replica(takes: writer, hubs: []) == .all)
    }
  }

  @Test func `to an enrolled laptop is its hub, itself, and a device of its hub`() throws {
    #expect(try replica(takes: hub, hubs: [hub]).trustsClock)
    #expect(try !replica(takes: own, hubs: [hub]).trustsClock)
    #expect(try !replica(takes: device, hubs: [hub], grantor: hub).trustsClock)
    #expect(try !replica(takes: device, hubs: [otherHub, hub], grantor: hub).trustsClock)
  }

  @Test func `to an enrolled laptop is no stranger, and no device of another hub`() {
    expectError(.bundleStranger) { try replica(takes: device, hubs: [hub]) }
    expectError(.bundleStranger) { try replica(takes: otherHub, hubs: [hub]) }
    expectError(.bundleStranger) { try replica(takes: device, hubs: [hub], grantor: otherHub) }
    // Who signs a grant for itself proves nothing.
    expectError(.bundleStranger) { try replica(takes: device, hubs: [hub], grantor: device) }
  }

  @Test func `is no revoked device, whatever it shows`() {
    expectError(.hubRefused) {
      try replica(takes: device, hubs: [hub], revoked: [device], grantor: hub)
    }
    for granted in [Scope.everyone, nil] {
      expectError(.hubRefused) {
        try BundleRule.hub(
          reads: head(by: device), own: hub, standing: .revoked, granted: { _ in granted })
      }
    }
  }

  @Test func `to a hub is itself, an active device, and one that it granted access`() throws {
    let some = Scope.learners([LearnerID(high: 0, low: 1)])
    let active = try BundleRule.hub(
      reads: head(by: device), own: hub, standing: .active(some), granted: { _ in nil })
    #expect(active.scope == some && active.refusesOutside)
    let granted = try BundleRule.hub(
      reads: head(by: device), own: hub, standing: .unknown, granted: { _ in some })
    #expect(granted.scope == some && granted.refusesOutside)
    let itself = try BundleRule.hub(
      reads: head(by: hub), own: hub, standing: .unknown, granted: { _ in nil })
    #expect(itself.scope == .everyone)
    expectError(.bundleStranger) {
      try BundleRule.hub(
        reads: head(by: device), own: hub, standing: .unknown, granted: { _ in nil })
    }
  }

  @Test func `is held to the scope: a hub refuses all, a laptop leaves the rest on the stick`()
    throws
  {
    let (one, two, stick) = (try Machine(), try Machine(), try Stick())
    let (mei, tom) = (LearnerID(high: 0, low: 1), LearnerID(high: 0, low: 2))
    try one.answer("a", by: mei)
    try one.answer("b", by: tom)
    try one.write(stick)
    let before = try two.snapshot

    for isHub in [true, false] {
      let license = Bundling.License(
        scope: .learners([mei]), refusesOutside: isHub, trustsClock: false)
      if isHub {
        expectError(.scopeDenied) { try two.read(stick) { _ in license } }
        #expect(try two.snapshot == before)
      } else {
        let reading = try two.read(stick) { _ in license }
        #expect(reading.records == 1 && !reading.converged)
        #expect(try two.store.learnerIDs() == [mei])
      }
    }
  }

  @Test func `carries credentials as it was given them`() throws {
    var told = head(by: device)
    told.credentials = BundleCredentials(
      grant: [1, 2, 3],
      lineage: [BundleCredentials.Link(oldKey: [4], newKey: [5], signature: [6])])
    let frame = try BundleWire.encode(told)
    #expect(try BundleWire.head(in: Array(frame.dropFirst(BundleWire.prefixBytes))) == told)
  }
}
