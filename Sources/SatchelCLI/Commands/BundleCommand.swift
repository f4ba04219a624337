import ArgumentParser
import Foundation
import Satchel

struct BundleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle",
    abstract: "The same round through a file, for a stick: where there is no network.",
    discussion: """
      Example:
        satchel bundle write /media/stick/lessons.satchelbundle
        satchel bundle read /media/stick/lessons.satchelbundle
      """,
    subcommands: [Write.self, Read.self])

  struct Write: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write all that this store holds to a file.",
      discussion: "Example: satchel bundle write /media/stick/lessons.satchelbundle")

    @Argument(help: "The file; more than 2 GiB go on in FILE.2, FILE.3 and so on.")
    var file: String

    @Flag(help: "Only what came since the last bundle of that name.")
    var sinceLast = false

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let replica = try options.open()
      var choices = BundleOptions()
      choices.sinceLast = sinceLast
      let bar = options.progressBar(
        options.say("writing", "写出"), unit: options.say("records", "条记录"))
      let report = try replica.writeBundle(to: URL(fileURLWithPath: file), options: choices) {
        bar.update($0.recordsSent)
      }
      bar.finish()
      options.answer(report.json(written: true)) {
        let round = report.round
        return [
          options.say(
            "written: \(round.recordsSent) records, \(round.bytesSent) bytes; it is safe to pull the stick out once it is ejected",
            "已写出 \(round.recordsSent) 条记录，\(round.bytesSent) 字节；弹出后即可拔下 U 盘")
        ]
      }
    }
  }

  struct Read: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a bundle: all of its records, or none.",
      discussion: """
        Example: satchel bundle read /media/stick/lessons.satchelbundle

        Records of the other side are here afterwards; those of this side get there by a bundle written back.
        """)

    @Argument(help: "The file; FILE.2 and so on are read with it.")
    var file: String

    @Option(help: "The line of model versions to follow.")
    var channel = "stable"

    @OptionGroup var options: GlobalOptions

    func run() async throws {
      let replica = try options.open()
      var choices = BundleOptions()
      choices.channel = channel
      let bar = options.progressBar(
        options.say("reading", "读入"), unit: options.say("records", "条记录"))
      let report = try await replica.readBundle(at: URL(fileURLWithPath: file), options: choices) {
        bar.update($0.recordsReceived)
      }
      bar.finish()
      for error in report.refused { options.note(error.message(in: options.language)) }
      options.answer(report.json(written: false)) { lines(report) }
    }

    private func lines(_ report: BundleReport) -> [String] {
      let round = report.round
      let state = state(report)
      let count = options.say(
        "\(round.recordsReceived) new records", "新增 \(round.recordsReceived) 条记录")
      var lines = ["\(state): \(count)"]
      if round.model.changed {
        let name = "\(round.model.channel) \(round.model.version)"
        lines.append(options.say("new model: \(name)", "新模型：\(name)"))
      }
      return lines + round.packs.map { options.say("new pack: \($0)", "新课程包：\($0)") }
    }
  }
}

extension BundleCommand.Read {
  private func state(_ report: BundleReport) -> String {
    if report.round.converged {
      return options.style.green(options.say("in step with the writer", "已与写出方一致"))
    }
    return options.style.yellow(
      report.isBehind
        ? options.say(
          "taken, but the writer holds more: ask for a bundle without --since-last",
          "已读入，但写出方的记录更多：请对方不带 --since-last 重新写一个")
        : options.say(
          "taken; the two sides do not hold the same yet: write a bundle back",
          "已读入；双方的记录尚不一致，请再写一个带回去"))
  }
}

extension BundleReport {
  /// As of `sync`; after reading also whether the writer holds more, and what was refused.
  func json(written: Bool) -> JSON {
    guard !written, case .object(let members) = round.json else { return round.json }
    let errors = refused.map { error -> JSON in
      ["code": .string(error.code.rawValue), "subject": .string(error.subject)]
    }
    return .object(members + [("behind", .bool(isBehind)), ("refused", .array(errors))])
  }
}
