import SatchelCore
import SatchelTestSupport
import SatchelWire
import Testing

@testable import SatchelSync

@Suite struct `Who may bring a bundle` {
  let hub = SigningKey.random()
  let otherHub = SigningKey.random()
  let device = SigningKey.random()
  let own = SigningKey.random().publicKey
  let school = Grant(role: .device, className: nil)

  private func head(by writer: SigningKey, showing credentials: Credentials? = nil) -> BundleHead {
    BundleHead(
      id: [UInt8](repeating: 1, count: 16), writer: writer.publicKey, credentials: credentials,
      milliseconds: 0, scope: .everyone, isSinceLast: false)
  }

  /// A grant of `hub` for `granted`, shown by who has it or succeeded it.
  private func shown(by writer: SigningKey, grantOf hub: SigningKey, to granted: SigningKey? = nil)
    throws -> Credentials
  {
    let certificate = GrantCertificate(
      granting: school, to: (granted ?? writer).publicKey, at: 0, signedBy: hub)
    let links = granted.map { [Succession(from: $0, to: writer.publicKey)] } ?? []
    let lineage = try #require(Lineage(links, endingIn: writer.publicKey))
    return Credentials(certificate: certificate.bytes, lineage: lineage)
  }

  private func replica(_ head: BundleHead, enrolledAt hubs: [SigningKey]) throws(SatchelError)
    -> Bundling.License
  {
    try BundleRule.replica(reads: head, own: [own], hubs: Set(hubs.map(\.publicKey)))
  }

  private func hub(_ head: BundleHead, knowing devices: [PublicKey: BundleRule.Standing] = [:])
    throws(SatchelError) -> Grant
  {
    try BundleRule.hub(
      reads: head, own: hub.publicKey, upstreams: [otherHub.publicKey],
      standing: { devices[$0] ?? .unknown })
  }

  @Test func `to a laptop that is enrolled nowhere is anybody`() throws {
    for writer in [hub, device] { #expect(try replica(head(by: writer), enrolledAt: []) == .all) }
  }

  @Test func `to an enrolled laptop is its hub, itself, and a device of its hub`() throws {
    #expect(try replica(head(by: hub), enrolledAt: [hub]).trustsClock)
    let granted = head(by: device, showing: try shown(by: device, grantOf: hub))
    #expect(try !replica(granted, enrolledAt: [hub]).trustsClock)
    #expect(try !replica(granted, enrolledAt: [otherHub, hub]).trustsClock)
    let older = SigningKey.random()
    let successor = head(by: device, showing: try shown(by: device, grantOf: hub, to: older))
    #expect(try !replica(successor, enrolledAt: [hub]).trustsClock)
    let mine = try BundleRule.replica(
      reads: head(by: device), own: [own, device.publicKey], hubs: [hub.publicKey])
    #expect(!mine.trustsClock)
  }

  @Test func `to an enrolled laptop is no stranger, and no device of another hub`() throws {
    let another = SigningKey.random()
    let heads = [
      head(by: device), head(by: otherHub),
      head(by: device, showing: try shown(by: device, grantOf: otherHub)),
      // Who signs a grant for itself proves nothing, nor who shows that of somebody else.
      head(by: device, showing: try shown(by: device, grantOf: device)),
      head(by: device, showing: try shown(by: another, grantOf: hub)),
      head(
        by: device,
        showing: Credentials(
          certificate: try shown(by: another, grantOf: hub).certificate,
          lineage: Lineage(of: device.publicKey))),
    ]
    for head in heads { expectError(.bundleStranger) { try replica(head, enrolledAt: [hub]) } }
  }

  @Test func `is no revoked device, whatever it shows`() throws {
    let older = SigningKey.random()
    let granted = head(by: device, showing: try shown(by: device, grantOf: hub))
    expectError(.hubRefused) { try hub(granted, knowing: [device.publicKey: .revoked]) }
    expectError(.hubRefused) { try hub(head(by: device), knowing: [device.publicKey: .revoked]) }
    let successor = head(by: device, showing: try shown(by: device, grantOf: hub, to: older))
    expectError(.hubRefused) { try hub(successor, knowing: [older.publicKey: .revoked]) }
    expectError(.hubRefused) {
      try hub(
        successor, knowing: [older.publicKey: .revoked, device.publicKey: .active(school)])
    }
  }

  @Test func `to a hub is itself, the next hub, an active device, and one that it granted access`()
    throws
  {
    let some = Grant(role: .device, className: try ClassName("3B"))
    #expect(try hub(head(by: hub)).className == nil)
    #expect(try hub(head(by: otherHub)).className == nil)
    #expect(try hub(head(by: device), knowing: [device.publicKey: .active(some)]) == some)
    let older = SigningKey.random()
    let successor = head(by: device, showing: try shown(by: device, grantOf: hub, to: older))
    #expect(try hub(successor, knowing: [older.publicKey: .active(some)]) == some)
    // A hub that was put back from an older backup knows its own signature.
    #expect(try hub(successor) == school)
    expectError(.bundleStranger) { try hub(head(by: device)) }
    let foreign = head(by: device, showing: try shown(by: device, grantOf: otherHub))
    expectError(.bundleStranger) { try hub(foreign) }
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

  @Test func `shows credentials as it was given them, and none that do not hold`() throws {
    let older = SigningKey.random()
    let told = head(by: device, showing: try shown(by: device, grantOf: hub, to: older))
    let frame = try BundleWire.encode(told)
    #expect(try BundleWire.head(in: Array(frame.dropFirst(BundleWire.prefixBytes))) == told)
    // A lineage that ends in another key than the writer's.
    let other = head(by: device, showing: try shown(by: hub, grantOf: hub, to: older))
    let wrong = try BundleWire.encode(other)
    expectError(.bundleMalformed) {
      try BundleWire.head(in: Array(wrong.dropFirst(BundleWire.prefixBytes)))
    }
  }
}
