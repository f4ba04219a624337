/// A 128-bit identifier: random or a truncated SHA-256, written as 32 lower-case hex digits.
///
/// `Kind` keeps a learner from being passed where a stream is meant. Order is the order of the bytes, alike on
/// every machine.
public struct Identifier<Kind>: Hashable, Comparable, Sendable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// A new identifier from the system's random source.
  public static func random() -> Self {
    Self(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
  }

  /// Reads 32 hex digits, in either case; `nil` for anything else.
  public init?(hex text: String) {
    guard let bytes = Hex.decode(text) else { return nil }
    self.init(bytes: bytes)
  }

  /// Reads exactly 16 bytes, most significant first; `nil` for any other length.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 16 else { return nil }
    var words: (UInt64, UInt64) = (0, 0)
    for (position, byte) in bytes.enumerated() {
      if position < 8 {
        words.0 = words.0 << 8 | UInt64(byte)
      } else {
        words.1 = words.1 << 8 | UInt64(byte)
      }
    }
    self.init(high: words.0, low: words.1)
  }

  /// The 16 bytes, most significant first.
  public var bytes: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(16)
    out.appendBigEndian(high)
    out.appendBigEndian(low)
    return out
  }

  /// 32 lower-case hex digits.
  public var description: String { Hex.encode(bytes) }

  public static func < (left: Self, right: Self) -> Bool {
    (left.high, left.low) < (right.high, right.low)
  }
}

/// The kinds that an ``Identifier`` can be of; never made, only named.
public enum IdentifierKind {
  public enum Learner {}
  public enum Replica {}
  public enum Stream {}
  public enum Record {}
}

/// A learner's pseudonym; the name it stands for lives in the vault alone.
public typealias LearnerID = Identifier<IdentifierKind.Learner>
/// One store file on one device: the first half of SHA-256 of its public key.
public typealias ReplicaID = Identifier<IdentifierKind.Replica>
/// What one replica wrote about one learner.
public typealias StreamID = Identifier<IdentifierKind.Stream>
/// One record: the first half of SHA-256 of its canonical bytes, the same in whatever stream it stands.
public typealias RecordID = Identifier<IdentifierKind.Record>

/// A short text that names a thing of the content: 1 to 64 bytes of UTF-8 with no control character.
public struct ContentKey<Kind>: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The longest key, in bytes of UTF-8: a record names its item, so a key must stay short.
  public static var bytesMax: Int { 64 }

  public let text: String

  /// - Throws: `content.badKey` when `text` is empty, too long, or holds a control or bidirectional-override character.
  public init(_ text: String) throws(SatchelError) {
    guard Self.isValid(text) else {
      throw SatchelError(.badKey, subject: String(text.prefix(80)))
    }
    self.text = text
  }

  /// For bytes that were checked when they were written.
  package init(checked text: String) { self.text = text }

  public var description: String { text }

  /// Keys are their bytes: Swift's own comparison takes «é» in one code point and in two for the same text, and then two
  /// records that hash differently would name one item.
  public static func == (left: Self, right: Self) -> Bool {
    left.text.utf8.count == right.text.utf8.count && order(left, right) == 0
  }

  public func hash(into hasher: inout Hasher) {
    var text = text
    text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    hasher.combine(0xFF as UInt8)
  }

  public static func < (left: Self, right: Self) -> Bool { order(left, right) < 0 }

  /// Below 0 when the bytes of `left` come first, 0 when they are the same.
  private static func order(_ left: Self, _ right: Self) -> Int {
    var (left, right) = (left.text, right.text)
    return left.withUTF8 { left in
      right.withUTF8 { right in
        if let (left, right) = zip(left, right).first(where: { $0 != $1 }) {
          return left < right ? -1 : 1
        }
        return left.count - right.count
      }
    }
  }

  package static func isValid(_ text: String) -> Bool {
    let length = text.utf8.count
    guard length >= 1, length <= bytesMax else { return false }
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return true }
    return text.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0..<0x20, 0x7F..<0xA0, 0x202A...0x202E, 0x2066...0x2069: false
      default: true
      }
    }
  }
}

/// The kinds that a ``ContentKey`` can be of; never made, only named.
public enum ContentKind {
  public enum Course {}
  public enum Topic {}
  public enum Item {}
  public enum Skill {}
  public enum SchoolClass {}
}

public typealias CourseID = ContentKey<ContentKind.Course>
public typealias TopicID = ContentKey<ContentKind.Topic>
public typealias ItemID = ContentKey<ContentKind.Item>
public typealias SkillID = ContentKey<ContentKind.Skill>
