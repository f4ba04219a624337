/// How much one pack may hold; each is checked while reading, before more is kept.
struct ContentLimits {
  static let topicsMax = 10_000
  static let skillsMax = 20_000
  static let itemsMax = 100_000
  /// One less than a manifest's files: `content.json` is one of them.
  static let mediaMax = 9_999
  static let prerequisitesMax = 256
  /// As many as a record can carry.
  static let skillsOfItemMax = 32
  static let choicesMax = 64
  static let answersMax = 256
  static let answerBytesMax = 1024
  static let mediaOfItemMax = 64
  static let textBytesMax = 64 << 10
  /// Each costs about 160 bytes of memory, even where it is three bytes long.
  static let textsMax = 700_000

  private var texts = 0

  /// False once there are too many.
  mutating func countText() -> Bool {
    texts += 1
    return texts <= Self.textsMax
  }

  /// Whether `code` has the form of a language code, such as `en` or `zh-Hant`.
  static func isLanguage(_ code: String) -> Bool {
    (1...16).contains(code.utf8.count)
      && code.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar == "-" || ("0"..."9" ~= scalar))
      }
  }
}
