import ArgumentParser
import Foundation
import Satchel
import SatchelTraining

struct FeaturesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "features",
    abstract: "Say what each input of a model is worth.",
    discussion: """
      Examples:
        satchel features tutor.safetensors interactions.csv.gz --folds-file folds.csv --fold 0
        satchel features tutor.safetensors interactions.csv.gz --folds-file folds.csv --fold 0 --drop

      Each input, and each group, is shuffled among the rows three times: what the log loss gains is what the model leans on it.
      With folds the fold after the test fold judges, for features are not to be chosen by the test.
      """)

  @Argument(
    help: ArgumentHelp("The model, then tables (.csv, .csv.gz) or stores.", valueName: "file"))
  var files: [String]

  @OptionGroup var choice: FoldOptions

  @Flag(help: "Train anew without each group, too: one training a group and two with all.")
  var drop = false

  @Option(help: "Of the shuffles and of the trainings.")
  var seed: UInt64 = 1

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    try choice.requireFold()
    if files.count < 2 { throw ValidationError("Name a model and data.") }
  }

  func run() async throws {
    let start = ContinuousClock.now
    let weights = try Weights(bytes: try ModelFile.read(files[0]))
    let folds = try choice.folds()
    let rows = try TrainingData(paths: Array(files.dropFirst()), options: options).interactions
    let bar = options.progressBar(options.say("shuffling", "打乱"), unit: "rows")
    let importance = try Importance(
      weights, rows, folds: folds, fold: choice.fold, seed: seed, progress: bar.update,
      isCancelled: { Task.isCancelled })
    bar.finish()
    let dropping = drop ? try dropped(rows, folds) : nil
    options.answer([
      "model": .string(files[0]), "rows": .integer(importance.rows),
      "log_loss": .number(importance.logLoss), "auc": .number(importance.auc),
      "features": .array(importance.features.map(\.json)),
      "groups": .array(importance.groups.map(\.json)), "dropping": dropping?.json ?? nil,
      "seconds": JSON(seconds: Times.seconds(since: start)),
    ]) {
      lines(importance) + (dropping.map(lines) ?? [])
    }
  }

  private func dropped(_ rows: [Interaction], _ folds: [String: Int]?) throws -> Dropping {
    var training = TrainingOptions()
    training.seed = seed
    // Four trainings in place of one, which gain all configurations much the same.
    training.teachers = 0
    training.threads = ProcessInfo.processInfo.activeProcessorCount
    return try Dropping(
      rows, folds: folds, fold: choice.fold, options: training,
      progress: { group in
        options.note(
          group.map { options.say("training without \($0)", "训练，不用 \($0)") }
            ?? options.say("training with all", "训练，全部特征"))
      }, isCancelled: { Task.isCancelled })
  }

  private func lines(_ importance: Importance) -> [String] {
    var table = Table(
      [
        options.say("input", "输入"), options.say("group", "组"),
        options.say("log loss +", "对数损失 +"), "AUC -",
      ], rightAligned: [2, 3])
    for effect in importance.groups.sorted(by: { $0.logLossIncrease > $1.logLossIncrease }) {
      table.add(
        options.say("all of it", "整组"), effect.inputs.name, Self.figure(effect.logLossIncrease),
        Self.figure(effect.aucDecrease))
    }
    for effect in importance.features.sorted(by: { $0.logLossIncrease > $1.logLossIncrease }) {
      table.add(
        effect.inputs.name, "\(effect.inputs.group)", Self.figure(effect.logLossIncrease),
        Self.figure(effect.aucDecrease))
    }
    return table.lines(options.style)
  }

  private func lines(_ dropping: Dropping) -> [String] {
    var table = Table(
      [options.say("trained without", "训练时不用"), "AUC", "AUC -", "log loss", "log loss +"],
      rightAligned: [1, 2, 3, 4])
    table.add(
      "–", Self.figure(dropping.whole.auc), "", Self.figure(dropping.whole.logLoss), "")
    table.add(
      options.say("nothing, next seed", "无，另一种子"), Self.figure(dropping.otherSeed.auc),
      Self.figure(dropping.whole.auc - dropping.otherSeed.auc),
      Self.figure(dropping.otherSeed.logLoss),
      Self.figure(dropping.otherSeed.logLoss - dropping.whole.logLoss))
    for effect in dropping.groups {
      table.add(
        effect.inputs.name, Self.figure(effect.metrics.auc), Self.figure(effect.aucDecrease),
        Self.figure(effect.metrics.logLoss), Self.figure(effect.logLossIncrease))
    }
    return [""] + table.lines(options.style)
  }

  private static func figure(_ value: Double) -> String { String(format: "%.5f", value) }
}

extension Importance.Effect {
  fileprivate var json: JSON {
    [
      "name": .string(inputs.name), "group": .string("\(inputs.group)"),
      "log_loss_increase": .number(logLossIncrease), "auc_decrease": .number(aucDecrease),
    ]
  }
}

extension Dropping {
  fileprivate var json: JSON {
    [
      "all": whole.json, "other_seed": otherSeed.json,
      "without": .array(
        groups.map { effect in
          [
            "group": .string(effect.inputs.name), "validation": effect.metrics.json,
            "log_loss_increase": .number(effect.logLossIncrease),
            "auc_decrease": .number(effect.aucDecrease),
          ]
        }),
    ]
  }
}
