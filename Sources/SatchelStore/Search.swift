internal import Foundation
internal import GRDB
package import SatchelCore

/// How texts and queries are made comparable: width (NFKC) and case.
enum SearchText {
  static func fold(_ text: String) -> String {
    text.precomposedStringWithCompatibilityMapping.lowercased()
  }
}

extension Store {
  /// The longest query, in characters; what is beyond is not looked at.
  private static let queryCharactersMax = 200
  private static let queryWordsMax = 64

  /// Items whose text holds every word of `query`, best first; any script.
  ///
  /// Words of three characters and more go to the trigram index. Shorter ones, the commonest in Chinese, match nothing
  /// there by design, and `LIKE` on the index itself is wrong in SQLite 3.40 (spec/toolchain.md, section 1): they are
  /// looked for in the base table.
  package func search(_ query: String, language: Language, limit: Int) throws(SatchelError)
    -> [SearchHit]
  {
    let words = SearchText.fold(String(query.prefix(Self.queryCharactersMax)))
      .split(whereSeparator: { $0.isWhitespace || $0 == "\0" }).prefix(Self.queryWordsMax)
    guard !words.isEmpty else { return [] }
    let long = words.filter { $0.unicodeScalars.count >= 3 }
    let short = words.filter { $0.unicodeScalars.count < 3 }
    return try read { db in
      var conditions: [String] = []
      var arguments: StatementArguments = []
      if !long.isEmpty {
        conditions.append("item_search MATCH ?")
        arguments += [long.map(Self.quoted).joined(separator: " ")]
      }
      for word in short {
        conditions.append("instr(item_text.text, ?) > 0")
        arguments += [String(word)]
      }
      let from =
        long.isEmpty
        ? "item_text" : "item_search JOIN item_text ON item_text.item = item_search.rowid"
      let order = long.isEmpty ? "item_text.item" : "bm25(item_search), item_text.item"
      let sql = """
        SELECT item.key, item.body FROM \(from) JOIN item ON item.id = item_text.item
        WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order) LIMIT ?
        """
      arguments += [max(0, limit)]
      return try Row.fetchAll(db, sql: sql, arguments: arguments).map { row in
        let body = try ItemBody(json: row[1] as String? ?? "")
        return SearchHit(
          item: ItemID(checked: row[0]),
          title: LocalizedText(body.question).text(in: language),
          snippet: Self.snippet(of: body, around: String(words[0])))
      }
    }
  }

  /// A phrase of FTS5: whatever the text holds, no operator of the query language gets in.
  private static func quoted(_ word: Substring) -> String {
    "\"" + word.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }

  /// Some sixty characters around the first place where `word` stands.
  private static func snippet(of body: ItemBody, around word: String) -> String {
    let texts = body.question.values.sorted() + body.explanation.values.sorted()
    let hit = texts.first { SearchText.fold($0).contains(word) } ?? texts.first ?? ""
    guard let range = hit.range(of: word, options: [.caseInsensitive, .widthInsensitive]) else {
      return String(hit.prefix(60))
    }
    let start = hit.index(range.lowerBound, offsetBy: -20, limitedBy: hit.startIndex)
    let end = hit.index(range.upperBound, offsetBy: 40, limitedBy: hit.endIndex)
    let (from, to) = (start ?? hit.startIndex, end ?? hit.endIndex)
    return (from > hit.startIndex ? "…" : "") + hit[from..<to] + (to < hit.endIndex ? "…" : "")
  }
}
