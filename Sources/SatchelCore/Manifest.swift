/// What a publisher signs for a model or a pack: which files belong to it, how long they are, and their SHA-256.
///
/// The text, exactly these lines in this order, each ended by one line feed; it and nothing else is signed:
///
///     satchel-manifest 1
///     kind model|pack
///     name <key>
///     channel <key>
///     version <1...2^53>
///     created <YYYY-MM-DDThh:mm:ssZ>
///     file <name> <bytes> <64 hex digits of SHA-256>      1...10,000 lines, by rising name
///
/// In transport two lines follow:
///
///     key <64 hex digits>
///     signature <128 hex digits>
///
/// Valid is what is at most 2 MiB long, reads by these rules, gives the very same bytes when it is written again,
/// and whose signature by `key` holds over "satchel manifest", a zero byte, and the text.
///
/// Why this is enough: one value has one text, so there is no second reading that a signature could be stretched to
/// cover; nothing else that our keys sign begins with those words and that zero byte, so no signature can be carried over
/// from there; and a file's length and hash are known before the first of its bytes is asked for. Whether the *key* may publish, and
/// whether the version goes forward, is for the caller to say: this file knows no trust and no history.
package struct Manifest: Hashable, Sendable {
  package enum Kind: String, CaseIterable, Sendable {
    case model
    case pack
  }

  package struct File: Hashable, Sendable {
    /// 1 to 80 of `a-z 0-9 . _ -`, the first no dot: it can never leave the folder that it is put into.
    package let name: String
    package let byteCount: Int
    /// 32 bytes.
    package let sha256: [UInt8]

    package init(name: String, byteCount: Int, sha256: [UInt8]) {
      self.name = name
      self.byteCount = byteCount
      self.sha256 = sha256
    }
  }

  /// The longest signed manifest.
  package static let bytesMax = 2 << 20
  package static let filesMax = 10_000
  /// The largest number that a double holds exactly, so that every JSON reader agrees on a version.
  package static let versionMax = 1 << 53
  /// 1 TiB, so that the sum over all files cannot overflow.
  package static let fileBytesMax = 1 << 40

  package let kind: Kind
  package let name: String
  package let channel: String
  /// 1 ... 2^53; only ever rises.
  package let version: Int
  /// Seconds since 1970, up to the end of the year 9999.
  package let createdSeconds: Int64
  /// By rising name.
  package let files: [File]

  /// Puts the files in order.
  ///
  /// - Throws: `manifest.malformed` for anything that the rules above do not allow, two files of one name among it.
  package init(
    kind: Kind, name: String, channel: String, version: Int, createdSeconds: Int64, files: [File]
  ) throws(SatchelError) {
    self.kind = kind
    self.name = name
    self.channel = channel
    self.version = version
    self.createdSeconds = createdSeconds
    self.files = files.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    if let wrong = firstViolation { throw Self.malformed(wrong) }
  }

  package var totalByteCount: Int { files.reduce(0) { $0 + $1.byteCount } }

  package func file(named name: String) -> File? { files.first { $0.name == name } }

  /// The canonical text.
  package var text: [UInt8] {
    var lines = [
      "satchel-manifest 1", "kind \(kind.rawValue)", "name \(name)", "channel \(channel)",
      "version \(version)", "created \(UTCSeconds.text(createdSeconds))",
    ]
    for file in files {
      lines.append("file \(file.name) \(file.byteCount) \(Hex.encode(file.sha256))")
    }
    return Array((lines.joined(separator: "\n") + "\n").utf8)
  }

  fileprivate var signedMessage: [UInt8] { Array("satchel manifest\0".utf8) + text }

  private var firstViolation: String? {
    if !ContentKey<Manifest>.isValid(name) { return "name" }
    if !ContentKey<Manifest>.isValid(channel) { return "channel" }
    if !(1...Self.versionMax).contains(version) { return "version" }
    if !UTCSeconds.range.contains(createdSeconds) { return "created" }
    if !(1...Self.filesMax).contains(files.count) { return "number of files" }
    for (index, file) in files.enumerated() {
      if !Self.isFileName(file.name) { return "file \(index + 1): name" }
      if !(0...Self.fileBytesMax).contains(file.byteCount) { return "file \(file.name): bytes" }
      if file.sha256.count != 32 { return "file \(file.name): sha256" }
      if index > 0, files[index - 1].name == file.name { return "file \(file.name): twice" }
    }
    return nil
  }

  private static func isFileName(_ name: String) -> Bool {
    guard (1...80).contains(name.utf8.count), name.utf8.first != UInt8(ascii: ".") else {
      return false
    }
    return name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  fileprivate static func malformed(_ what: String) -> SatchelError {
    SatchelError(.manifestMalformed, subject: what)
  }
}

/// A manifest, who published it, and the proof.
///
/// There is no way to hold one whose signature does not hold.
package struct SignedManifest: Hashable, Sendable {
  package let manifest: Manifest
  package let publisher: PublicKey
  /// 64 bytes.
  package let signature: [UInt8]

  /// Signs `manifest`.
  package init(signing manifest: Manifest, with key: SigningKey) {
    self.manifest = manifest
    publisher = key.publicKey
    signature = key.sign(manifest.signedMessage)
  }

  /// Reads what ``encoded`` gave, and checks the signature.
  ///
  /// - Throws: `manifest.malformed` for bytes that break a rule; `model.badSignature` or `pack.badSignature` where they
  ///   keep the rules but the key did not sign them.
  package init(bytes: [UInt8]) throws(SatchelError) {
    guard bytes.count <= Manifest.bytesMax else {
      throw SatchelError(.inputTooLarge, subject: "manifest")
    }
    var lines = ManifestLines(bytes)
    manifest = try Manifest(reading: &lines)
    guard let key = PublicKey(hex: try lines.value("key")) else { throw Manifest.malformed("key") }
    guard let proof = Hex.decode(try lines.value("signature")), proof.count == 64 else {
      throw Manifest.malformed("signature")
    }
    publisher = key
    signature = proof
    // Whatever a line was read from, such as hex in capitals or a number with a leading zero, only one text is valid.
    guard lines.isAtEnd, encoded == bytes else { throw Manifest.malformed("not canonical") }
    guard publisher.isValid(signature: signature, for: manifest.signedMessage) else {
      throw SatchelError(
        manifest.kind == .model ? .modelSignature : .packSignature, subject: manifest.name)
    }
  }

  /// The text and the two lines after it.
  package var encoded: [UInt8] {
    manifest.text + Array("key \(publisher.hex)\nsignature \(Hex.encode(signature))\n".utf8)
  }
}

extension Manifest {
  fileprivate init(reading lines: inout ManifestLines) throws(SatchelError) {
    guard try lines.value("satchel-manifest") == "1" else { throw Self.malformed("format version") }
    guard let kind = Kind(rawValue: try lines.value("kind")) else { throw Self.malformed("kind") }
    let name = try lines.value("name")
    let channel = try lines.value("channel")
    guard let version = Int(try lines.value("version")) else { throw Self.malformed("version") }
    guard let created = UTCSeconds.parse(try lines.value("created")) else {
      throw Self.malformed("created")
    }
    var files: [File] = []
    while let text = try lines.valueIfNext("file") {
      guard files.count < Self.filesMax else { throw Self.malformed("number of files") }
      files.append(try File(reading: text))
    }
    try self.init(
      kind: kind, name: name, channel: channel, version: version, createdSeconds: created,
      files: files)
  }
}

extension Manifest.File {
  fileprivate init(reading text: String) throws(SatchelError) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, let byteCount = Int(parts[1]), let sha256 = Hex.decode(String(parts[2]))
    else { throw Manifest.malformed("file") }
    self.init(name: String(parts[0]), byteCount: byteCount, sha256: sha256)
  }
}

/// Takes a manifest apart, line by line.
private struct ManifestLines {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  /// What follows `word` and a space on the next line.
  mutating func value(_ word: String) throws(SatchelError) -> String {
    guard let value = try valueIfNext(word) else { throw Manifest.malformed(word) }
    return value
  }

  /// The same, or `nil` with nothing taken where the next line begins with another word.
  mutating func valueIfNext(_ word: String) throws(SatchelError) -> String? {
    guard rest.starts(with: "\(word) ".utf8) else { return nil }
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")),
      let value = String(
        validating: rest[(rest.startIndex + word.utf8.count + 1)..<end], as: UTF8.self)
    else { throw Manifest.malformed(word) }
    rest = rest[(end + 1)...]
    return value
  }
}

/// Whole seconds of UTC as ISO 8601 writes them, from 1970 to 9999.
package enum UTCSeconds {
  /// 1970-01-01T00:00:00Z ... 9999-12-31T23:59:59Z
  package static let range: ClosedRange<Int64> = 0...253_402_300_799

  /// `YYYY-MM-DDThh:mm:ssZ`, for seconds in ``range``.
  package static func text(_ seconds: Int64) -> String {
    let date = civil(days: seconds / 86_400)
    let second = seconds % 86_400
    return padded(date.year, 4) + "-" + padded(date.month, 2) + "-" + padded(date.day, 2) + "T"
      + padded(second / 3600, 2) + ":" + padded(second / 60 % 60, 2) + ":" + padded(second % 60, 2)
      + "Z"
  }

  /// `nil` for any other form, and for a day or time that does not exist.
  package static func parse(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 20 else { return nil }
    func number(_ range: Range<Int>) -> Int64 {
      bytes[range].reduce(0) { $0 * 10 + (Int64($1) - 48) }
    }
    let time = number(11..<13) * 3600 + number(14..<16) * 60 + number(17..<19)
    let days = days(year: number(0..<4), month: number(5..<7), day: number(8..<10))
    let seconds = days * 86_400 + time
    // Writing it again tells every wrong sign, letter, month or hour without a rule for each.
    guard range.contains(seconds), Self.text(seconds) == text else { return nil }
    return seconds
  }

  // Both directions: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (days_from_civil, civil_from_days),
  // for dates from 0000-03-01 on, which is all that ``range`` needs.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = y / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let z = days + 719_468
    let era = z / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
