import Foundation
import SatchelCore
import SatchelHub
import SatchelStore
import SatchelSync
import SatchelTestSupport
import SatchelTransport
import SatchelWire
import Testing

@Suite struct `Enrolment at a hub` {
  @Test func `lets in a device that a closed hub refused, and nobody else`() async throws {
    let (hub, one, two) = (try await Classroom(), try Laptop(), try Laptop())
    try hub.makeClass("3B", of: mei)
    try one.answer("a", by: mei)
    await expectError(.deviceUnknown) { try await one.sync(with: hub.url) }
    #expect(try await one.post(one.body(), to: hub.url).status == 403)
    #expect(try hub.store.summary(of: .everyone).records == 0)

    let outcome = try await one.enrol(at: hub.url, with: hub.invite(to: "3B"))

    #expect(outcome.certificate.hub == (try hub.key) && outcome.pin.isEmpty)
    #expect(outcome.certificate.device == one.key.publicKey)
    #expect(outcome.certificate.grant.scopeText == "class:3B")
    #expect(try await one.sync(with: hub.url).converged)
    #expect(try recordIDs(of: hub.store).count == 1)
    await expectError(.deviceUnknown) { try await two.sync(with: hub.url) }
    #expect(try hub.store.devices().map(\.key) == [one.key.publicKey])
  }

  @Test func `refuses wrong, used and expired codes alike`() async throws {
    let (hub, one, two) = (try await Classroom(), try Laptop(), try Laptop())
    let used = try hub.invite(to: nil)
    let expired = try hub.invite(to: nil, for: .seconds(60))
    try await one.enrol(at: hub.url, with: used)

    let wrong = try await two.guess("ZZ", at: hub.url)
    await expectError(.enrolmentRefused) { try await two.enrol(at: hub.url, with: used) }
    hub.now.advance(by: .seconds(60))
    await expectError(.enrolmentRefused) { try await two.enrol(at: hub.url, with: expired) }
    let replies = [
      wrong, try await two.guess(used.begins, at: hub.url),
      try await two.guess(expired.begins, at: hub.url),
    ]

    #expect(Set(replies.map(\.status)) == [403])
    #expect(Set(replies.map(\.body)).count == 1)
    #expect(Wire.decodeFailure(wrong.body) == SyncFailure(code: .enrolmentRefused, subject: ""))
    #expect(try hub.store.devices().map(\.key) == [one.key.publicKey])
  }

  @Test func `takes twenty wrong codes an hour from one address, and says when to come again`()
    async throws
  {
    let (hub, one) = (try await Classroom(), try Laptop())
    let codes = try (0..<3).map { _ in try hub.invite(to: nil) }
    var statuses: [Int] = []
    for number in 0..<100 {
      let begins = String(format: "%02d", number % 10)
      statuses.append(try await one.guess(begins, at: hub.url).status)
    }

    #expect(statuses.prefix(20).allSatisfy { $0 == 403 })
    #expect(statuses.dropFirst(20).allSatisfy { $0 == 429 })
    let last = try await one.guess("00", at: hub.url)
    #expect(Wire.decodeFailure(last.body)?.code == .enrolmentTooMany)
    let seconds = try #require(last.retryAfter)
    #expect(seconds > .seconds(3500) && seconds <= .seconds(3601))
    // The codes themselves are dead, too.
    #expect(try hub.store.openInvitationCount(at: hub.now.milliseconds) == 0)
    for code in codes {
      await expectError(.enrolmentTooMany) { try await one.enrol(at: hub.url, with: code) }
    }
  }

  @Test func `looks at no more codes when a hundred come at the same time`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<100 { group.addTask { try await one.guess("ZZ", at: hub.url).status } }
      return try await group.reduce(into: [Int]()) { $0.append($1) }
    }
    #expect(statuses.filter { $0 == 403 }.count == 20)
    #expect(statuses.filter { $0 == 429 }.count == 80)
  }

  @Test func `answers a repeated request alike, for the reply may have been lost`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    let code = try hub.invite(to: nil)
    let first = try await one.enrol(at: hub.url, with: code)
    let second = try await one.enrol(at: hub.url, with: code)
    #expect(first == second)
    #expect(try hub.store.devices().count == 1)
  }

  @Test(arguments: [
    "", "hello", "SATCHEL1", "SATCHEL1\u{7f}\u{7f}", String(repeating: "x", count: 5000),
  ])
  func `refuses a body that is no request`(_ text: String) async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    let reply = try await one.client.send(
      HTTPRequest(
        .post, url: hub.url + "/v1/enroll", body: Array(text.utf8), bodyBytesMax: 4096))
    #expect(reply.status == (text.count > 4096 ? 413 : 400))
  }

  @Test func `does not take a request that another device signed`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    let code = try hub.invite(to: nil)
    let stretched = try code.stretched()
    let thief = SigningKey.random()
    // The proof of one device under the signature of another, and a sync's signature under an enrolment.
    let stolen = Enrol.request(begins: code.begins, key: stretched, device: one.key.publicKey)
    for body in [
      try Wire.encode(stolen, signedBy: thief),
      try one.body(),
    ] {
      let reply = try await one.client.send(
        HTTPRequest(.post, url: hub.url + "/v1/enroll", body: body, bodyBytesMax: 4096))
      #expect([401, 403].contains(reply.status))
    }
    #expect(try hub.store.devices().isEmpty)
  }

  @Test func `writes one line for each refusal, and no code, name or key to log or line`()
    async throws
  {
    let book = LogBook()
    let (hub, one) = (try await Classroom(log: book.logger), try Laptop())
    let marker = "Zebedee-Quark-7731"
    try hub.makeClass("3B", of: mei)
    try hub.store.setName(marker, of: mei)
    try one.store.setName(marker, of: mei)
    let tap = try Wiretap(before: hub.url)
    let (code, wrong) = (try hub.invite(to: "3B"), EnrolmentCode.random())

    await expectError(.enrolmentRefused) { try await one.enrol(at: tap.url, with: wrong) }
    try await one.enrol(at: tap.url, with: code)
    try one.answer("a", by: mei)
    #expect(try await one.sync(with: tap.url).converged)

    let refusals = book.lines.filter { $0.hasPrefix("enrolment refused") }
    #expect(refusals.count == 1)
    let log = book.lines.joined(separator: "\n")
    let traffic = tap.recorded
    #expect(traffic.count > 500 && book.lines.count >= 4)
    for secret in [marker, code.shown, wrong.shown] {
      for text in [secret, secret.replacing("-", with: ""), secret.lowercased()] {
        #expect(!log.contains(text))
        #expect(traffic.firstRange(of: Array(text.utf8)) == nil)
      }
    }
    for secret in [one.key.seed, try code.stretched().bytes] {
      #expect(traffic.firstRange(of: secret) == nil)
      #expect(!log.contains(Hex.encode(secret)))
    }
  }
}

@Suite struct `An enrolment's reply` {
  @Test func `altered in any one byte proves nothing`() throws {
    let (hub, device) = (SigningKey.random(), SigningKey.random().publicKey)
    let key = try EnrolmentCode.random().stretched()
    let pin = "sha256//" + String(repeating: "A", count: 43) + "="
    let reply = Enrol.reply(
      to: device, granting: Grant(role: .device, className: try ClassName("3B")), key: key,
      hub: hub, pin: pin, at: 5)
    let bytes = try Wire.encode(reply)
    let honest = try Enrol.confirm(Wire.decodeEnrolReply(bytes), key: key, device: device)
    #expect(honest.pin == pin && honest.certificate.hub == hub.publicKey)

    for position in bytes.indices {
      for bit in 0..<8 {
        var wrong = bytes
        wrong[position] ^= 1 << bit
        let found = try? Enrol.confirm(Wire.decodeEnrolReply(wrong), key: key, device: device)
        #expect(found == nil || found == honest, "byte \(position), bit \(bit)")
      }
    }
  }

  @Test func `is no good for another device, nor with another code`() throws {
    let (hub, device, other) = (SigningKey.random(), SigningKey.random(), SigningKey.random())
    let (key, wrong) = (
      try EnrolmentCode(bits: 1).stretched(), try EnrolmentCode(bits: 2).stretched()
    )
    let reply = Enrol.reply(
      to: device.publicKey, granting: .ofOpenHub, key: key, hub: hub, pin: "", at: 5)
    expectError(.enrolmentRefused) {
      try Enrol.confirm(reply, key: key, device: other.publicKey)
    }
    expectError(.enrolmentRefused) {
      try Enrol.confirm(reply, key: wrong, device: device.publicKey)
    }
  }

  @Test func `whose grant is another hub's or another device's is refused, proof or not`() throws {
    let (hub, device, other) = (SigningKey.random(), SigningKey.random(), SigningKey.random())
    let key = try EnrolmentCode(bits: 1).stretched()
    for grant in [
      GrantCertificate(granting: .ofOpenHub, to: device.publicKey, at: 0, signedBy: other),
      GrantCertificate(granting: .ofOpenHub, to: other.publicKey, at: 0, signedBy: hub),
    ] {
      let proof = key.hubProof(
        hub: hub.publicKey, device: device.publicKey, pin: "", grant: grant.bytes)
      let reply = EnrolReply(hubKey: hub.publicKey, grant: grant.bytes, pin: "", proof: proof)
      expectError(.replyMalformed) {
        try Enrol.confirm(reply, key: key, device: device.publicKey)
      }
    }
  }
}
