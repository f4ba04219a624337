import ArgumentParser
import Satchel
import SatchelStore

struct Records: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the journal: one JSON object a line.",
    discussion: "Example: satchel records --learner Mei | tail -n 3")

  @Option(help: "Only hers.")
  var learner: String?

  @Flag(help: "Only the ids, one a line.")
  var ids = false

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let replica = try options.open()
    let id = try learner.map { try replica.learner($0) }
    try replica.store.forEachRecord(of: id) { placed in
      if Task.isCancelled { throw SatchelError(.cancelled) }
      for record in placed {
        Output.standard.line(ids ? record.record.id.description : record.json.text)
      }
    }
  }
}

extension PlacedRecord {
  /// What a kind of record does not have is left out.
  var json: JSON {
    let common: [(String, JSON)] = [
      ("record", JSON(record.id)), ("stream", JSON(stream)), ("seq", .integer(Int(number))),
      ("learner", JSON(record.learner)), ("kind", .string(record.event.kindName)),
      ("item", JSON(record.event.item?.text)),
      ("skills", .array(record.event.skills.map { JSON($0) })),
    ]
    let own = record.event.jsonMembers
    return .object(
      common + own + [
        ("time", .string(Times.exactText(record.wallMilliseconds))),
        ("recorded", .string(Times.exactText(record.time.milliseconds))),
        ("replica", JSON(record.author)),
      ])
  }
}

extension Event {
  var kindName: String {
    switch self {
    case .attempt: "attempt"
    case .view: "view"
    case .feedback: "feedback"
    case .setting: "setting"
    case .anchor: "anchor"
    }
  }

  fileprivate var jsonMembers: [(String, JSON)] {
    switch self {
    case .attempt(let attempt):
      [
        ("correct", .bool(attempt.isCorrect)),
        ("score", JSON(attempt.scorePermille.map { Double($0) / 1000 })),
        ("duration_ms", JSON(attempt.durationMilliseconds.map { Int($0) })),
      ]
    case .view(let view): [("duration_ms", JSON(view.durationMilliseconds.map { Int($0) }))]
    case .feedback(let feedback): [("feedback", .string(feedback.kind.name))]
    case .setting(let setting): [("name", .string(setting.name))]
    case .anchor(let anchor):
      [
        ("session", .integer(Int(anchor.session))),
        ("offset_ms", .integer(Int(anchor.offsetMilliseconds))),
      ]
    }
  }
}

extension Feedback.Kind {
  var name: String {
    switch self {
    case .skipped: "skipped"
    case .tooEasy: "too-easy"
    case .tooHard: "too-hard"
    case .liked: "liked"
    }
  }
}
