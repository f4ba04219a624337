import Foundation
import SatchelTestSupport
import Testing

/// One line of a worked example: what it is, and its bytes in hex or its number.
struct ExampleLine: Equatable {
  var name: String
  var value: String

  init(_ name: String, _ value: some CustomStringConvertible) {
    self.name = name
    self.value = value.description
  }

  /// As the page writes it: a long value goes on, indented, 64 digits a line.
  var text: String {
    guard value.count > 64 else { return "\(name): \(value)" }
    let starts = stride(from: 0, to: value.count, by: 64)
    return "\(name):\n"
      + starts.map { "  " + value.dropFirst($0).prefix(64) }.joined(separator: "\n")
  }
}

/// Examples as a page shows them.
enum PageExample {
  /// The lines of the block after `<!-- example NAME -->`.
  static func lines(_ name: String, in page: String = "Docs/protocol.md") throws -> [ExampleLine] {
    var out: [ExampleLine] = []
    for line in try DocsTree.block(after: "<!-- example \(name) -->", in: page) {
      let parts = line.components(separatedBy: ": ")
      if line.hasPrefix(" "), !out.isEmpty {
        out[out.count - 1].value += line.trimmingCharacters(in: .whitespaces)
      } else {
        out.append(ExampleLine(parts[0].trimmingSuffix(":"), parts.count > 1 ? parts[1] : ""))
      }
    }
    return out
  }

  /// Fails with the whole block as it ought to be, so that it can be copied into the page.
  static func expect(_ name: String, toShow made: [ExampleLine]) throws {
    let shown = try lines(name)
    let text = made.map(\.text).joined(separator: "\n")
    #expect(shown == made, "the example \(name) is\n\(text)\n")
  }
}

extension String {
  fileprivate func trimmingSuffix(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
