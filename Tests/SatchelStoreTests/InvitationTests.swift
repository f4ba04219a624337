import Foundation
import SatchelCore
import SatchelStore
import SatchelTestSupport
import Testing

/// A hub's store, and a clock that the test sets.
private struct Office {
  let scratch: Scratch
  var store: Store
  let room: ClassName

  init() throws {
    scratch = try Scratch()
    store = try Store(at: scratch.file("hub.sqlite"), creating: true, projection: nil)
    room = try ClassName("3B")
    try store.addClass(room, at: 0)
  }

  /// An invitation whose code begins as said; its key is made of `secret`, for stretching takes long.
  func invite(_ begins: String, secret: UInt8, at now: Int64 = 0, expires: Int64 = 600_000) throws {
    try store.invite(
      Grant(role: .device, className: room), begins: begins, key: try key(secret), at: now,
      expires: expires)
  }

  func key(_ secret: UInt8) throws -> EnrolmentKey {
    try #require(EnrolmentKey(bytes: [UInt8](repeating: secret, count: 32)))
  }

  /// Whether a device that shows `secret` is let in.
  @discardableResult
  func tries(
    _ begins: String, secret: UInt8, device: PublicKey = SigningKey.random().publicKey,
    at now: Int64 = 1
  ) throws -> Bool {
    let proof = try key(secret).deviceProof(device: device, begins: begins)
    return try store.redeem(begins: begins, by: device, at: now) {
      $0.isDeviceProof(proof, device: device, begins: begins)
    } != nil
  }

  mutating func restart() throws {
    try store.close()
    store = try Store(at: scratch.file("hub.sqlite"), creating: false, projection: nil)
  }
}

@Suite struct `An invitation` {
  @Test func `lets one device in, with what it was invited to`() throws {
    let office = try Office()
    let device = SigningKey.random().publicKey
    try office.invite("7K", secret: 1)

    #expect(try office.tries("7K", secret: 1, device: device))

    let known = try #require(try office.store.devices().first)
    #expect(known.key == device && known.state == .active)
    #expect(known.grant == Grant(role: .device, className: office.room))
    #expect(try !office.tries("7K", secret: 1))
    #expect(try office.store.openInvitationCount(at: 1) == 0)
  }

  @Test func `answers the same device again, for its reply may have been lost`() throws {
    let office = try Office()
    let device = SigningKey.random().publicKey
    try office.invite("7K", secret: 1)
    try office.tries("7K", secret: 1, device: device)

    #expect(try office.tries("7K", secret: 1, device: device))
    #expect(try !office.tries("7K", secret: 2, device: device))
    #expect(try !office.tries("7K", secret: 1, device: device, at: 600_000))
    try office.store.revoke(device)
    #expect(try !office.tries("7K", secret: 1, device: device))
    #expect(try office.store.devices().map(\.state) == [.revoked])
  }

  @Test func `is over at its last moment, not before`() throws {
    let office = try Office()
    try office.invite("7K", secret: 1, expires: 600_000)
    try office.invite("8K", secret: 2, expires: 600_000)
    #expect(try office.tries("7K", secret: 1, at: 599_999))
    #expect(try !office.tries("8K", secret: 2, at: 600_000))
  }

  @Test func `is dead after five wrong codes that begin like it, also over a restart`() throws {
    var office = try Office()
    try office.invite("7K", secret: 1)
    try office.invite("7M", secret: 2)
    for _ in 0..<3 { #expect(try !office.tries("7K", secret: 99)) }
    try office.restart()
    for _ in 0..<2 { #expect(try !office.tries("7K", secret: 99)) }

    #expect(try !office.tries("7K", secret: 1))
    #expect(try office.tries("7M", secret: 2))
  }

  @Test func `lives on after four`() throws {
    let office = try Office()
    try office.invite("7K", secret: 1)
    for _ in 0..<4 { try office.tries("7K", secret: 99) }
    #expect(try office.tries("7K", secret: 1))
  }

  @Test func `is dead after twenty wrong codes of any kind, also over a restart`() throws {
    var office = try Office()
    for number in 0..<3 { try office.invite("A\(number)", secret: UInt8(number)) }
    for number in 0..<19 { try office.tries("Z\(number % 10)", secret: 99) }
    #expect(try office.store.openInvitationCount(at: 1) == 3)
    try office.restart()
    try office.tries("ZZ", secret: 99)

    #expect(try office.store.openInvitationCount(at: 1) == 0)
    for number in 0..<3 { #expect(try !office.tries("A\(number)", secret: UInt8(number))) }

    // What counts against these does not count against the next.
    try office.invite("B1", secret: 9)
    for number in 0..<19 { try office.tries("Z\(number % 10)", secret: 99) }
    #expect(try office.tries("B1", secret: 9))
  }

  @Test func `for a class that is not there is refused`() throws {
    let office = try Office()
    let grant = Grant(role: .device, className: try ClassName("9Z"))
    expectError(.classUnknown) {
      try office.store.invite(grant, begins: "7K", key: office.key(1), at: 0, expires: 9)
    }
  }

  @Test func `that two devices race for is won by one`() async throws {
    let office = try Office()
    for round in 0..<10 {
      try office.invite("7K", secret: UInt8(round))
      let won = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<8 { group.addTask { try office.tries("7K", secret: UInt8(round)) } }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(won == 1)
    }
    #expect(try office.store.devices().count == 10)
  }
}

@Suite struct `A roster` {
  @Test func `opens and closes a hub`() throws {
    let scratch = try Scratch()
    let store = try Store(at: scratch.file("hub.sqlite"), creating: true, projection: nil)
    let (early, late) = (SigningKey.random().publicKey, SigningKey.random().publicKey)
    #expect(try store.isOpenHub())
    #expect(try store.meet(early, holding: .zero, at: 0)?.grant == .ofOpenHub)

    try store.addClass(ClassName("3B"), at: 0)

    #expect(try !store.isOpenHub())
    #expect(try store.meet(late, holding: .zero, at: 0) == nil)
    #expect(try store.meet(early, holding: .zero, at: 0)?.grant == .ofOpenHub)
  }

  @Test func `lets only learners whom nobody knows be introduced`() throws {
    let office = try Office()
    let other = try ClassName("4A")
    try office.store.addClass(other, at: 0)
    let (taken, met, new) = (LearnerID.random(), LearnerID.random(), LearnerID.random())
    try office.store.add(taken, to: other)
    try office.store.add(met)

    #expect(try office.store.introduce([taken, met, new, new], to: office.room) == 1)

    #expect(try office.store.learners(of: office.room) == [new])
    #expect(try office.store.learners(of: other) == [taken])
    #expect(try office.store.introduce([new], to: office.room) == 0)
  }

  @Test func `takes at most a thousand new learners at once, or none`() throws {
    let office = try Office()
    let many = (0...Store.introducedMax).map { LearnerID(high: 5, low: UInt64($0)) }
    expectError(.inputTooLarge) { try office.store.introduce(many, to: office.room) }
    #expect(try office.store.learners(of: office.room).isEmpty)
    #expect(try office.store.introduce(Array(many.dropLast()), to: office.room) == 1_000)
    #expect(try office.store.introduce(many, to: office.room) == 1)
  }
}

@Suite struct `A device that took a new key` {
  private func lineage(_ keys: SigningKey...) throws -> Lineage {
    let links = zip(keys, keys.dropFirst()).map { Succession(from: $0, to: $1.publicKey) }
    let last = try #require(keys.last).publicKey
    return try #require(Lineage(links, endingIn: last))
  }

  @Test func `is counted once, and the old key only while somebody uses it`() throws {
    let office = try Office()
    let grant = Grant(role: .device, className: office.room)
    let old = SigningKey.random()
    try office.invite("7K", secret: 1)
    try office.tries("7K", secret: 1, device: old.publicKey)
    let copies = (0..<30).map { _ in SigningKey.random() }

    for copy in copies {
      let known = try office.store.succeed(
        lineage(old, copy), certificate: nil, holding: .zero, at: 5)
      #expect(known?.grant == grant)
    }

    #expect(try Set(office.store.devices().map(\.key)) == Set(copies.map(\.publicKey)))
    // The original goes on under its old key, in the very millisecond of the last copy.
    _ = try office.store.meet(old.publicKey, holding: .zero, at: 5)
    #expect(try office.store.devices().count == 31)
    _ = try office.store.succeed(
      lineage(old, .random()), certificate: nil, holding: .zero, at: 6)
    #expect(try office.store.devices().count == 31)
  }

  @Test func `is refused when any key of its lineage was revoked`() throws {
    let office = try Office()
    let (old, middle, new) = (SigningKey.random(), SigningKey.random(), SigningKey.random())
    try office.invite("7K", secret: 1)
    try office.tries("7K", secret: 1, device: old.publicKey)
    _ = try office.store.succeed(lineage(old, middle), certificate: nil, holding: .zero, at: 5)
    try office.store.revoke(old.publicKey)

    expectError(.hubRefused) {
      try office.store.succeed(
        lineage(old, middle, new), certificate: nil, holding: .zero, at: 6)
    }
    #expect(try office.store.allDevices().count == 2)
  }

  /// Who has the disk of a revoked copy has the key of the original as well, and could begin anew from that.
  @Test func `is refused when it goes around a revoked key by way of an older one`() throws {
    let office = try Office()
    let (old, lost, other) = (SigningKey.random(), SigningKey.random(), SigningKey.random())
    try office.invite("7K", secret: 1)
    try office.tries("7K", secret: 1, device: old.publicKey)
    for copy in [lost, other] {
      _ = try office.store.succeed(lineage(old, copy), certificate: nil, holding: .zero, at: 5)
    }
    try office.store.revoke(lost.publicKey)

    expectError(.hubRefused) {
      try office.store.succeed(lineage(old, .random()), certificate: nil, holding: .zero, at: 6)
    }
    // The other copies, and their own successors, go on: a thief has no key of theirs.
    let next = SigningKey.random()
    #expect(
      try office.store.succeed(lineage(old, other, next), certificate: nil, holding: .zero, at: 7)?
        .key == next.publicKey)
  }

  @Test func `is nobody to a hub that knows none of its keys`() throws {
    let office = try Office()
    let lineage = try lineage(.random(), .random())
    #expect(
      try office.store.succeed(lineage, certificate: nil, holding: .zero, at: 1) == nil)
    #expect(try office.store.allDevices().isEmpty)
  }
}

@Suite struct `A store's lineage` {
  @Test func `grows by a link with each copy, and is a chain`() throws {
    let scratch = try Scratch()
    var file = scratch.file("0.sqlite")
    var keys: [PublicKey] = []
    for number in 1...4 {
      let store = try Store(at: file, creating: true, projection: nil)
      #expect(try store.lineage()?.keys ?? [] == keys)
      keys.append(try store.establishIdentity().publicKey)
      let lineage = try #require(try store.lineage())
      #expect(lineage.keys == keys && lineage.current == keys.last)
      try store.close()
      let copy = scratch.file("\(number).sqlite")
      try FileManager.default.copyItem(at: file, to: copy)
      file = copy
    }
  }
}

@Suite struct `What a replica knows of its hubs` {
  @Test func `is what an enrolment proved, until another hub stands at the address`() throws {
    let scratch = try Scratch()
    let store = try Store(at: scratch.file("store.sqlite"), creating: true, projection: nil)
    let (hub, device) = (SigningKey.random(), SigningKey.random().publicKey)
    let certificate = GrantCertificate(
      granting: .ofOpenHub, to: device, at: 0, signedBy: hub)
    let pin = "sha256//" + String(repeating: "A", count: 43) + "="

    // A clock that fell back to 1970 between two meetings.
    try store.pin(SigningKey.random().publicKey, of: "http://other", at: 1_750_000_000_000)
    try store.enrol(at: "http://hub/", certificate: certificate, pin: pin, at: 0)

    let known = try #require(try store.hub("http://hub"))
    #expect(known.key == hub.publicKey && known.pin == pin && known.knownAs == device)
    #expect(known.certificate == certificate.bytes)
    #expect(try store.lastHub() == "http://hub")
    try store.pin(hub.publicKey, of: "http://hub", at: 1)
    #expect(try store.hub("http://hub") == known)

    try store.pin(SigningKey.random().publicKey, of: "http://hub", at: 2)
    let other = try #require(try store.hub("http://hub"))
    #expect(other.pin == nil && other.certificate == nil && other.knownAs == nil)
  }
}
