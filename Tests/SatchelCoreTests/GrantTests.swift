import SatchelCore
import SatchelTestSupport
import Testing

@Suite struct `A grant's certificate` {
  private let hub = SigningKey.random()
  private let device = SigningKey.random().publicKey

  @Test(arguments: Grant.Role.allCases, [nil, "3B", "三年级乙班"])
  func `reads back as it was written`(role: Grant.Role, name: String?) throws {
    let grant = Grant(role: role, className: try name.map { try ClassName($0) })
    let written = GrantCertificate(granting: grant, to: device, at: 77, signedBy: hub)

    let read = try #require(GrantCertificate(bytes: written.bytes))

    #expect(read == written && read.grant == grant && read.issuedMilliseconds == 77)
    #expect(read.hub == hub.publicKey && read.device == device)
    #expect(written.bytes.count <= GrantCertificate.bytesMax)
  }

  @Test func `altered in any one bit is none`() throws {
    let grant = Grant(role: .teacher, className: try ClassName("3B"))
    let bytes = GrantCertificate(granting: grant, to: device, at: 77, signedBy: hub).bytes
    for position in bytes.indices {
      for bit in 0..<8 {
        var wrong = bytes
        wrong[position] ^= 1 << bit
        #expect(GrantCertificate(bytes: wrong) == nil, "byte \(position), bit \(bit)")
      }
    }
    for count in bytes.indices {
      #expect(GrantCertificate(bytes: Array(bytes.prefix(count))) == nil)
    }
    #expect(GrantCertificate(bytes: bytes + [0]) == nil)
  }

  @Test func `of random bytes is none, and never a crash`() {
    var dice = Dice.thrown(for: "certificates")
    for _ in 0..<2_000 {
      let bytes = (0..<Int.random(in: 0...300, using: &dice)).map { _ in
        UInt8.random(in: .min ... .max, using: &dice)
      }
      #expect(GrantCertificate(bytes: bytes) == nil)
      #expect(GrantCertificate(bytes: Array("satchel grant 1\0".utf8) + bytes) == nil)
    }
  }
}

@Suite struct `A lineage` {
  private func chain(_ count: Int) -> (links: [Succession], last: PublicKey) {
    let keys = (0...count).map { _ in SigningKey.random() }
    let links = zip(keys, keys.dropFirst()).map { Succession(from: $0, to: $1.publicKey) }
    return (links, keys[count].publicKey)
  }

  @Test func `is a chain that ends in the key of now`() throws {
    let (links, last) = chain(3)
    let lineage = try #require(Lineage(links, endingIn: last))
    #expect(lineage.keys == links.map(\.old) + [last])
    #expect(Lineage(links, endingIn: SigningKey.random().publicKey) == nil)
    #expect(Lineage([links[0], links[2]], endingIn: last) == nil)
    #expect(Lineage(links.reversed(), endingIn: last) == nil)
    #expect(Lineage([], endingIn: last)?.keys == [last])
  }

  @Test func `has at most sixty-four links`() {
    let (links, last) = chain(Lineage.linksMax + 1)
    #expect(Lineage(links, endingIn: last) == nil)
    #expect(Lineage(Array(links.dropFirst()), endingIn: last) != nil)
  }

  @Test func `has no link that its old key did not sign`() {
    let (old, new, thief) = (SigningKey.random(), SigningKey.random(), SigningKey.random())
    let link = Succession(from: old, to: new.publicKey)
    #expect(
      Succession(from: old.publicKey, to: new.publicKey, signature: link.signature) == link)
    #expect(
      Succession(from: old.publicKey, to: thief.publicKey, signature: link.signature) == nil)
    #expect(Succession(from: thief.publicKey, to: new.publicKey, signature: link.signature) == nil)
  }
}

@Suite struct `A one-time code` {
  @Test func `is read as people write it`() throws {
    let code = EnrolmentCode(bits: 0x01_2345_6789)
    #expect(code.shown == "04HM-ASW9")
    for text in ["04HM-ASW9", "04hmasw9", "o4hm asw9", "-O4-HM-AS-W9"] {
      #expect(EnrolmentCode(text)?.shown == code.shown, "\(text)")
    }
    #expect(EnrolmentCode("il1L-IILL")?.shown == "1111-1111")
    for text in ["", "04HM-ASW", "04HM-ASW99", "04HM-ASWU", "０４HM-ASW9", "04HM_ASW9"] {
      #expect(EnrolmentCode(text) == nil, "\(text)")
    }
    #expect(EnrolmentCode(String(repeating: "-", count: 1_000_000)) == nil)
    #expect("\(code)" == "a code" && String(reflecting: code) == "a code")
  }

  @Test func `has forty random bits`() {
    let shown = Set((0..<1_000).map { _ in EnrolmentCode.random().shown })
    #expect(shown.count == 1_000)
    // Each of 32 characters stands at each place; 1,000 draws miss one of them with a chance of 10^-12.
    for place in [0, 1, 2, 3, 5, 6, 7, 8] {
      #expect(Set(shown.map { Array($0)[place] }).count == 32)
    }
  }

  /// RFC 7914, by way of another implementation: Python's hashlib.scrypt.
  @Test func `is stretched by scrypt`() throws {
    let key = try EnrolmentCode(bits: 0x01_2345_6789).stretched()
    #expect(
      Hex.encode(key.bytes) == "56716ae39c00c17ae6b30846d28dc2fe02cee0734c89e752c8ce017dbebbebd7")
    #expect("\(key)" == "a stretched code")
  }

  @Test func `is proven by each side, and neither proof stands for the other`() throws {
    let key = try EnrolmentCode(bits: 1).stretched()
    let other = try EnrolmentCode(bits: 2).stretched()
    let (hub, device) = (SigningKey.random().publicKey, SigningKey.random().publicKey)
    let proof = key.deviceProof(device: device, begins: "00")
    let back = key.hubProof(hub: hub, device: device, pin: "p", grant: [1])

    #expect(key.isDeviceProof(proof, device: device, begins: "00"))
    #expect(!other.isDeviceProof(proof, device: device, begins: "00"))
    #expect(!key.isDeviceProof(proof, device: hub, begins: "00"))
    #expect(!key.isDeviceProof(proof, device: device, begins: "01"))
    #expect(!key.isDeviceProof(back, device: device, begins: "00"))
    #expect(!key.isDeviceProof([], device: device, begins: "00"))

    #expect(key.isHubProof(back, hub: hub, device: device, pin: "p", grant: [1]))
    #expect(!other.isHubProof(back, hub: hub, device: device, pin: "p", grant: [1]))
    #expect(!key.isHubProof(back, hub: device, device: hub, pin: "p", grant: [1]))
    #expect(!key.isHubProof(back, hub: hub, device: device, pin: "q", grant: [1]))
    #expect(!key.isHubProof(back, hub: hub, device: device, pin: "p", grant: [2]))
    #expect(!key.isHubProof(proof, hub: hub, device: device, pin: "p", grant: [1]))
  }
}
