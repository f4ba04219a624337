import SatchelCore
import Testing

/// One enrolment from its code to its proofs, and one new key, with keys that never change.
///
/// Each value was worked out a second time by another program: Python's hashlib and hmac, and the Ed25519 of its
/// cryptography package.
struct EnrolmentExample {
  let lines: [(name: String, value: String)]

  init() throws {
    let hub = try #require(SigningKey(seed: Array(32..<64)))
    let device = try #require(SigningKey(seed: Array(0..<32)))
    let next = try #require(SigningKey(seed: Array(64..<96))).publicKey
    let code = EnrolmentCode(bits: 0x01_2345_6789)
    let key = try code.stretched()
    let pin = "sha256//" + String(repeating: "A", count: 43) + "="
    let grant = GrantCertificate(
      granting: Grant(role: .device, className: try ClassName("3B")), to: device.publicKey,
      at: 1_788_768_000_000, signedBy: hub
    ).bytes
    let succession = Succession(from: device, to: next)
    lines = [
      ("hub key", hub.publicKey.hex), ("device key", device.publicKey.hex), ("code", code.shown),
      ("stretched code", Hex.encode(key.bytes)),
      (
        "device's proof",
        Hex.encode(key.deviceProof(device: device.publicKey, begins: code.begins))
      ),
      ("grant", Hex.encode(grant)), ("pin", pin),
      (
        "hub's proof",
        Hex.encode(
          key.hubProof(hub: hub.publicKey, device: device.publicKey, pin: pin, grant: grant))
      ),
      ("new key", next.hex), ("succession", Hex.encode(succession.signature)),
    ]
  }
}

@Suite struct `The example of an enrolment` {
  /// As Python gave them.
  private static let workedOutElsewhere = [
    "29acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7",
    "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8",
    "04HM-ASW9",
    "56716ae39c00c17ae6b30846d28dc2fe02cee0734c89e752c8ce017dbebbebd7",
    "6da5e8266608b9a376fb69d0f67a58185b7a28de901156f1dfacddb29cc29c6f",
    "7361746368656c206772616e742031"
      + "0029acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7"
      + "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
      + "01023342000001a07ae19800309fc5c882ee4362ba9c74e1b5266d03576c1ac1f91073bccf0715344f450bc6"
      + "ace5a282e662e7c35e488302eb0432a7810fc14f9eb9f6899a8d8ed8121ffc08",
    "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "ae533bd1413113f3d6448bc8d7815eb5eef594d11911606f942ba063fbd9c44e",
    "2543b92ff1095511476adc8369db6ddc933665a11978dda1404ee1066ca9559d",
    "2840798694cacbf329c3a6389a1ba0664a7d693890c9cd0645b63611201cec7f"
      + "62e8dcfa791df2792d78963de84d58a4621a53491f76a903c100ac31c597b30f",
  ]

  @Test func `is the same when another program works it out`() throws {
    let lines = try EnrolmentExample().lines
    #expect(lines.count == Self.workedOutElsewhere.count)
    for (line, expected) in zip(lines, Self.workedOutElsewhere) {
      #expect(line.value == expected, "\(line.name)")
    }
  }
}
