import ArgumentParser
import Foundation
import Satchel

struct Next: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a learner should do now, and why.",
    discussion: "Example: satchel next Mei -n 5 --explain --goal add-fractions-unlike")

  @Argument(help: "Her pseudonym, her name, or the name that a file gave her.")
  var learner: String

  @Option(name: [.customShort("n"), .customLong("limit")], help: "At most this many.")
  var limit = 10

  @Flag(help: "Show the reasons.")
  var explain = false

  @Option(help: ArgumentHelp("A skill that she wants to reach.", valueName: "skill"))
  var goal: String?

  @Option(help: ArgumentHelp("Instead of now, ISO 8601.", valueName: "time"))
  var at: Moment?

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard (1...10_000).contains(limit) else { throw ValidationError("-n takes 1 to 10000.") }
  }

  func run() async throws {
    let replica = try options.open()
    let id = try replica.learner(learner)
    let goal = try self.goal.map { try SkillID($0) }
    let start = ContinuousClock.now
    let found = try replica.recommend(for: id, limit: limit, goal: goal, at: at?.date)
    let milliseconds = Times.seconds(since: start) * 1000
    let words = RecommendationWords(replica, options.language)
    if options.json {
      let all = try found.map { try words.json($0) }
      let json: JSON = [
        "recommendations": .array(all), "milliseconds": JSON(seconds: milliseconds),
      ]
      Output.standard.line(json.text)
    } else {
      for line in try words.lines(found, explain: explain, options.style) {
        Output.standard.line(line)
      }
    }
  }
}

/// Recommendations in words.
struct RecommendationWords {
  private let replica: Replica
  private let language: Language

  init(_ replica: Replica, _ language: Language) {
    self.replica = replica
    self.language = language
  }

  func json(_ recommendation: Recommendation) throws -> JSON {
    let title = try title(recommendation.item)
    let reasons = try recommendation.reasons.map { try reasonJSON($0) }
    return [
      "item": JSON(recommendation.item), "title": .string(title),
      "score": .number(recommendation.score),
      "p_correct": .number(recommendation.probabilityCorrect),
      "due": Times.json(recommendation.dueMilliseconds), "reasons": .array(reasons),
    ]
  }

  private func reasonJSON(_ reason: Reason) throws -> JSON {
    [
      "code": .string(reason.code.rawValue), "weight": .number(reason.weight),
      "text": .string(try sentence(reason)),
    ]
  }

  func lines(_ recommendations: [Recommendation], explain: Bool, _ style: Style) throws -> [String]
  {
    guard !recommendations.isEmpty else {
      return [language == .chinese ? "没有可做的题目。" : "There is nothing to do yet."]
    }
    var table = Table(head, rightAligned: [0, 2])
    let columns = max(20, Screen.width - 50)
    for (index, recommendation) in recommendations.enumerated() {
      table.add(
        "\(index + 1)", recommendation.item.text, percent(recommendation.probabilityCorrect),
        Times.day(recommendation.dueMilliseconds),
        Table.clipped(try title(recommendation.item), columns: columns))
    }
    let rows = table.lines(style)
    guard explain else { return rows }
    var lines = [rows[0]]
    for (row, recommendation) in zip(rows.dropFirst(), recommendations) {
      lines.append(row)
      for reason in recommendation.reasons {
        lines.append("   • \(Table.printable(try sentence(reason)))")
      }
    }
    return lines
  }

  var itemHead: String { head[1] }
  var skillHead: String { language == .chinese ? "技能" : "skill" }
  var gainHead: String { language == .chinese ? "预计提高" : "gain" }

  private var head: [String] {
    language == .chinese ? ["#", "题目", "答对", "复习", "内容"] : ["#", "item", "right", "due", "title"]
  }

  /// The question; the key for an item that no pack describes.
  private func title(_ item: ItemID) throws -> String {
    let text = try replica.item(item)?.question.text(in: language) ?? ""
    return text.isEmpty ? item.text : text
  }

  func sentence(_ reason: Reason) throws -> String {
    try replica.sentence(reason, in: language)
  }
}
