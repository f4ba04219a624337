import ArgumentParser
import Satchel
import SatchelStore

struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check the file, the chains, the signatures and what was folded from them.",
    discussion: "Example: satchel doctor --deep")

  @Flag(
    help:
      "Fold every learner anew first: the records stay, what was worked out from them is made again."
  )
  var rebuild = false

  @Flag(help: "Also every hash, every signature, and every folded row.")
  var deep = false

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let replica = try options.open()
    if rebuild { try replica.store.rebuildProjections() }
    var found = try replica.store.examine(deep ? .deep : .quick)
    if let problem = try replica.modelProblem() {
      found.problems.append(
        options.say("the built-in tutor serves: ", "正由内置导师提供服务：")
          + problem.message(in: options.language))
    }
    options.answer(found.json) {
      let verdict =
        found.isHealthy
        ? options.style.green(options.say("all is well", "一切正常"))
        : options.style.red(
          options.say("\(found.problems.count) problems", "\(found.problems.count) 个问题"))
      let counts = options.say(
        "\(found.records) records in \(found.streams) streams, \(found.learners) learners, \(found.items) items",
        "\(found.records) 条记录，\(found.streams) 条流，\(found.learners) 名学习者，\(found.items) 道题")
      let forks = options.say(
        "\(found.forks) branches that copies of a device wrote; nothing is lost, nothing to do",
        "\(found.forks) 条由设备副本写下的分支；没有丢失，无需处理")
      return ["\(verdict): \(counts)", found.fingerprint.description]
        + (found.forks > 0 ? [forks] : [])
        + found.problems.map { "• " + Table.printable($0) }
    }
    if !found.isHealthy { throw ExitCode(1) }
  }
}

extension Diagnosis {
  var json: JSON {
    [
      "ok": .bool(isHealthy), "records": .integer(records), "streams": .integer(streams),
      "learners": .integer(learners), "items": .integer(items),
      "forks": .integer(forks), "fingerprint": .string(fingerprint.description),
      "problems": .array(problems.map(JSON.string)),
    ]
  }
}
