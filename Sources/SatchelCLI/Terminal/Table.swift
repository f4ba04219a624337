import Foundation

/// Rows in aligned columns; Chinese characters count as two.
struct Table {
  private var rows: [[String]]
  private let rightAligned: Set<Int>

  /// - Parameter rightAligned: the columns of numbers.
  init(_ header: [String], rightAligned: Set<Int> = []) {
    rows = [header]
    self.rightAligned = rightAligned
  }

  mutating func add(_ row: String...) { add(row: row) }

  mutating func add(row: [String]) { rows.append(row.map(Self.printable)) }

  func lines(_ style: Style) -> [String] {
    let count = rows[0].count
    let widths = (0..<count).map { column in
      rows.map { Self.width($0[column]) }.reduce(0, max)
    }
    return rows.enumerated().map { index, row in
      let cells = row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - Self.width(row[column]))
        if rightAligned.contains(column) { return space + row[column] }
        return column == count - 1 ? row[column] : row[column] + space
      }
      let line = cells.joined(separator: "  ")
      return index == 0 ? style.bold(line) : line
    }
  }

  /// On one line, without anything that a terminal would obey: titles come from packs.
  static func printable(_ text: String) -> String {
    let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    return String(
      String.UnicodeScalarView(
        words.unicodeScalars.filter {
          !($0.value < 0x20 || (0x7F..<0xA0).contains($0.value)
            || (0x202A...0x202E).contains($0.value) || (0x2066...0x2069).contains($0.value))
        }))
  }

  /// At most `columns` wide, with an ellipsis where something was cut.
  static func clipped(_ text: String, columns: Int) -> String {
    let text = printable(text)
    guard width(text) > columns else { return text }
    var out = ""
    for character in text where width(out) + width(String(character)) < columns {
      out.append(character)
    }
    return out + "…"
  }

  /// Columns on a terminal. Wide are the East Asian ranges of Unicode's EastAsianWidth.txt that our texts use.
  static func width(_ text: String) -> Int {
    text.reduce(0) { total, character in
      let value = character.unicodeScalars.first?.value ?? 0
      let isWide =
        (0x1100...0x115F).contains(value) || (0x2E80...0xA4CF).contains(value)
        || (0xAC00...0xD7A3).contains(value) || (0xF900...0xFAFF).contains(value)
        || (0xFE30...0xFE4F).contains(value) || (0xFF00...0xFF60).contains(value)
        || (0x1F300...0x1FAFF).contains(value) || (0x20000...0x3FFFD).contains(value)
      return total + (isWide ? 2 : 1)
    }
  }

  /// A share, 0...1, as a bar of ten cells.
  static func bar(_ share: Double) -> String {
    let filled = Int((min(max(share, 0), 1) * 10).rounded())
    return String(repeating: "█", count: filled) + String(repeating: "░", count: 10 - filled)
  }
}
