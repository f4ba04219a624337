import Foundation
import SatchelCore

/// The table that `record --from` and `train` read.
enum InteractionTable {
  static let header = "learner,item,skill,correct,timestamp_ms,duration_ms\n"

  static func text(_ rows: [Interaction]) -> [UInt8] {
    var out = Array(header.utf8)
    for row in rows { out += Array(line(row).utf8) }
    return out
  }

  static func line(_ row: Interaction) -> String {
    let fields = [
      quoted(row.learner), quoted(row.item.text),
      quoted(row.skills.map(\.text).joined(separator: ";")), row.isCorrect ? "1" : "0",
      row.timestampMilliseconds.map { "\($0)" } ?? "",
      row.durationMilliseconds.map { "\($0)" } ?? "",
    ]
    return fields.joined(separator: ",") + "\n"
  }

  private static func quoted(_ text: String) -> String {
    guard text.utf8.contains(where: { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }) else {
      return text
    }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
