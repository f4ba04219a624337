import Foundation
import SatchelCore
import Testing

@testable import SatchelImport

@Suite struct `A pack` {
  let publisher = Publisher()

  func refusal(_ bytes: [UInt8]) throws -> SatchelError.Code? {
    try code { _ = try Pack(bytes: bytes) }
  }

  @Test func `brings back the content that went in`() throws {
    let content = Publisher.content()

    let pack = try Pack(bytes: publisher.pack(content))

    #expect(pack.content == content)
    #expect(pack.manifest.publisher == publisher.key.publicKey)
    #expect(pack.manifest.manifest.version == 3)
    #expect(pack.manifest.manifest.files.count == 3)
  }

  @Test func `reads the same from a file as from memory`() throws {
    let desk = try Desk()
    let bytes = try publisher.pack()

    let pack = try Pack(path: desk.put(bytes, as: "sums.satchelpack"))

    #expect(try pack == Pack(bytes: bytes))
    #expect(try code { _ = try Pack(path: desk.path("none")) } == .fileMissing)
    #expect(try code { _ = try Pack(path: desk.folder) } == .fileUnreadable)
  }

  @Test func `has one form for one content, whoever writes it`() throws {
    let first = try Pack(bytes: publisher.pack())
    let second = try Pack(bytes: Publisher().pack())

    #expect(first.manifest.manifest == second.manifest.manifest)
    #expect(first.manifest.publisher != second.manifest.publisher)
  }

  @Test func `is refused when it is cut off anywhere`() throws {
    let whole = try publisher.pack()

    for length in stride(from: 0, to: whole.count, by: 7) {
      #expect(try refusal(Array(whole[..<length])) != nil, "\(length)")
    }
    #expect(try refusal(whole + [0]) == .packInvalid)
  }

  @Test func `is refused when a file is not what the manifest names`() throws {
    var bytes = try publisher.pack()
    bytes[bytes.count - 1] ^= 1

    #expect(try refusal(bytes) == .packHashMismatch)
  }

  @Test func `is refused when its manifest was signed by another`() throws {
    let bytes = try publisher.pack()
    let other = SigningKey.random().publicKey.hex
    let place = try #require(
      bytes.firstRange(of: Array(publisher.key.publicKey.hex.utf8)))

    #expect(
      try refusal(bytes.replacingSubrange(place, with: Array(other.utf8))) == .packSignature)
  }

  @Test func `is refused whatever its publisher signed against the rules`() throws {
    let content = Publisher.content()
    let text = ContentText.write(content)
    let picture = content.media[0]
    let sound = content.media[1]
    let good = [
      "content.json": text, picture.sha256: picture.bytes, sound.sha256: sound.bytes,
    ]
    func with(_ change: (inout [String: [UInt8]]) -> Void) throws -> [UInt8] {
      var files = good
      change(&files)
      return try publisher.pack(files: files)
    }

    #expect(try refusal(with { _ in }) == nil)
    #expect(try refusal(with { $0["content.json"] = nil }) == .packInvalid)
    #expect(try refusal(with { $0["notes.txt"] = [1] }) == .packInvalid)
    #expect(try refusal(with { $0[picture.sha256] = nil }) == .packInvalid)
    #expect(try refusal(with { $0[picture.sha256] = [1] }) == .packInvalid)
    #expect(try refusal(with { $0[Hex.encode(sha256([7]))] = [7] }) == .packInvalid)
    #expect(try refusal(publisher.pack(files: good, kind: .model)) == .packInvalid)
    #expect(try refusal(publisher.pack(files: good, tail: [0])) == .packInvalid)
  }

  @Test func `is refused by its length before any of it is taken`() throws {
    #expect(
      try refusal(Array("SATCHELPACK1\n99999999\n".utf8)) == .packInvalid)
    #expect(
      try refusal(Array("SATCHELPACK1\n0\n".utf8)) == .packInvalid)
    #expect(try refusal(Array("SATCHELPACK1\n2000000\nx".utf8)) == .packInvalid)

    let large = try Manifest(
      kind: .pack, name: "sums", channel: "stable", version: 1, createdSeconds: 0,
      files: [
        Manifest.File(
          name: "content.json", byteCount: ContentText.bytesMax + 1, sha256: sha256([]))
      ])
    let signed = SignedManifest(signing: large, with: publisher.key).encoded
    #expect(
      try refusal(Array("SATCHELPACK1\n\(signed.count)\n".utf8) + signed) == .inputTooLarge)
  }

  @Test func `above 256 MiB is refused without being read`() throws {
    let desk = try Desk()
    let path = try desk.put([], as: "huge.satchelpack")
    #expect(truncate(path, Int(Pack.bytesMax) + 1) == 0)

    #expect(try code { _ = try Pack(path: path) } == .inputTooLarge)
  }

  @Test func `is never written with content that its reader refuses`() throws {
    var twice = Publisher.content()
    twice.items.append(twice.items[0])
    var lied = Publisher.content()
    lied.media[0].bytes = [1]
    var none = Publisher.content()
    none.courses = []

    #expect(try code { _ = try publisher.pack(twice) } == .packInvalid)
    #expect(try code { _ = try publisher.pack(lied) } == .packHashMismatch)
    #expect(try code { _ = try publisher.pack(none) } == .packInvalid)
    #expect(try code { _ = try publisher.pack(version: 0) } == .manifestMalformed)
  }

  @Test func `is never accepted once a byte of it was changed`() throws {
    let whole = try publisher.pack()
    var random = SeededRandom(for: "mutated packs")

    for _ in 0..<2000 {
      let mutant = random.mutant(of: whole)
      let refused = try refusal(mutant)
      #expect(refused != nil || mutant == whole)
    }
  }
}

extension [UInt8] {
  fileprivate func replacingSubrange(_ range: Range<Int>, with bytes: [UInt8]) -> [UInt8] {
    Array(self[..<range.lowerBound]) + bytes + Array(self[range.upperBound...])
  }
}
