import SatchelCore
import Testing

@Suite struct `A signed manifest` {
  let key = SigningKey.random()

  func signed(kind: Manifest.Kind = .pack) throws -> SignedManifest {
    let files = ["b.bin", "a-1_x", "weights"].map {
      Manifest.File(name: $0, byteCount: $0.utf8.count, sha256: sha256(Array($0.utf8)))
    }
    return SignedManifest(
      signing: try Manifest(
        kind: kind, name: "sums 数", channel: "stable", version: Manifest.versionMax,
        createdSeconds: 951_782_400, files: files),
      with: key)
  }

  func refusal(_ text: String) throws -> SatchelError.Code? {
    try code { _ = try SignedManifest(bytes: Array(text.utf8)) }
  }

  @Test func `has exactly one text`() throws {
    let text = String(decoding: try signed().manifest.text, as: UTF8.self)

    #expect(
      text == """
        satchel-manifest 1
        kind pack
        name sums 数
        channel stable
        version 9007199254740992
        created 2000-02-29T00:00:00Z
        file a-1_x 5 \(Hex.encode(sha256(Array("a-1_x".utf8))))
        file b.bin 5 \(Hex.encode(sha256(Array("b.bin".utf8))))
        file weights 7 \(Hex.encode(sha256(Array("weights".utf8))))

        """)
  }

  @Test func `comes back as it was sent`() throws {
    let sent = try signed()

    let received = try SignedManifest(bytes: sent.encoded)

    #expect(received == sent)
    #expect(received.publisher == key.publicKey)
    #expect(received.manifest.totalByteCount == 17)
  }

  @Test func `is refused when one line is written in another way`() throws {
    let text = String(decoding: try signed().encoded, as: UTF8.self)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var swapped = lines
    swapped.swapAt(6, 7)
    let variants = [
      text.replacing("satchel-manifest 1", with: "satchel-manifest 2"),
      text.replacing("version 9", with: "version 09"),
      text.replacing("version 9", with: "version +9"),
      text.replacing("version 9007199254740992", with: "version 9007199254740993"),
      text.replacing("version 9007199254740992", with: "version 0"),
      text.replacing("02-29T", with: "02-30T"), text.replacing("00:00Z", with: "00:60Z"),
      text.replacing("kind pack", with: "kind course"),
      text.replacing("kind pack", with: "kind  pack"),
      text.replacing("name sums", with: "name \u{202E}sums"),
      text.replacing("b.bin", with: ".bin"), text.replacing("b.bin", with: "../in"),
      text.replacing("b.bin", with: "B.bin"), text.replacing("b.bin", with: "a-1_x"),
      text.replacing("b.bin 5", with: "b.bin 05"), text.replacing("b.bin 5", with: "b.bin -5"),
      text.replacing("key ", with: "file x 1 00\nkey "), text.replacing("\n", with: "\r\n"),
      text + "\n", text + "x", String(text.dropLast()), swapped.joined(separator: "\n"),
      lines.filter { !$0.hasPrefix("file") }.joined(separator: "\n"), "", "\n",
    ]

    for variant in variants { #expect(try refusal(variant) == .manifestMalformed, "\(variant)") }
  }

  @Test(arguments: [Manifest.Kind.pack, .model])
  func `is refused when its key did not sign it`(kind: Manifest.Kind) throws {
    let text = String(decoding: try signed(kind: kind).encoded, as: UTF8.self)
    let expected: SatchelError.Code = kind == .pack ? .packSignature : .modelSignature

    #expect(try refusal(text.replacing("b.bin 5", with: "b.bin 6")) == expected)
    #expect(
      try refusal(text.replacing(key.publicKey.hex, with: SigningKey.random().publicKey.hex))
        == expected)
  }

  @Test func `is refused above two mebibytes before it is read`() throws {
    #expect(try refusal(String(repeating: "a", count: Manifest.bytesMax + 1)) == .inputTooLarge)
  }

  @Test func `knows every day of four centuries`() {
    var day: Int64 = 0
    var last = ""
    while day < 146_097 {
      let text = UTCSeconds.text(day * 86_400 + 86_399)
      #expect(UTCSeconds.parse(text) == day * 86_400 + 86_399)
      #expect(text > last)
      last = text
      day += 13
    }
    #expect(UTCSeconds.text(UTCSeconds.range.upperBound) == "9999-12-31T23:59:59Z")
  }
}

@Suite struct `A signing key` {
  // RFC 8032, section 7.1, test 2.
  let seed = Hex.decode("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb") ?? []
  let publicHex = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
  let signature =
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"

  @Test func `agrees with the vectors of RFC 8032`() throws {
    let key = try #require(SigningKey(seed: seed))

    #expect(key.seed == seed)
    #expect(key.publicKey.hex == publicHex)
    #expect(key.publicKey.isValid(signature: Hex.decode(signature) ?? [], for: [0x72]))
    // Crypto may sign with added randomness, so that not the bytes but their validity is compared.
    #expect(key.publicKey.isValid(signature: key.sign([0x72]), for: [0x72]))
  }

  @Test func `accepts no signature of another message, key or length`() throws {
    let key = try #require(SigningKey(seed: seed))
    let good = key.sign([1, 2, 3])

    #expect(!key.publicKey.isValid(signature: good, for: [1, 2]))
    #expect(!SigningKey.random().publicKey.isValid(signature: good, for: [1, 2, 3]))
    #expect(!key.publicKey.isValid(signature: [], for: [1, 2, 3]))
    #expect(!key.publicKey.isValid(signature: good + [0], for: [1, 2, 3]))
  }

  @Test func `names its replica, and never shows its secret half`() throws {
    let key = try #require(SigningKey(seed: seed))

    #expect(key.publicKey.replica.bytes == Array(sha256(key.publicKey.bytes).prefix(16)))
    var dumped = ""
    dump(key, to: &dumped)
    #expect(!"\(key)\(dumped)".contains(Hex.encode(seed)))
    #expect(dumped.contains(publicHex))
  }

  @Test func `takes 32 bytes and nothing else`() {
    #expect(SigningKey(seed: []) == nil)
    #expect(SigningKey(seed: seed + [0]) == nil)
    #expect(PublicKey(hex: publicHex)?.hex == publicHex)
    #expect(PublicKey(hex: String(publicHex.dropLast())) == nil)
    #expect(PublicKey(bytes: [1, 2, 3]) == nil)
  }

  @Test func `digests pieces as it digests the whole`() {
    var digest = SHA256Digest()
    digest.update([1, 2])
    digest.update([3])

    #expect(digest.bytes == sha256([1, 2, 3]))
    #expect(
      Hex.encode(sha256([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }
}
