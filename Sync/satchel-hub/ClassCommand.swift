import ArgumentParser
import SatchelCore
import SatchelStore

struct ClassCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "class",
    abstract: "The classes of the school. With the first one the hub is closed.",
    discussion: """
      Example: satchel-hub class add 3B

      A closed hub takes no device that was not invited. Devices that came before keep what they had.
      """,
    subcommands: [Add.self, List.self])

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a class; harmless when it is there.",
      discussion: "Example: satchel-hub class add 3B")

    @OptionGroup var options: HubOptions

    @Argument(help: "Its name: 1 to 64 bytes.")
    var name: String

    func run() throws {
      let name = try ClassName(schoolText: name)
      let isNew = try options.openStore().addClass(name, at: wallMilliseconds())
      Output.answer(
        Answer(name: name.text, created: isNew),
        isNew
          ? Output.say("made class \(name)", "已建立班级 \(name)")
          : Output.say("class \(name) is there already", "班级 \(name) 已存在"))
    }

    private struct Answer: Encodable {
      var name: String
      var created: Bool

      private enum CodingKeys: String, CodingKey {
        case created
        case name = "class"
      }
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the classes.", discussion: "Example: satchel-hub class list --json")

    @OptionGroup var options: HubOptions

    func run() throws {
      let classes = try options.openStore().classes()
      let lines = classes.map {
        Output.say("\($0.name)  \($0.learners) learners", "\($0.name)  \($0.learners) 名学习者")
      }
      Output.answer(
        Answer(classes: classes.map { Line(name: $0.name.text, learners: $0.learners) }),
        lines.isEmpty ? Output.say("no classes", "没有班级") : lines.joined(separator: "\n"))
    }

    private struct Answer: Encodable {
      var classes: [Line]
    }

    private struct Line: Encodable {
      var name: String
      var learners: Int

      private enum CodingKeys: String, CodingKey {
        case learners
        case name = "class"
      }
    }
  }
}
