import Foundation
import Satchel
import SatchelImport
import SatchelTraining

/// Answers one history after another.
struct RankingDesk {
  private let items: ItemCatalogue
  private var ranker: NeighbourRanker
  private let top: Int

  init(_ model: Neighbours, top: Int) {
    items = model.items
    ranker = NeighbourRanker(model)
    self.top = top
  }

  /// `{"user","items"}`; ids are written as the line wrote its own, and `unknown` says how many of them the model never saw.
  mutating func answer(_ line: HistoryLine) -> JSON {
    let history = line.history.compactMap(items.place)
    let best = ranker.rank(history, limit: top)
    var members: [(String, JSON)] = [
      ("user", Self.json(line.user)),
      ("items", .array(best.map { json(items.ids[Int($0)], asText: line.hasTexts) })),
    ]
    let unknown = line.history.count - history.count
    if unknown > 0 { members.append(("unknown", .integer(unknown))) }
    return .object(members)
  }

  private func json(_ item: ItemID, asText: Bool) -> JSON {
    guard items.areNumbers, !asText, let number = Int(item.text) else { return JSON(item) }
    return .integer(number)
  }

  private static func json(_ name: HistoryLine.Name) -> JSON {
    switch name {
    case .none: .null
    case .number(let number): .integer(number)
    case .text(let text): .string(text)
    }
  }
}

/// Reads a file of learners with a bar.
enum LearnerSequences {
  static func read(_ path: String, options: GlobalOptions) throws -> ItemSequences {
    let bar = options.progressBar(options.say("reading", "读取"), unit: "learners")
    var gathering = ItemSequences.Gathering()
    var count = 0
    try LearnersFile(path: path).read { name, items in
      gathering.add(name, items)
      count += 1
      guard count.isMultiple(of: 1024) else { return }
      try Task.checkCancellation()
      bar.update(count)
    }
    bar.update(count)
    bar.finish()
    return gathering.sequences()
  }
}

/// Standard input, block by block. What was answered is shown before more is waited for.
struct StandardInput: LineSource {
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SatchelError) -> Int {
    Output.standard.flush()
    while true {
      let count = Foundation.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw SatchelError(
          .fileUnreadable, subject: "stdin", cause: String(cString: strerror(errno)))
      }
      return count
    }
  }
}
