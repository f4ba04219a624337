import ArgumentParser
import Satchel

struct FeedbackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "feedback", abstract: "Tell the tutor what a learner thinks of an item.",
    discussion: "Example: satchel feedback Mei add-within-20-01 --kind too-easy")

  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case skipped
    case tooEasy = "too-easy"
    case tooHard = "too-hard"
    case liked

    var value: Feedback.Kind {
      switch self {
      case .skipped: .skipped
      case .tooEasy: .tooEasy
      case .tooHard: .tooHard
      case .liked: .liked
      }
    }
  }

  @Argument(help: "Her pseudonym, her name, or the name that a file gave her.")
  var learner: String

  @Argument(help: "The item.")
  var item: String

  @Option(help: "What she thinks.")
  var kind: Kind

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let replica = try options.open()
    let receipt = try replica.feedback(
      kind.value, on: try ItemID(item), by: try replica.learner(learner))
    let json: JSON = [
      "stream": JSON(receipt.stream), "seq": .integer(Int(receipt.number)),
      "record": JSON(receipt.record),
    ]
    Output.standard.lineAtOnce(options.json ? json.text : receipt.record.description)
  }
}
