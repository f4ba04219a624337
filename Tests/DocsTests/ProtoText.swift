import Foundation
import SatchelCore
import Testing

/// The messages of a .proto file, read as text, so that bytes can be told apart field by field without the code that made them.
struct ProtoText {
  private struct Field {
    var name: String
    var type: String
  }

  private var messages: [String: [UInt64: Field]] = [:]
  /// Fields of type `bytes` that hold a message whose exact bytes are signed.
  private let inner: [String: String]

  init(_ paths: String..., inner: [String: String] = [:]) throws {
    self.inner = inner
    for path in paths {
      var current = ""
      for line in try DocsTree.text(path).components(separatedBy: "\n") {
        if let match = line.wholeMatch(of: /message (\w+) \{/) { current = String(match.1) }
        if let match = line.wholeMatch(of: /\s+(?:repeated )?(\w+) (\w+) = (\d+);/) {
          messages[current, default: [:]][UInt64(match.3) ?? 0] = Field(
            name: String(match.2), type: String(match.1))
        }
      }
    }
  }

  /// One line a field, in the order of the bytes: its path, and key, length and value in hex. Of a field that holds a
  /// message the line has key and length alone, and those of its own fields follow. All lines together are `bytes`.
  func lines(of bytes: some Collection<UInt8>, as message: String, under path: String = "") throws
    -> [ExampleLine]
  {
    var out: [ExampleLine] = []
    var reader = ByteReader(Array(bytes))
    while reader.remaining > 0 {
      let start = reader.offset
      let key = try Self.varint(&reader)
      let field = try #require(messages[message]?[key >> 3], "\(message) \(key >> 3)")
      let name = path + field.name
      var length: UInt64 = 0
      switch key & 7 {
      case 0: _ = try Self.varint(&reader)
      case 1: length = 8
      case 2: length = try Self.varint(&reader)
      default: throw Unreadable(field: name)
      }
      let type = inner["\(message).\(field.name)"] ?? field.type
      let head = Array(bytes)[start..<reader.offset]
      guard let value = reader.take(Int(length)) else { throw Unreadable(field: name) }
      if messages[type] != nil {
        out.append(ExampleLine(name, Hex.encode(head)))
        out += try lines(of: value, as: type, under: name + ".")
      } else {
        out.append(ExampleLine(name, Hex.encode(head + value)))
      }
    }
    return out
  }

  private static func varint(_ reader: inout ByteReader) throws -> UInt64 {
    var (value, shift): (UInt64, UInt64) = (0, 0)
    while true {
      guard let byte = reader.take(1)?.first else { throw Unreadable(field: "varint") }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
  }

  /// A length that leads beyond the end, or a wire type that our messages do not use.
  struct Unreadable: Error {
    let field: String
  }
}
