import Foundation
import SatchelCore
import SatchelTestSupport
import Testing

@Suite struct `The C header` {
  private func lines() throws -> [String] {
    try DocsTree.text("Sources/CSatchel/include/satchel.h").components(separatedBy: "\n")
  }

  @Test func `has a status of the same number for every error code, and no other`() throws {
    var listed: [String: Int32] = [:]
    for line in try lines() {
      let parts = line.trimmingCharacters(in: CharacterSet(charactersIn: " ,"))
        .components(separatedBy: " = ")
      guard line.hasPrefix("  SATCHEL_"), parts.count == 2, let number = Int32(parts[1]) else {
        continue
      }
      listed[parts[0]] = number
    }
    listed = listed.filter { entry in !Self.otherEnumerations.contains(where: entry.key.hasPrefix) }
    #expect(listed.removeValue(forKey: "SATCHEL_OK") == 0)
    let codes = SatchelError.Code.allCases
    #expect(Dictionary(uniqueKeysWithValues: codes.map { (Self.name($0), $0.status) }) == listed)
    #expect(Set(codes.map(\.status)).count == codes.count)
    #expect(codes.allSatisfy { $0.status > 0 && $0.exitStatus > 0 })
  }

  /// `store.readOnly` is `SATCHEL_STORE_READ_ONLY`.
  private static func name(_ code: SatchelError.Code) -> String {
    code.rawValue.reduce(into: "SATCHEL_") { name, letter in
      if letter == "." {
        name += "_"
      } else {
        name += (letter.isUppercase ? "_" : "") + letter.uppercased()
      }
    }
  }

  /// Beginnings of the names in the header's other enumerations.
  private static let otherEnumerations = [
    "SATCHEL_ENGLISH", "SATCHEL_CHINESE", "SATCHEL_FEEDBACK_", "SATCHEL_ITEM_CHOICE",
    "SATCHEL_ITEM_ANSWER", "SATCHEL_ITEM_LESSON", "SATCHEL_TASK_",
  ]

  @Test func `says of every function and type what it is`() throws {
    let lines = try lines()
    for (place, line) in lines.enumerated() where Self.declares(line) {
      let before = lines[place - 1]
      #expect(
        before.hasSuffix("*/"), "line \(place + 1) has no comment: \(line)")
    }
  }

  /// A function or a type of its own, at the beginning of a line.
  private static func declares(_ line: String) -> Bool {
    let isFunction =
      line.contains(" satchel_") && line.contains("(") && !line.hasPrefix(" ")
      && !line.hasPrefix("#") && !line.hasPrefix("/")
    return isFunction || line.hasPrefix("typedef ")
      || line.hasPrefix("#define SATCHEL_")
        && !line.hasPrefix("#define SATCHEL_H")
  }

  @Test func `names the version of the library`() throws {
    let text = try lines().joined(separator: "\n")
    #expect(text.contains("such as \"\(SatchelVersion.text)\""))
  }
}
