import Foundation
import SatchelTestSupport

/// The documentation as text, and what can be picked out of it.
enum DocsTree {
  static func text(_ path: String) throws -> String {
    try String(contentsOf: SourceTree.file(path), encoding: .utf8)
  }

  /// Every page: the three at the root and all of `Docs`.
  static func pages() throws -> [String] {
    let inDocs = try FileManager.default.subpathsOfDirectory(
      atPath: SourceTree.file("Docs").resolvingSymlinksInPath().path)
    return ["README.md", "CHANGELOG.md", "CONTRIBUTING.md"]
      + inDocs.filter { $0.hasSuffix(".md") }.map { "Docs/" + $0 }.sorted()
  }

  /// The lines of the fenced block that follows the first line that holds `marker`.
  static func block(after marker: String, in page: String) throws -> [String] {
    let lines = try text(page).components(separatedBy: "\n")
    guard let start = lines.firstIndex(where: { $0.contains(marker) }),
      let open = lines[start...].firstIndex(where: { $0.hasPrefix("```") }),
      let close = lines[(open + 1)...].firstIndex(of: "```")
    else { throw MissingBlock(marker: marker, page: page) }
    return Array(lines[(open + 1)..<close])
  }

  /// The cells of every table row of a page, without heads' rulers; code marks are taken off.
  static func rows(of page: String, under heading: String) throws -> [[String]] {
    let lines = try text(page).components(separatedBy: "\n")
    guard let start = lines.firstIndex(of: heading) else {
      throw MissingBlock(marker: heading, page: page)
    }
    let section = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
    return section.filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") }.dropFirst().map { line in
      line.dropFirst(2).dropLast(2).components(separatedBy: " | ").map {
        $0.trimmingCharacters(in: .whitespaces)
      }
    }
  }

  struct MissingBlock: Error, CustomStringConvertible {
    let marker: String
    let page: String
    var description: String { "\(page) has no block after \"\(marker)\"" }
  }
}

extension String {
  /// What stands between backquotes, in order.
  var quotedCode: [String] {
    components(separatedBy: "`").enumerated().compactMap { $0.offset % 2 == 1 ? $0.element : nil }
  }
}
