import ArgumentParser
import Satchel

struct Search: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Search content, in any script; one character is enough.",
    discussion: "Example: satchel search 分数 --lang zh --limit 5")

  @Argument(help: "Words that an item must hold, all of them.")
  var text: String

  @Option(name: [.customShort("n"), .customLong("limit")], help: "At most this many.")
  var limit = 20

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard (1...10_000).contains(limit) else { throw ValidationError("--limit takes 1 to 10000.") }
  }

  func run() async throws {
    let hits = try options.open().search(text, in: options.language, limit: limit)
    options.answer(["hits": .array(hits.map(\.json))]) {
      hits.map { hit in
        let snippet = Table.clipped(hit.snippet, columns: max(20, Screen.width - 4))
        return options.style.bold(hit.item.text) + "  " + Table.printable(hit.title)
          + (snippet.isEmpty ? "" : "\n    " + options.style.dim(snippet))
      }
    }
    if hits.isEmpty { options.note(options.say("Nothing was found.", "没有找到。")) }
  }
}

extension SearchResult {
  var json: JSON {
    ["item": JSON(item), "title": .string(title), "snippet": .string(snippet)]
  }
}
