import Foundation
import Satchel
import SatchelHub
import SatchelImport
import SatchelStore
import SatchelTestSupport
import Testing

/// Villages that no network reaches: everything goes by stick.
@Suite struct `A school without a network` {
  let now = Date(timeIntervalSince1970: 1_790_000_000)

  /// The keeper's word that a device may see the whole school.
  private func voucher(for writer: ReplicaID) -> HubBundles.Voucher {
    HubBundles.Voucher(writer: writer, grant: Grant(role: .device, className: nil))
  }

  @Test func `carries the lessons of two laptops to its hub and back`() async throws {
    let school = try await School()
    let (one, two) = (try school.laptop("one"), try school.laptop("two"))
    for laptop in [one, two] { try laptop.importPack(at: School.pack) }
    let mei = try one.addLearner(named: "Mei")
    try two.addLearner(id: mei)
    try one.practise(mei, 20) { $0 % 3 > 0 }
    try two.practise(mei, 10) { $0 % 2 > 0 }
    let (there, back) = (school.scratch.file("there"), school.scratch.file("back"))
    let hub = HubBundles(store: school.hub)

    for laptop in [one, two] {
      _ = try laptop.writeBundle(to: there)
      let writer = try #require(try laptop.identity())
      // The keeper who takes a stick from somebody's hand says whose it is, once.
      expectError(.bundleStranger) { try hub.read(from: there, at: 0) }
      #expect(try hub.read(from: there, trusting: voucher(for: writer), at: 0).records > 0)
      #expect(try hub.read(from: there, at: 0).records == 0)
    }
    _ = try hub.write(to: back, sinceLast: false, at: 1_790_000_000_000)
    for laptop in [one, two] {
      #expect(try await laptop.readBundle(at: back).round.converged)
    }

    #expect(try one.progress(of: mei, at: now) == two.progress(of: mei, at: now))
    #expect(try one.recommend(for: mei, at: now) == two.recommend(for: mei, at: now))
    #expect(try one.recordCount(of: mei) == 30)
    #expect(try one.store.summary(of: .everyone) == school.hub.summary(of: .everyone))
    // What came by stick is not sent again by wire.
    let round = try await one.sync(with: school.url)
    #expect(round.converged && round.recordsReceived == 0)
    // No name is on the stick, nor in the hub.
    let bytes = try Data(contentsOf: there)
    #expect(bytes.range(of: Data("Mei".utf8)) == nil)
  }

  @Test func `refuses at its hub the bundle of a device that was revoked`() async throws {
    let school = try await School()
    let laptop = try school.laptop("one")
    let mei = try laptop.addLearner()
    try laptop.importPack(at: School.pack)
    try laptop.practise(mei, 3) { _ in true }
    let file = school.scratch.file("lessons")
    _ = try laptop.writeBundle(to: file)
    let (hub, writer) = (HubBundles(store: school.hub), try #require(try laptop.identity()))
    _ = try hub.read(from: file, trusting: voucher(for: writer), at: 0)
    _ = try Grants(store: school.hub).revoke(writer.description)
    try laptop.practise(mei, 3) { _ in true }
    _ = try laptop.writeBundle(to: file)
    let before = try school.hub.summary(of: .everyone)

    expectError(.hubRefused) { try hub.read(from: file, at: 0) }
    expectError(.hubRefused) { try hub.read(from: file, trusting: voucher(for: writer), at: 0) }

    #expect(try school.hub.summary(of: .everyone) == before)
    #expect(try school.hub.devices().map(\.state) == [.revoked])
  }

  @Test func `brings models and packs by stick, through the checks that they pass by wire`()
    async throws
  {
    let school = try await School()
    let (met, stranger) = (try school.laptop("met"), try school.laptop("stranger"))
    _ = try await met.sync(with: school.url)
    try school.publish(.pack, Array(try Data(contentsOf: School.pack)))
    try school.publish(.model, School.firstModel())
    let file = school.scratch.file("news")
    _ = try HubBundles(store: school.hub).write(to: file, sinceLast: true, at: 0)

    let first = try await met.readBundle(at: file)
    let second = try await met.readBundle(at: file)
    let unmet = try await stranger.readBundle(at: file)

    #expect(first.round.packs == ["arithmetic-to-algebra"] && first.round.model.changed)
    #expect(first.round.model.version == 1 && first.refused.isEmpty)
    #expect(second.round.packs.isEmpty && !second.round.model.changed && second.refused.isEmpty)
    #expect(try met.store.syllabus().items.count >= 120)
    // Promise 10: without a pinned root nothing is trusted to be its.
    #expect(unmet.round.packs.isEmpty && !unmet.round.model.changed)
    #expect(try stranger.store.models().isEmpty)
  }

  @Test func `passes a model on from laptop to laptop, under its hub's signature`() async throws {
    let school = try await School()
    let (one, two) = (try school.laptop("one"), try school.laptop("two"))
    _ = try await two.sync(with: school.url)
    try school.publish(.model, School.firstModel())
    _ = try await one.sync(with: school.url)
    let file = school.scratch.file("passed-on")

    _ = try one.writeBundle(to: file)
    let report = try await two.readBundle(at: file)

    #expect(report.round.model.changed && report.round.model.version == 1)
    #expect(try one.store.models().map(\.sha256) == two.store.models().map(\.sha256))
  }

  @Test func `keeps the lessons beside a model that fails its checks, and says what was refused`()
    async throws
  {
    let school = try await School()
    let (one, two) = (try school.laptop("one"), try school.laptop("two"))
    _ = try await two.sync(with: school.url)
    // One follows a hub of its own, whose model two has no reason to trust.
    let other = try await School()
    try other.publish(.model, School.firstModel())
    _ = try await one.sync(with: other.url)
    try one.importPack(at: School.pack)
    let mei = try one.addLearner()
    try one.practise(mei, 7) { _ in true }
    let file = school.scratch.file("mixed")

    _ = try one.writeBundle(to: file)
    let report = try await two.readBundle(at: file)

    #expect(report.round.recordsReceived == 7 && report.round.converged)
    #expect(report.refused.map(\.code) == [.modelSignature])
    #expect(!report.round.model.changed)
    #expect(try two.store.models().isEmpty)
  }

  @Test func `tells the observer of what came by stick`() async throws {
    let school = try await School()
    let (one, two) = (try school.laptop("one"), try school.laptop("two"))
    for laptop in [one, two] { try laptop.importPack(at: School.pack) }
    let mei = try one.addLearner()
    try two.addLearner(id: mei)
    try one.practise(mei, 5) { _ in true }
    let file = school.scratch.file("lessons")
    _ = try one.writeBundle(to: file)

    var states = two.observe(mei).makeAsyncIterator()
    #expect(try await states.next()?.progress.attempts == 0)
    _ = try await two.readBundle(at: file)

    #expect(try await states.next()?.progress.attempts == 5)
  }

  @Test func `knows an enrolled device by its grant, and holds it to its class`() async throws {
    let school = try await School()
    let (hub, name) = (HubBundles(store: school.hub), try ClassName("3B"))
    try school.hub.addClass(name, at: 0)
    let (laptop, friend, stranger) = (
      try school.laptop("one"), try school.laptop("friend"), try school.laptop("stranger")
    )
    for one in [laptop, friend, stranger] { try one.importPack(at: School.pack) }
    for one in [laptop, friend] {
      let key = try one.store.establishIdentity().publicKey
      try school.hub.vouch(for: key, granting: Grant(role: .device, className: name), at: 0)
      try one.store.enrol(
        at: school.url,
        certificate: GrantCertificate(
          granting: Grant(role: .device, className: name), to: key, at: 0,
          signedBy: try school.hub.establishHubIdentity()), pin: "", at: 0)
    }
    // Somebody of another class, whom the hub knows; and Mei, whom it has never met.
    let tom = LearnerID(high: 7, low: 7)
    try school.hub.addClass(try ClassName("4A"), at: 0)
    try school.hub.add(tom, to: try ClassName("4A"))
    let mei = try laptop.addLearner()
    try laptop.practise(mei, 5) { _ in true }
    let (file, bad, back) = (
      school.scratch.file("mine"), school.scratch.file("bad"), school.scratch.file("back")
    )

    _ = try laptop.writeBundle(to: file)
    #expect(try hub.read(from: file, at: 0).converged)
    #expect(try school.hub.learners(of: name) == [mei])
    // A friend of the same hub takes it, without having met its writer; a stranger's is not taken.
    #expect(try await friend.readBundle(at: file).round.recordsReceived == 5)
    let unknown = try stranger.addLearner()
    try stranger.practise(unknown, 2) { _ in true }
    _ = try stranger.writeBundle(to: bad)
    await expectError(.bundleStranger) { try await laptop.readBundle(at: bad) }

    // Records of another class are refused, and none of that bundle is stored.
    try laptop.addLearner(id: tom)
    try laptop.practise(tom, 1) { _ in true }
    try laptop.practise(mei, 1) { _ in true }
    _ = try laptop.writeBundle(to: bad)
    let before = try school.hub.summary(of: .everyone)
    expectError(.scopeDenied) { try hub.read(from: bad, at: 0) }
    #expect(try school.hub.summary(of: .everyone) == before)

    // On a stick for the class nobody else's records are.
    try school.hub.add(LearnerID(high: 8, low: 8), to: try ClassName("4A"))
    let written = try hub.write(to: back, of: name, sinceLast: false, at: 0)
    #expect(written.records == 5)
    expectError(.classUnknown) {
      try hub.write(to: back, of: try ClassName("9Z"), sinceLast: false, at: 0)
    }
    #expect(try await friend.readBundle(at: back).round.converged)
  }
}
