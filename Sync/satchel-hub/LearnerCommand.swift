import ArgumentParser
import Foundation
import SatchelCore
import SatchelStore

struct LearnerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learner", abstract: "The learners of a class.",
    discussion: "Example: satchel-hub learner add --class 3B --name Mei",
    subcommands: [Add.self])

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Put a learner into a class.",
      discussion: """
        Example: satchel-hub learner add --class 3B --name Mei

        Her name is sealed in the hub's vault and never synced; devices know her by the id that this prints.
        """)

    @OptionGroup var options: HubOptions

    @Option(name: .customLong("class"), help: "The class.")
    var className: String

    @Option(help: "Her name; it is sealed in the hub's vault and never synced.")
    var name: String?

    @Option(help: "Her id, if she has one already: 32 hex digits.")
    var id: String?

    func validate() throws {
      if let id, LearnerID(hex: id) == nil { throw ValidationError("--id needs 32 hex digits") }
    }

    func run() throws {
      let (store, room) = (try options.openStore(), try ClassName(schoolText: className))
      let learner = id.flatMap { LearnerID(hex: $0) } ?? .random()
      // The class first: a class that is not there must leave nobody in the vault.
      try store.add(learner, to: room)
      if let name { try store.setName(name, of: learner) }
      Output.answer(
        Answer(learner: learner.description, name: name, className: room.text),
        learner.description)
    }

    private struct Answer: Encodable {
      var learner: String
      var name: String?
      var className: String

      private enum CodingKeys: String, CodingKey {
        case learner, name
        case className = "class"
      }
    }
  }
}

extension ClassName {
  /// A class's name as a keeper types it: in the composed form, so that one name is one class.
  init(schoolText text: String) throws(SatchelError) {
    try self.init(text.precomposedStringWithCanonicalMapping)
  }
}
