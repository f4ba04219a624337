/// Reads the JSON of a safetensors header and nothing more: objects of fixed shape, texts, and natural numbers.
///
/// A general JSON reader would bring depth, fractions and duplicates that a hostile header can play with.
struct HeaderReader {
  struct Entry {
    var type = ""
    var shape: [Int] = []
    var offsets: [Int] = []
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// `nil` for anything that is no safetensors header.
  mutating func header() -> (tensors: [(String, Entry)], metadata: [String: String])? {
    var tensors: [(String, Entry)] = []
    var metadata: [String: String] = [:]
    let isRead = object { reader, name in
      if name == "__metadata__" {
        return reader.object { reader, key in
          guard let value = reader.text() else { return false }
          metadata[key] = value
          return true
        }
      }
      guard let entry = reader.entry() else { return false }
      tensors.append((name, entry))
      return true
    }
    skipSpace()
    return isRead && position == bytes.count ? (tensors, metadata) : nil
  }

  private mutating func entry() -> Entry? {
    var entry = Entry()
    var fields: Set<String> = []
    let isRead = object { reader, name in
      guard fields.insert(name).inserted else { return false }
      switch name {
      case "dtype":
        guard let type = reader.text() else { return false }
        entry.type = type
      case "shape":
        guard let shape = reader.numbers() else { return false }
        entry.shape = shape
      case "data_offsets":
        guard let offsets = reader.numbers() else { return false }
        entry.offsets = offsets
      default: return false
      }
      return true
    }
    return isRead && fields.count == 3 ? entry : nil
  }

  /// Walks over an object; `member` reads the value of each name.
  private mutating func object(_ member: (inout Self, String) -> Bool) -> Bool {
    guard take("{") else { return false }
    if take("}") { return true }
    repeat {
      guard let name = text(), take(":"), member(&self, name) else { return false }
    } while take(",")
    return take("}")
  }

  private mutating func numbers() -> [Int]? {
    guard take("[") else { return nil }
    var numbers: [Int] = []
    if take("]") { return numbers }
    repeat {
      guard let number = number(), numbers.count < 8 else { return nil }
      numbers.append(number)
    } while take(",")
    return take("]") ? numbers : nil
  }

  private mutating func number() -> Int? {
    skipSpace()
    var value = 0
    var digits = 0
    while position < bytes.count, (48...57).contains(bytes[position]) {
      digits += 1
      // Twelve digits are more than any offset of a file that was let in.
      guard digits <= 12 else { return nil }
      value = value * 10 + Int(bytes[position] - 48)
      position += 1
    }
    return digits > 0 ? value : nil
  }

  /// A text without escapes: no name or value of ours has any.
  private mutating func text() -> String? {
    guard take("\"") else { return nil }
    let begin = position
    while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
      guard bytes[position] >= 0x20, bytes[position] != UInt8(ascii: "\\") else { return nil }
      position += 1
    }
    guard position < bytes.count else { return nil }
    defer { position += 1 }
    return String(validating: bytes[begin..<position], as: UTF8.self)
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) {
      position += 1
    }
  }
}
