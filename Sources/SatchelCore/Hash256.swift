import Crypto

/// A SHA-256 digest as a value that is cheap to copy, compare and add.
package struct Hash256: Hashable, Sendable, CustomStringConvertible {
  /// Most significant word first.
  private var words: (UInt64, UInt64, UInt64, UInt64)

  package static let zero = Hash256(words: (0, 0, 0, 0))

  private init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  /// Reads exactly 32 bytes; `nil` for any other length.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    var reader = ByteReader(Array(bytes))
    guard let a = reader.bigEndian(UInt64.self), let b = reader.bigEndian(UInt64.self),
      let c = reader.bigEndian(UInt64.self), let d = reader.bigEndian(UInt64.self)
    else { return nil }
    words = (a, b, c, d)
  }

  /// SHA-256 of the concatenation of `parts`.
  package init(hashing parts: [UInt8]...) {
    var hasher = SHA256()
    for part in parts { part.withUnsafeBytes { hasher.update(bufferPointer: $0) } }
    self.init(hasher.finalize())
  }

  /// SHA-256 of `bytes`, without an array around them: what every link of a chain is made by.
  package init(hashing bytes: [UInt8]) {
    var hasher = SHA256()
    bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
    self.init(hasher.finalize())
  }

  private init(_ digest: Crypto.SHA256Digest) {
    words = digest.withUnsafeBytes { raw in
      func word(_ index: Int) -> UInt64 {
        UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
      }
      return (word(0), word(1), word(2), word(3))
    }
  }

  private var bigEndianWords: (UInt64, UInt64, UInt64, UInt64) {
    (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
  }

  /// The 32 bytes, most significant first.
  package var bytes: [UInt8] { withUnsafeBytes(of: bigEndianWords) { Array($0) } }

  /// The first 8 bytes, as a number.
  package var highWord: UInt64 { words.0 }
  /// The last 8 bytes, as a number.
  package var lowWord: UInt64 { words.3 }

  /// Appends the 32 bytes.
  package func append(to out: inout [UInt8]) {
    withUnsafeBytes(of: bigEndianWords) { out.append(contentsOf: $0) }
  }

  package var description: String { Hex.encode(bytes) }

  /// Sum modulo 2^256.
  package static func &+ (left: Hash256, right: Hash256) -> Hash256 {
    var carry: UInt64 = 0
    func add(_ a: UInt64, _ b: UInt64) -> UInt64 {
      let (first, over) = a.addingReportingOverflow(b)
      let (sum, overAgain) = first.addingReportingOverflow(carry)
      carry = (over ? 1 : 0) + (overAgain ? 1 : 0)
      return sum
    }
    let d = add(left.words.3, right.words.3)
    let c = add(left.words.2, right.words.2)
    let b = add(left.words.1, right.words.1)
    let a = add(left.words.0, right.words.0)
    return Hash256(words: (a, b, c, d))
  }

  /// Difference modulo 2^256: the sum with the two's complement.
  package static func &- (left: Hash256, right: Hash256) -> Hash256 {
    let one = Hash256(words: (0, 0, 0, 1))
    let inverse = Hash256(
      words: (~right.words.0, ~right.words.1, ~right.words.2, ~right.words.3))
    return left &+ inverse &+ one
  }

  package static func == (left: Hash256, right: Hash256) -> Bool { left.words == right.words }

  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}
