import Foundation
import Satchel
import SatchelHub
import SatchelStore
import SatchelTestSupport
import Testing

@Suite struct `A school that hands out codes` {
  @Test func `syncs over TLS with nothing but a code to trust`() async throws {
    let school = try await School(isEncrypted: true)
    let room = try ClassName("3B")
    try school.hub.addClass(room, at: 0)
    let mei = LearnerID.random()
    try school.hub.add(mei, to: room)
    let laptop = try school.laptop("one")
    try laptop.importPack(at: School.pack)
    try laptop.addLearner(named: "Mei", id: mei)
    try laptop.practise(mei, 5) { _ in true }
    // No authority vouches for this hub.
    await expectError(.hubTLS) { try await laptop.sync(with: school.url) }

    let code = try school.code(for: "3B")
    let joined = try await laptop.enroll(
      at: school.url + "/", code: code.lowercased().replacing("-", with: " "))
    let report = try await laptop.sync()

    #expect(try joined.hub == school.hub.publicKey()?.replica.description)
    #expect(joined.scopes == ["class:3B"])
    #expect(report.converged)
    #expect(try await laptop.sync(with: school.url).converged)
    #expect(try attempts(in: school.hub) == 5)
  }

  @Test func `has its key and certificate for good, beside the store and for their owner alone`()
    async throws
  {
    let scratch = try Scratch()
    let first = try await School(in: scratch, isEncrypted: true)
    let laptop = try first.laptop("one")
    _ = try await laptop.enroll(at: first.url, code: first.code(for: nil))
    try await first.close()
    for suffix in ["key", "cert"] {
      let attributes = try FileManager.default.attributesOfItem(
        atPath: scratch.file("hub.sqlite").path + ".tls-\(suffix).pem")
      #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    let second = try await School(in: scratch, port: first.port, isEncrypted: true)

    #expect(second.url == first.url)
    #expect(try await laptop.sync().converged)
  }

  @Test func `is not to be replaced by another hub at its address, to which nothing is sent`()
    async throws
  {
    let school = try await School(isEncrypted: true)
    let laptop = try school.laptop("one")
    try laptop.importPack(at: School.pack)
    let mei = try laptop.addLearner()
    try laptop.practise(mei, 5) { _ in true }
    _ = try await laptop.enroll(at: school.url, code: school.code(for: nil))
    let before = try laptop.store.hub(school.url)
    try await school.close()
    let stranger = try await School(port: school.port, isEncrypted: true)

    await expectError(.hubChanged) { try await laptop.sync() }

    #expect(try stranger.hub.allDevices().isEmpty)
    #expect(try stranger.hub.summary(of: .everyone).records == 0)
    #expect(try laptop.store.hub(school.url) == before)
  }

  @Test func `is not joined by way of somebody who does not know the code`() async throws {
    let stranger = SigningKey.random()
    // It knows all that passes, and grants whatever it is asked for.
    let middle = try ScriptedServer { connection in
      while let request = connection.read() {
        connection.reply("200 OK", Middleman.answer(to: request.body, by: stranger))
      }
    }
    let scratch = try Scratch()
    let laptop = try Replica(at: scratch.file("one.sqlite"))
    let url = "http://127.0.0.1:\(middle.port)"

    await expectError(.enrolmentRefused) {
      try await laptop.enroll(at: url, code: "7K3M-9QXA")
    }

    #expect(try laptop.store.hub(url) == nil && laptop.store.lastHub() == nil)
    #expect(middle.connections == 1)
  }

  @Test func `sees thirty devices where one enrolled disk was copied to thirty laptops`()
    async throws
  {
    let school = try await School()
    let image = try school.laptop("image")
    try image.importPack(at: School.pack)
    let room = try ClassName("3B")
    try school.hub.addClass(room, at: 0)
    let mei = LearnerID.random()
    try school.hub.add(mei, to: room)
    try image.addLearner(id: mei)
    _ = try await image.enroll(at: school.url, code: school.code(for: "3B"))
    _ = try await image.sync()
    try image.close()

    for number in 0..<30 {
      for suffix in ["", ".beacon"] {
        try FileManager.default.copyItem(
          at: school.scratch.file("image.sqlite" + suffix),
          to: school.scratch.file("copy\(number).sqlite" + suffix))
      }
      let copy = try school.laptop("copy\(number)")
      try copy.practise(mei, 1) { _ in true }
      #expect(try await copy.sync().converged)
    }

    #expect(try school.hub.devices().count == 30)
    #expect(try school.hub.devices().allSatisfy { $0.grant.scopeText == "class:3B" })
    #expect(try attempts(in: school.hub) == 30)
  }

  @Test func `lets a class's laptop bring new learners, and nobody of another class`() async throws
  {
    let school = try await School()
    let (one, two) = (try school.laptop("one"), try school.laptop("two"))
    let (here, there) = (try ClassName("3B"), try ClassName("4A"))
    for room in [here, there] { try school.hub.addClass(room, at: 0) }
    for (laptop, room) in [(one, "3B"), (two, "4A")] {
      try laptop.importPack(at: School.pack)
      _ = try await laptop.enroll(at: school.url, code: school.code(for: room))
    }
    let (mei, tom) = (try one.addLearner(named: "Mei"), try two.addLearner(named: "Tom"))
    // Tom sat down at the laptop of the other class, too.
    try one.addLearner(named: "Tom", id: tom)
    try two.practise(tom, 3) { _ in true }
    try one.practise(mei, 4) { _ in true }
    try one.practise(tom, 5) { _ in true }

    for laptop in [two, one] { #expect(try await laptop.sync().converged) }

    #expect(try school.hub.learners(of: here) == [mei])
    #expect(try school.hub.learners(of: there) == [tom])
    // What he did there stays there, until his keeper puts him into that class as well.
    #expect(try attempts(in: school.hub) == 7)
    #expect(try attempts(in: one.store) == 9 && attempts(in: two.store) == 3)
    try school.hub.add(tom, to: here)
    #expect(try await one.sync().converged)
    #expect(try await two.sync().converged)
    #expect(try attempts(in: school.hub) == 12)
    #expect(try attempts(in: one.store) == 12 && attempts(in: two.store) == 8)
  }

  @Test(arguments: ["", "7K3M", "7K3M-9QXU", "hello world"])
  func `says that a text is no code, and asks nobody`(_ text: String) async throws {
    let laptop = try Replica(at: Scratch().file("one.sqlite"))
    await expectError(.usage) {
      try await laptop.enroll(at: "http://127.0.0.1:1", code: text)
    }
  }
}

@Suite struct `A hub that joins the next one` {
  @Test func `brings the records of its devices there, and back to others`() async throws {
    let (district, school, other) = (
      try await School(), try await School(), try await School()
    )
    let now = School.now
    for hub in [school, other] {
      let code = try #require(EnrolmentCode(try district.code(for: nil, .hub)))
      let upstream = Upstream(store: hub.hub, allowsPlainHTTP: false)
      let outcome = try await upstream.enroll(at: district.url, code: code, at: now)
      #expect(outcome.certificate.grant == Grant(role: .hub, className: nil))
    }
    let laptop = try school.laptop("one")
    try laptop.importPack(at: School.pack)
    let mei = try laptop.addLearner()
    try laptop.practise(mei, 5) { _ in true }
    _ = try await laptop.sync(with: school.url)

    for hub in [school, other, school] {
      let report = try await Upstream(store: hub.hub, allowsPlainHTTP: false).sync(
        with: nil, trustsNewHub: false, at: now)
      #expect(report.round.converged)
    }

    let expected = try laptop.store.summary(of: .everyone)
    for hub in [district, school, other] {
      #expect(try hub.hub.summary(of: .everyone) == expected)
      #expect(try hub.hub.examine(.deep).problems == [])
    }
    #expect(try district.hub.devices().map(\.grant.role) == [.hub, .hub])
  }
}

/// Answers, without what devices record of their clocks.
private func attempts(in store: Store) throws -> Int {
  var count = 0
  try store.forEachRecord { records in
    for stored in records {
      if case .attempt = stored.record.event { count += 1 }
    }
  }
  return count
}
