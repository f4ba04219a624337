import SatchelCore

/// Takes JSON (RFC 8259) apart piece by piece, so that no tree is ever built of what nobody vouches for.
///
/// Stricter than most: at most 32 levels deep, no name twice in an object, at most 1,000 names in one, no lone surrogate,
/// no U+0000, numbers finite, and nothing after the value. The caller asks for what it expects and is refused otherwise.
struct JSONReader {
  static let depthMax = 32
  static let namesMax = 1000

  private let bytes: [UInt8]
  private let subject: String
  private var index = 0
  /// One for each object or array that is open.
  private var open: [Container] = []

  private struct Container {
    var isEmpty = true
    var names: Set<String> = []
  }

  /// - Parameter subject: what errors say that they happened to.
  init(_ bytes: [UInt8], subject: String) {
    self.bytes = bytes
    self.subject = subject
  }

  mutating func openObject() throws(SatchelError) { try openContainer("{", "an object") }

  mutating func openArray() throws(SatchelError) { try openContainer("[", "an array") }

  /// The name of the object's next field, whose value must then be read or skipped; `nil` closes the object.
  mutating func nextName() throws(SatchelError) -> String? {
    guard try goesOn(until: "}") else { return nil }
    let name = try string(bytesMax: 256)
    let top = open.count - 1
    guard open[top].names.insert(name).inserted else { throw failure("a name stands twice") }
    guard open[top].names.count <= Self.namesMax else { throw failure("too many names") }
    guard take(":") else { throw failure("expected a colon") }
    return name
  }

  /// Whether the array goes on with another element, which must then be read or skipped; false closes the array.
  mutating func nextElement() throws(SatchelError) -> Bool { try goesOn(until: "]") }

  /// Must be called after the outermost value.
  mutating func end() throws(SatchelError) {
    skipSpace()
    guard index == bytes.count else { throw failure("bytes after the end") }
  }

  private mutating func openContainer(
    _ bracket: Unicode.Scalar, _ what: String
  ) throws(SatchelError) {
    guard take(bracket) else { throw failure("expected \(what)") }
    guard open.count < Self.depthMax else { throw failure("too deep") }
    open.append(Container())
  }

  private mutating func goesOn(until bracket: Unicode.Scalar) throws(SatchelError) -> Bool {
    if take(bracket) {
      open.removeLast()
      return false
    }
    let top = open.count - 1
    if !open[top].isEmpty, !take(",") { throw failure("expected a comma or \(bracket)") }
    open[top].isEmpty = false
    return true
  }

  mutating func string(bytesMax: Int) throws(SatchelError) -> String {
    guard take("\"") else { throw failure("expected a string") }
    var out: [UInt8] = []
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: out, as: UTF8.self) else { throw failure("not UTF-8") }
        return text
      case UInt8(ascii: "\\"):
        out.append(contentsOf: UTF8.encode(try escaped()) ?? UTF8.encodedReplacementCharacter)
      case 0..<0x20:
        throw failure("a control character in a string")
      default:
        out.append(byte)
      }
      guard out.count <= bytesMax else { throw failure("longer than \(bytesMax) bytes") }
    }
    throw failure("a string without an end")
  }

  mutating func number() throws(SatchelError) -> Double {
    skipSpace()
    let start = index
    _ = takeByte("-")
    if !takeByte("0") { try digits() }
    if takeByte(".") { try digits() }
    if takeByte("e") || takeByte("E") {
      if !takeByte("+") { _ = takeByte("-") }
      try digits()
    }
    guard index - start <= 64,
      let value = Double(String(decoding: bytes[start..<index], as: UTF8.self)),
      value.isFinite
    else { throw failure("not a finite number") }
    return value
  }

  mutating func integer() throws(SatchelError) -> Int {
    guard let value = Int(exactly: try number()) else { throw failure("expected a whole number") }
    return value
  }

  /// Passes over one value of any kind, under the same rules.
  mutating func skip() throws(SatchelError) {
    skipSpace()
    switch index < bytes.count ? bytes[index] : 0 {
    case UInt8(ascii: "{"):
      try openObject()
      while try nextName() != nil { try skip() }
    case UInt8(ascii: "["):
      try openArray()
      while try nextElement() { try skip() }
    case UInt8(ascii: "\""): _ = try string(bytesMax: bytes.count)
    case UInt8(ascii: "t"): try skip("true")
    case UInt8(ascii: "f"): try skip("false")
    case UInt8(ascii: "n"): try skip("null")
    default: _ = try number()
    }
  }

  /// Whether the next value is `null`, which is then passed over.
  mutating func isNull() throws(SatchelError) -> Bool {
    skipSpace()
    guard index < bytes.count, bytes[index] == UInt8(ascii: "n") else { return false }
    try skip("null")
    return true
  }

  /// Whether the next value is a text.
  mutating func isAtString() -> Bool {
    skipSpace()
    return index < bytes.count && bytes[index] == UInt8(ascii: "\"")
  }

  /// The error for a value that reads well and is wrong.
  func failure(_ cause: String) -> SatchelError {
    let line = 1 + bytes[..<min(index, bytes.count)].count { $0 == UInt8(ascii: "\n") }
    return SatchelError(.packInvalid, subject: "\(subject):\(line)", cause: cause)
  }

  private mutating func skip(_ word: String) throws(SatchelError) {
    guard bytes[index...].starts(with: word.utf8) else { throw failure("expected a value") }
    index += word.utf8.count
  }

  private mutating func digits() throws(SatchelError) {
    let start = index
    while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
    if index == start { throw failure("expected a number") }
  }

  /// What stands behind a backslash.
  private mutating func escaped() throws(SatchelError) -> Unicode.Scalar {
    guard index < bytes.count else { throw failure("a string without an end") }
    let byte = bytes[index]
    index += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw failure("an unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(SatchelError) -> Unicode.Scalar {
    var code = try fourHexDigits()
    if (0xD800..<0xDC00).contains(code) {
      guard takeByte("\\"), takeByte("u") else { throw failure("half a surrogate pair") }
      let low = try fourHexDigits()
      guard (0xDC00..<0xE000).contains(low) else { throw failure("half a surrogate pair") }
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code), code != 0 else {
      throw failure("not a character")
    }
    return scalar
  }

  private mutating func fourHexDigits() throws(SatchelError) -> UInt32 {
    guard bytes.count - index >= 4,
      let pair = Hex.decode(String(decoding: bytes[index..<index + 4], as: UTF8.self))
    else { throw failure("expected four hex digits") }
    index += 4
    return UInt32(pair[0]) << 8 | UInt32(pair[1])
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    skipSpace()
    return takeByte(scalar)
  }

  private mutating func takeByte(_ scalar: Unicode.Scalar) -> Bool {
    guard index < bytes.count, bytes[index] == UInt8(ascii: scalar) else { return false }
    index += 1
    return true
  }

  private mutating func skipSpace() {
    while index < bytes.count {
      switch bytes[index] {
      case 0x20, 0x0A, 0x0D, 0x09: index += 1
      default: return
      }
    }
  }
}
