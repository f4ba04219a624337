import ArgumentParser
import Foundation
import Satchel

struct LearnerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "learner",
    abstract: "Learners: pseudonyms, and names that stay in this store's vault.",
    discussion: "Example: satchel learner add --name Mei",
    subcommands: [LearnerAdd.self, LearnerList.self, LearnerShow.self])
}

struct LearnerAdd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "add", abstract: "Add a learner.",
    discussion: "Example: satchel learner add --name Mei --json")

  @Option(help: "Her name; it is sealed in the vault and never synced.")
  var name: String?

  @Option(
    help: ArgumentHelp("Her pseudonym, if she has one elsewhere: 32 hex digits.", valueName: "hex"))
  var id: String?

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if let id, LearnerID(hex: id) == nil { throw ValidationError("--id needs 32 hex digits.") }
  }

  func run() async throws {
    let learner = try options.open().addLearner(named: name, id: id.flatMap { LearnerID(hex: $0) })
    options.answer(["learner": JSON(learner), "name": JSON(name)]) {
      [name.map { "\(learner)  \(Table.printable($0))" } ?? learner.description]
    }
  }
}

struct LearnerList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List everybody.",
    discussion: "Example: satchel learner list --json")

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let replica = try options.open()
    let learners = try replica.learners()
    if options.json {
      Output.standard.line(JSON.array(learners.map(\.json)).text)
      return
    }
    var table = Table(
      [options.say("learner", "学习者"), options.say("records", "记录"), options.say("name", "姓名")],
      rightAligned: [1])
    for learner in learners {
      let count = try replica.recordCount(of: learner.id)
      table.add(learner.id.description, "\(count)", learner.name ?? "")
    }
    for line in table.lines(options.style) { Output.standard.line(line) }
  }
}

struct LearnerShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one learner.",
    discussion: "Example: satchel learner show Mei")

  @Argument(help: "Her pseudonym, her name, or the name that a file gave her.")
  var learner: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let replica = try options.open()
    let id = try replica.learner(learner)
    let name = try replica.learners().first { $0.id == id }?.name
    let count = try replica.recordCount(of: id)
    options.answer(
      ["learner": JSON(id), "name": JSON(name), "records": .integer(count)]
    ) {
      ["\(id)  \(Table.printable(name ?? ""))  \(count) \(options.say("records", "条记录"))"]
    }
  }
}

extension Learner {
  var json: JSON { ["learner": JSON(id), "name": JSON(name)] }
}
