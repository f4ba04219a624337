package import SatchelCore

/// One line of what is to be ranked: `{"user": 7, "history": [853, 2080]}`; ids are texts or whole numbers.
package struct HistoryLine: Sendable {
  package static let bytesMax = 8 << 20
  package static let itemsMax = 100_000

  /// As it was written, to be given back.
  package enum Name: Hashable, Sendable {
    case none
    case number(Int)
    case text(String)
  }

  package private(set) var user = Name.none
  /// In the order of time.
  package private(set) var history: [ItemID] = []
  /// Whether the ids were written as texts.
  package private(set) var hasTexts = false

  /// - Parameter place: what errors say that they happened to: the file and the line's number.
  /// - Throws: `rows.malformed` for what is no such line.
  package init(_ bytes: UnsafeRawBufferPointer, place: String) throws(SatchelError) {
    do {
      try read(Array(bytes))
    } catch {
      throw SatchelError(.rowsMalformed, subject: place, cause: error.cause)
    }
  }

  private mutating func read(_ bytes: [UInt8]) throws(SatchelError) {
    var reader = JSONReader(bytes, subject: "")
    var isComplete = false
    try reader.openObject()
    while let name = try reader.nextName() {
      switch name {
      case "user": user = try Self.name(&reader)
      case "history":
        try readHistory(&reader)
        isComplete = true
      default: try reader.skip()
      }
    }
    try reader.end()
    if !isComplete { throw reader.failure("no history") }
  }

  private mutating func readHistory(_ reader: inout JSONReader) throws(SatchelError) {
    try reader.openArray()
    while try reader.nextElement() {
      guard history.count < Self.itemsMax else {
        throw reader.failure("more than \(Self.itemsMax) items")
      }
      let text: String
      switch try Self.name(&reader) {
      case .none: throw reader.failure("an item is null")
      case .number(let number): text = String(number)
      case .text(let id):
        text = id
        hasTexts = true
      }
      guard ItemID.isValid(text) else {
        throw reader.failure("an item is no key of 1 to 64 bytes of UTF-8")
      }
      history.append(ItemID(checked: text))
    }
  }

  private static func name(_ reader: inout JSONReader) throws(SatchelError) -> Name {
    if try reader.isNull() { return .none }
    if reader.isAtString() { return .text(try reader.string(bytesMax: 1024)) }
    return .number(try reader.integer())
  }
}
