package import SatchelCore

/// A portable, signed bundle of content in one file (`.satchelpack`).
///
///     "SATCHELPACK1\n"
///     the length of the signed manifest in bytes, decimal, and "\n"
///     the signed manifest (Manifest.swift), of kind `pack`
///     the bytes of its files, in the manifest's order, with nothing between them and nothing after
///
/// The file `content.json` is content as `ContentText` reads it; every other file is a medium, named by its SHA-256 and
/// listed with its type in `content.json`.
///
/// Valid is what reads so to the last byte, where the manifest's signature holds, every file has its length and hash, and
/// the content hangs together. Why this is enough: magic and length have one spelling, the manifest has one spelling
/// and is signed, and it fixes every byte that follows, so no byte of a pack can be changed by anybody but its publisher.
/// All lengths are known and summed before the first file is read.
package struct Pack: Hashable, Sendable {
  package static let bytesMax = 256 << 20
  private static let magic = Array("SATCHELPACK1\n".utf8)
  private static let contentName = "content.json"

  package let manifest: SignedManifest
  package let content: Content

  /// Reads a pack file, in as much memory as it is long.
  ///
  /// Whether its publisher may publish, and whether its version goes forward, is not asked here.
  ///
  /// - Throws: `file.missing`, `file.unreadable`, `input.tooLarge`, `pack.invalid`, `pack.hashMismatch`,
  ///   `pack.badSignature`, `manifest.malformed`.
  package init(path: String) throws(SatchelError) {
    var source = try FileSource(path: path)
    try self.init(&source)
  }

  /// Reads a pack that is in memory already; throws as ``init(path:)``.
  package init(bytes: [UInt8]) throws(SatchelError) {
    var source = MemorySource(bytes)
    try self.init(&source)
  }

  private init(_ source: inout some PackSource) throws(SatchelError) {
    guard source.remaining <= Self.bytesMax else {
      throw SatchelError(.inputTooLarge, subject: "pack", cause: "\(source.remaining) bytes")
    }
    manifest = try Self.readManifest(&source)
    var texts: [UInt8] = []
    var bytesByName: [String: [UInt8]] = [:]
    for file in manifest.manifest.files {
      let bytes = try Self.take(file.byteCount, of: &source, file.name)
      guard sha256(bytes) == file.sha256 else {
        throw SatchelError(.packHashMismatch, subject: file.name)
      }
      if file.name == Self.contentName { texts = bytes } else { bytesByName[file.name] = bytes }
    }
    var content = try ContentText.read(texts, subject: Self.contentName)
    try ContentCheck.check(content, subject: Self.contentName)
    try Self.fill(&content.media, from: bytesByName)
    self.content = content
  }

  /// The pack of `content`: the same arguments give the same bytes.
  ///
  /// - Parameter created: seconds since 1970.
  /// - Throws: `pack.invalid` for content that its reader would refuse, `pack.hashMismatch` for a medium that is not what
  ///   its name says, `input.tooLarge`, `manifest.malformed` for a wrong name, channel, version or time.
  package static func write(
    content: Content, name: String, version: Int, channel: String, created: Int64, key: SigningKey
  ) throws(SatchelError) -> [UInt8] {
    guard content.courses.count == 1 else {
      throw SatchelError(.packInvalid, subject: name, cause: "a pack holds one course")
    }
    let text = ContentText.write(content)
    // What its own reader would refuse is never signed.
    try ContentCheck.check(
      try ContentText.read(text, subject: contentName), subject: contentName)
    var bytesByName = [contentName: text]
    for medium in content.media { bytesByName[medium.sha256] = medium.bytes }
    let manifest = try Manifest(
      kind: .pack, name: name, channel: channel, version: version, createdSeconds: created,
      files: bytesByName.map { name, bytes in
        Manifest.File(name: name, byteCount: bytes.count, sha256: sha256(bytes))
      })
    for file in manifest.files where file.name != contentName {
      guard Hex.encode(file.sha256) == file.name else {
        throw SatchelError(.packHashMismatch, subject: file.name)
      }
    }
    let signed = SignedManifest(signing: manifest, with: key).encoded
    var pack = magic + Array("\(signed.count)\n".utf8) + signed
    guard pack.count + manifest.totalByteCount <= bytesMax else {
      throw SatchelError(.inputTooLarge, subject: name)
    }
    for file in manifest.files { pack += bytesByName[file.name] ?? [] }
    return pack
  }

  private static func readManifest(
    _ source: inout some PackSource
  ) throws(SatchelError) -> SignedManifest {
    guard try source.take(magic.count) == magic else {
      throw SatchelError(.packInvalid, subject: "start", cause: "not a Satchel pack")
    }
    let length = try manifestLength(&source)
    let signed = try SignedManifest(bytes: take(length, of: &source, "manifest"))
    guard signed.manifest.kind == .pack else {
      throw SatchelError(.packInvalid, subject: "manifest", cause: "of another kind")
    }
    try checkFiles(signed.manifest, remaining: source.remaining)
    return signed
  }

  private static func manifestLength(_ source: inout some PackSource) throws(SatchelError) -> Int {
    var digits: [UInt8] = []
    while let byte = try source.take(1)?.first, byte != UInt8(ascii: "\n"), digits.count < 8 {
      digits.append(byte)
    }
    let text = String(decoding: digits, as: UTF8.self)
    guard let length = Int(text), String(length) == text, (1...Manifest.bytesMax).contains(length)
    else { throw SatchelError(.packInvalid, subject: "length of the manifest") }
    return length
  }

  /// All that can be refused before a file is read.
  private static func checkFiles(_ manifest: Manifest, remaining: Int) throws(SatchelError) {
    guard let content = manifest.file(named: contentName) else {
      throw SatchelError(.packInvalid, subject: contentName, cause: "not in the pack")
    }
    guard content.byteCount <= ContentText.bytesMax else {
      throw SatchelError(.inputTooLarge, subject: contentName)
    }
    for file in manifest.files where file.name != contentName {
      guard file.name == Hex.encode(file.sha256) else {
        throw SatchelError(.packInvalid, subject: file.name, cause: "not named by its SHA-256")
      }
    }
    let total = manifest.totalByteCount
    guard total == remaining else {
      throw SatchelError(
        .packInvalid, subject: "files",
        cause: total > remaining ? "the pack is cut off" : "bytes after the last file")
    }
  }

  private static func take(
    _ count: Int, of source: inout some PackSource, _ what: String
  ) throws(SatchelError) -> [UInt8] {
    guard let bytes = try source.take(count) else {
      throw SatchelError(.packInvalid, subject: what, cause: "the pack is cut off")
    }
    return bytes
  }

  private static func fill(
    _ media: inout [Medium], from bytesByName: [String: [UInt8]]
  ) throws(SatchelError) {
    for index in media.indices {
      guard let bytes = bytesByName[media[index].sha256] else {
        throw SatchelError(
          .packInvalid, subject: media[index].sha256, cause: "listed and not in the pack")
      }
      media[index].bytes = bytes
    }
    guard media.count == bytesByName.count else {
      throw SatchelError(
        .packInvalid, subject: contentName, cause: "a file is not listed as medium")
    }
  }
}
