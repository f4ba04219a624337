import Foundation
import SatchelCore
import SatchelHub
import SatchelStore
import SatchelSync
import SatchelTestSupport
import SatchelTransport
import SatchelWire
import Testing

@Suite struct `What a grant allows` {
  /// Which learners a device with this role and class may read and write: all by its scope, none by its role.
  @Test(arguments: Grant.Role.allCases, [nil, "3B", "4A"])
  func `is the learners of its class, whatever its role`(role: Grant.Role, name: String?)
    async throws
  {
    let (hub, teacher, one) = (try await Classroom(), try Laptop(), try Laptop())
    try await teacher.enrol(at: hub.url, with: hub.invite(.teacher, to: nil))
    for (learner, room) in [(mei, "3B"), (tom, "4A")] {
      try hub.makeClass(room, of: learner)
      try teacher.answer("from the teacher", by: learner)
    }
    try await teacher.sync(with: hub.url)
    try await one.enrol(at: hub.url, with: hub.invite(role, to: name))
    let allowed = name.map { $0 == "3B" ? [mei] : [tom] } ?? [mei, tom]

    // Reading.
    let report = try await one.sync(with: hub.url)
    #expect(report.converged && report.recordsReceived == allowed.count)
    #expect(try Set(one.store.learnerIDs()) == Set(allowed))

    // Writing.
    for learner in [mei, tom] {
      let writer = try Laptop()
      try await writer.enrol(at: hub.url, with: hub.invite(role, to: name))
      try writer.answer("from a pupil", by: learner)
      let before = try hub.snapshot
      let reply = try await writer.post(writer.body(), to: hub.url)
      if allowed.contains(learner) {
        #expect(reply.status == 200)
      } else {
        #expect(reply.status == 403)
        #expect(Wire.decodeFailure(reply.body)?.code == .scopeDenied)
        #expect(try hub.snapshot == before)
      }
    }
  }

  /// The routes that say nothing of any learner are open to all; the others to nobody without a grant.
  @Test func `is asked on each route that shows or takes a record`() async throws {
    let (hub, stranger) = (try await Classroom(), try Laptop())
    try hub.makeClass("3B", of: mei)
    try stranger.answer("a", by: mei)

    for path in ["/healthz", "/metrics", "/"] {
      #expect(try await stranger.get(path, at: hub.url).status == 200)
    }
    for path in [
      "/v1/models/stable", "/v1/packs/stable", "/v1/blobs/" + String(repeating: "0", count: 64),
    ] {
      #expect(try await stranger.get(path, at: hub.url).status == 404)
    }
    #expect(try await stranger.post(stranger.body(), to: hub.url).status == 403)
    #expect(try await stranger.post(stranger.body { $0.offered = [] }, to: hub.url).status == 403)
    #expect(try await stranger.guess("ZZ", at: hub.url).status == 403)
    #expect(try hub.store.summary(of: .everyone).records == 0)
  }

  @Test func `grows by learners whom it introduces, and by no others`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    try hub.makeClass("3B", of: mei)
    try hub.makeClass("4A", of: tom)
    try await one.enrol(at: hub.url, with: hub.invite(to: "3B"))
    let new = LearnerID.random()
    let grants = Grants(store: hub.store)

    let scope = try grants.scope(
      of: one.key.publicKey, holding: .zero, introducing: [tom, new], at: 0)

    #expect(scope == .learners([mei, new]))
    #expect(try hub.store.learners(of: ClassName("4A")) == [tom])
    try one.answer("a", by: new)
    #expect(try await one.sync(with: hub.url).converged)
  }

  @Test func `ends at the next request after it was revoked, for its successors as well`()
    async throws
  {
    let (hub, one) = (try await Classroom(), try Laptop())
    try hub.makeClass("3B", of: mei)
    let outcome = try await one.enrol(at: hub.url, with: hub.invite(to: "3B"))
    try one.answer("a", by: mei)
    #expect(try await one.sync(with: hub.url).converged)
    let (copy, late) = (try Laptop(copying: one), try Laptop(copying: one))
    #expect(
      try await copy.syncAsSuccessor(with: hub.url, certificate: outcome.certificate).converged)

    _ = try Grants(store: hub.store).revoke(one.key.publicKey.replica.description)
    let before = try hub.snapshot
    try one.answer("b", by: mei)
    try late.answer("c", by: mei)

    await expectError(.hubRefused) { try await one.sync(with: hub.url) }
    await expectError(.hubRefused) {
      try await late.syncAsSuccessor(with: hub.url, certificate: outcome.certificate)
    }
    #expect(try hub.snapshot == before)
    // One that took its own key before is a device of its own.
    #expect(try await copy.sync(with: hub.url).converged)
  }
}

@Suite struct `A device with a new key` {
  @Test func `is known at a closed hub by its lineage alone`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    try hub.makeClass("3B", of: mei)
    try await one.enrol(at: hub.url, with: hub.invite(to: "3B"))
    let copies = try (0..<30).map { _ in try Laptop(copying: one) }

    for copy in copies {
      try copy.answer("a", by: mei)
      #expect(try await copy.syncAsSuccessor(with: hub.url).converged)
    }

    let devices = try hub.store.devices()
    #expect(Set(devices.map(\.key)) == Set(copies.map(\.key.publicKey)))
    #expect(devices.allSatisfy { $0.grant.scopeText == "class:3B" })
    #expect(try recordIDs(of: hub.store).count == 30)
    #expect(try await one.sync(with: hub.url).converged)
    #expect(try hub.store.devices().count == 31)
  }

  @Test func `is seen by an open hub as the successor that it is`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    try await one.sync(with: hub.url)
    for _ in 0..<5 {
      #expect(
        try await Laptop(copying: one).syncAsSuccessor(with: hub.url, presentsAtOnce: true)
          .converged)
    }
    #expect(try hub.store.devices().count == 5)
    #expect(try hub.store.allDevices().count == 6)
  }

  @Test func `costs one more request at its first meeting, and none later`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    try await one.enrol(at: hub.url, with: hub.invite(to: nil))
    let copy = try Laptop(copying: one)
    let credentials = Credentials(certificate: nil, lineage: try #require(try copy.store.lineage()))
    let peer = HTTPPeer(url: hub.url, key: copy.key, client: copy.client, credentials: credentials)

    _ = try await Round(ledger: copy.store, peer: peer, expected: nil).run()
    let first = peer.traffic.requests
    _ = try await Round(ledger: copy.store, peer: peer, expected: hub.key).run()

    #expect(first == 2)
    #expect(peer.traffic.requests == first + 1)
  }

  @Test func `is taken back by a hub that was restored from before it came`() async throws {
    let scratch = try Scratch()
    var hub = try await Classroom(scratch: scratch)
    try hub.makeClass("4A", of: tom)
    try await hub.close()
    try FileManager.default.copyItem(at: scratch.file("hub.sqlite"), to: scratch.file("backup"))

    hub = try await Classroom(scratch: scratch)
    try hub.makeClass("3B", of: mei)
    let (one, two) = (try Laptop(), try Laptop())
    let certificate = try await one.enrol(at: hub.url, with: hub.invite(to: "3B")).certificate
    let lost = try await two.enrol(at: hub.url, with: hub.invite(to: "3B")).certificate
    try await hub.close()
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: scratch.file("hub.sqlite").path + suffix)
    }
    try FileManager.default.copyItem(at: scratch.file("backup"), to: scratch.file("hub.sqlite"))
    hub = try await Classroom(scratch: scratch)

    await expectError(.deviceUnknown) { try await one.sync(with: hub.url) }
    #expect(try await one.syncAsSuccessor(with: hub.url, certificate: certificate).converged)
    #expect(try hub.store.devices().map(\.grant.scopeText) == ["class:3B"])
    // Another's certificate is no good, nor is one of another hub, nor one's own once it is revoked here.
    let thief = try Laptop()
    let forged = GrantCertificate(
      granting: .ofOpenHub, to: thief.key.publicKey, at: 0, signedBy: .random())
    for shown in [lost, forged] {
      await expectError(.deviceUnknown) {
        try await thief.syncAsSuccessor(with: hub.url, certificate: shown)
      }
    }
    let copy = try Laptop(copying: one)
    _ = try Grants(store: hub.store).revoke(one.key.publicKey.replica.description)
    await expectError(.hubRefused) {
      try await copy.syncAsSuccessor(with: hub.url, certificate: certificate)
    }
    #expect(try hub.store.devices().count == 1)
  }

  @Test func `shows nothing that a hub takes when its lineage is broken`() async throws {
    let (hub, one, thief) = (try await Classroom(), try Laptop(), try Laptop())
    try await one.enrol(at: hub.url, with: hub.invite(to: nil))
    let between = SigningKey.random()
    let links = [
      Succession(from: one.key, to: between.publicKey),
      Succession(from: between, to: one.key.publicKey),
    ]
    let other = try #require(Lineage(links, endingIn: one.key.publicKey))

    // A chain that ends in another's key, put under the thief's signature.
    let body = try Wire.adding(
      Credentials(certificate: nil, lineage: other), to: thief.body())
    let reply = try await thief.post(body, to: hub.url)

    #expect(reply.status == 400)
    #expect(try hub.store.devices().map(\.key) == [one.key.publicKey])
  }
}
