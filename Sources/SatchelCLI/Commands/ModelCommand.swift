import ArgumentParser
import Foundation
import Satchel
import SatchelStore

struct ModelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "The tutor's weights: which are here, which serve.",
    discussion: "Example: satchel model list",
    subcommands: [
      ModelList.self, ModelShow.self, ModelUse.self, ModelRollback.self, ModelPull.self,
    ])
}

struct ModelList: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the models of the store.",
    discussion: "Example: satchel model list --json")

  @OptionGroup var options: GlobalOptions

  func run() async throws { try ModelAnswer(options).list(try options.open()) }
}

struct ModelShow: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one model, and what its trial said.",
    discussion: "Example: satchel model show stable/2")

  @Argument(help: "Its id or channel/version; else the active one.")
  var model: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let models = try options.open().models()
    let found =
      if let model { try ModelAnswer.find(model, in: models) } else {
        models.first(where: \.isActive)
      }
    options.answer(found?.json ?? ["id": nil, "channel": "built-in", "active": .bool(true)]) {
      guard let found else { return [options.say("The built-in baseline serves.", "使用内置基线模型。")] }
      return ["\(found.channel)/\(found.version)  \(found.byteCount) bytes  \(found.sha256)"]
        + (found.trial.map {
          [
            "trial on \($0.answers) answers: log loss \($0.candidateLogLoss), before \($0.currentLogLoss)"
          ]
        } ?? [])
    }
  }
}

struct ModelUse: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "use", abstract: "Make a model the active one: one that is here, or a file.",
    discussion: "Example: satchel model use trained.safetensors")

  @Argument(help: "Its id, channel/version, or a model file.")
  var model: String

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let replica = try options.open()
    if FileManager.default.fileExists(atPath: model) {
      try replica.installModel(at: URL(fileURLWithPath: model))
    } else if model.hasSuffix(".safetensors") {
      throw SatchelError(.fileMissing, subject: model)
    } else {
      let found = try ModelAnswer.find(model, in: try replica.models())
      try replica.useModel(found.id)
    }
    try ModelAnswer(options).list(replica)
  }
}

struct ModelRollback: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Go back to the model that served before, or to the built-in one.",
    discussion: "Example: satchel model rollback")

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let replica = try options.open()
    try replica.rollBackModel()
    try ModelAnswer(options).list(replica)
  }
}

struct ModelPull: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Fetch the channel's newest model: a round of sync, which brings it.",
    discussion: "Example: satchel model pull http://127.0.0.1:8090 --channel pilot")

  @Argument(help: "The hub; else the one that was met last.")
  var url: String?

  @OptionGroup var hub: HubOptions
  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let report = try await hub.round(of: try options.open(), with: url, options)
    report.answer(options)
    if !report.converged { throw ExitCode(1) }
  }
}

/// Models of a store, found and shown.
struct ModelAnswer {
  private let options: GlobalOptions

  init(_ options: GlobalOptions) { self.options = options }

  /// By id, or by `channel/version`.
  static func find(_ text: String, in models: [ModelVersion]) throws(SatchelError) -> ModelVersion {
    let found = models.first { "\($0.id)" == text || "\($0.channel)/\($0.version)" == text }
    guard let found else { throw SatchelError(.modelUnknown, subject: text) }
    return found
  }

  func list(_ replica: Replica) throws {
    let models = try replica.models()
    let active = models.first(where: \.isActive)
    options.answer([
      "active": JSON(active.map { Int($0.id) }), "versions": .array(models.map(\.json)),
    ]) {
      var table = Table(
        ["", "id", "channel", "version", "bytes", "installed"], rightAligned: [1, 3, 4])
      for model in models {
        table.add(
          model.isActive ? "*" : model.isPrevious ? "-" : "", "\(model.id)", model.channel,
          "\(model.version)", "\(model.byteCount)", Times.text(model.installedMilliseconds))
      }
      let builtIn = options.say("The built-in baseline serves.", "使用内置基线模型。")
      return (models.isEmpty ? [] : table.lines(options.style)) + (active == nil ? [builtIn] : [])
    }
  }
}

extension ModelVersion {
  var json: JSON {
    [
      "id": .integer(Int(id)), "channel": .string(channel), "version": .integer(version),
      "sha256": .string(sha256), "bytes": .integer(byteCount),
      "installed": Times.json(installedMilliseconds), "active": .bool(isActive),
      "previous": .bool(isPrevious),
      "trial": trial?.json ?? nil,
    ]
  }
}

extension ModelTrial {
  var json: JSON {
    [
      "answers": .integer(answers), "log_loss": .number(candidateLogLoss),
      "log_loss_before": .number(currentLogLoss), "passed": .bool(passed),
    ]
  }
}
