import Foundation
import Satchel

/// Walks over one line of JSON (RFC 8259) where it lies, fast enough for a million numbers a second: no tree is built,
/// and nothing is copied but numbers of many digits.
///
/// The caller says what it expects; names that it does not know are skipped, and their values must be JSON all the same.
/// What stands in strings is not looked into, for no string is ever used.
struct JSONScanner {
  static let depthMax = 32

  /// What is wrong, without its place.
  struct Failure: Error {
    let cause: String

    init(_ cause: String) { self.cause = cause }
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Reads an object and hands each name to `member`, which must read or skip its value.
  mutating func object(
    _ member: (inout JSONScanner, StaticName) throws(Failure) -> Void
  ) throws(Failure) {
    guard take("{") else { throw Failure("expected an object") }
    if take("}") { return }
    repeat {
      let name = try name()
      guard take(":") else { throw Failure("expected a colon") }
      try member(&self, name)
    } while take(",")
    guard take("}") else { throw Failure("expected a comma or }") }
  }

  /// Reads an array and lets `element` read or skip each element.
  mutating func array(_ element: (inout JSONScanner) throws(Failure) -> Void) throws(Failure) {
    guard take("[") else { throw Failure("expected an array") }
    if take("]") { return }
    repeat { try element(&self) } while take(",")
    guard take("]") else { throw Failure("expected a comma or ]") }
  }

  /// A name that is compared with those that are expected.
  struct StaticName {
    fileprivate let bytes: UnsafeBufferPointer<UInt8>

    static func ~= (pattern: StaticString, name: StaticName) -> Bool {
      pattern.utf8CodeUnitCount == name.bytes.count
        && memcmp(pattern.utf8Start, name.bytes.baseAddress ?? pattern.utf8Start, name.bytes.count)
          == 0
    }
  }

  private mutating func name() throws(Failure) -> StaticName {
    skipSpace()
    let start = index + 1
    try skipString()
    return StaticName(bytes: UnsafeBufferPointer(rebasing: bytes[start..<index - 1]))
  }

  /// A finite number.
  mutating func number() throws(Failure) -> Double {
    skipSpace()
    let start = index
    let isNegative = takeByte("-")
    var digits: UInt64 = 0
    var digitCount = 0
    var scale = 0
    let whole = index
    while let digit = digit() {
      digits = digits &* 10 &+ UInt64(digit)
      digitCount += 1
    }
    // No number has a zero before other digits.
    guard digitCount > 0, digitCount == 1 || bytes[whole] != UInt8(ascii: "0") else {
      throw Failure("expected a number")
    }
    if takeByte(".") {
      let count = digitCount
      while let digit = digit() {
        digits = digits &* 10 &+ UInt64(digit)
        digitCount += 1
        scale -= 1
      }
      guard digitCount > count else { throw Failure("expected a digit") }
    }
    let hasExponent = takeByte("e") || takeByte("E")
    if hasExponent {
      if !takeByte("+") { _ = takeByte("-") }
      guard digit() != nil else { throw Failure("expected a digit") }
      while digit() != nil {}
    }
    // Both are exact as Doubles, so that their quotient is rounded once (Clinger 1990).
    if !hasExponent, digitCount <= 15 {
      let value = Double(digits) / Self.powersOfTen[-scale]
      return isNegative ? -value : value
    }
    return try longNumber(start..<index)
  }

  /// Of many digits, or with an exponent. What is checked to be a number already is read by the system, in its place in
  /// a copy with a zero behind it; the program never leaves the C locale.
  private func longNumber(_ range: Range<Int>) throws(Failure) -> Double {
    guard range.count < Self.numberBytesMax else { throw Failure("a number of too many digits") }
    let value = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.numberBytesMax) {
      copy in
      for (place, byte) in bytes[range].enumerated() { copy[place] = CChar(bitPattern: byte) }
      copy[range.count] = 0
      return copy.baseAddress.map { strtod($0, nil) } ?? .nan
    }
    guard value.isFinite else { throw Failure("not a finite number") }
    return value
  }

  private static let numberBytesMax = 512

  private static let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
  ]

  /// Whether a `null` stands here, which is then passed over.
  mutating func isNull() throws(Failure) -> Bool {
    skipSpace()
    guard index < bytes.count, bytes[index] == UInt8(ascii: "n") else { return false }
    try skip("null")
    return true
  }

  /// Passes over one value of any kind.
  mutating func skip(depth: Int = 0) throws(Failure) {
    guard depth < Self.depthMax else { throw Failure("too deep") }
    skipSpace()
    switch index < bytes.count ? bytes[index] : 0 {
    case UInt8(ascii: "{"):
      try object { scanner, _ throws(Failure) in try scanner.skip(depth: depth + 1) }
    case UInt8(ascii: "["):
      try array { scanner throws(Failure) in try scanner.skip(depth: depth + 1) }
    case UInt8(ascii: "\""): try skipString()
    case UInt8(ascii: "t"): try skip("true")
    case UInt8(ascii: "f"): try skip("false")
    case UInt8(ascii: "n"): try skip("null")
    default: _ = try number()
    }
  }

  /// Must be called after the outermost value.
  mutating func end() throws(Failure) {
    skipSpace()
    guard index == bytes.count else { throw Failure("bytes after the end") }
  }

  private mutating func skip(_ word: StaticString) throws(Failure) {
    for offset in 0..<word.utf8CodeUnitCount {
      guard index < bytes.count, bytes[index] == word.utf8Start[offset] else {
        throw Failure("expected a value")
      }
      index += 1
    }
  }

  private mutating func skipString() throws(Failure) {
    guard takeByte("\"") else { throw Failure("expected a string") }
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      switch byte {
      case UInt8(ascii: "\""): return
      case UInt8(ascii: "\\"): index += 1
      case 0..<0x20: throw Failure("a control character in a string")
      default: continue
      }
    }
    throw Failure("a string without an end")
  }

  private mutating func digit() -> UInt8? {
    guard index < bytes.count else { return nil }
    let digit = bytes[index] &- UInt8(ascii: "0")
    guard digit <= 9 else { return nil }
    index += 1
    return digit
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
      case 0x20, 0x09, 0x0D: index += 1
      default: return
      }
    }
  }
}
