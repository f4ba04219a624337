/// Markdown with blank lines where they belong and nothing in a cell that is markup: keys come from data.
struct MarkdownPage {
  private(set) var text = ""

  mutating func heading(_ level: Int, _ words: String) {
    text += String(repeating: "#", count: level) + " \(words)\n\n"
  }

  mutating func line(_ words: String) { text += "\(words)\n\n" }

  mutating func item(_ words: String) { text += "- \(words)\n" }

  /// - Parameter numbers: the columns that are set to the right.
  mutating func table(_ head: [String], _ rows: [[String]], numbers: Set<Int> = []) {
    text += "| " + head.map(Self.escaped).joined(separator: " | ") + " |\n"
    let rules = head.indices.map { numbers.contains($0) ? "---:" : "---" }
    text += "| " + rules.joined(separator: " | ") + " |\n"
    for row in rows { text += "| " + row.map(Self.escaped).joined(separator: " | ") + " |\n" }
    text += "\n"
  }

  /// CommonMark 2.4: a backslash takes the meaning from any ASCII punctuation.
  static func escaped(_ cell: String) -> String {
    var out = ""
    for character in cell {
      if "\\`*_{}[]<>#|!&~".contains(character) { out += "\\" }
      out.append(character.isNewline ? " " : character)
    }
    return out
  }
}
