import ArgumentParser
import Foundation
import Satchel
import SatchelTraining
import SatchelTutor

struct Train: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train the tutor's model on tables of answers, or on stores.",
    discussion: """
      Example: satchel train interactions.csv.gz --out tutor.safetensors --folds-file folds.csv --fold 0

      With folds: test = K, validation = K+1 mod 5, train = the rest. Without: a tenth of the learners validates.
      """)

  @Argument(help: ArgumentHelp("Tables (.csv, .csv.gz) or stores.", valueName: "data"))
  var data: [String]

  @Option(help: ArgumentHelp("The model file to write.", valueName: "file"))
  var out: String

  @OptionGroup var choice: FoldOptions

  @OptionGroup var output: PredictionsOption

  @OptionGroup var cardOption: CardOption

  @Option(help: "At most this many passes over the data.")
  var epochs: Int?

  @Option(help: "The same seed and data give the same model.")
  var seed: UInt64 = 1

  @Option(help: "Threads; else as many as there are cores.")
  var threads: Int?

  @Option(
    help: "Networks of other seeds that are trained first; the one that is kept learns from them.")
  var teachers: Int?

  // Refused by name, for who reads Docs/cli.md of a later version.
  @Option(help: .hidden)
  var `private`: Double?

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    try choice.requireFold()
    if `private` != nil { throw ValidationError("--private is not in this version.") }
    if let epochs, !(1...1000).contains(epochs) {
      throw ValidationError("--epochs takes 1 to 1000.")
    }
    if let teachers, !(0...16).contains(teachers) {
      throw ValidationError("--teachers takes 0 to 16.")
    }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads takes 1 to 256.")
    }
  }

  func run() async throws {
    let start = ContinuousClock.now
    let folds = try choice.folds()
    var read = try TrainingData(paths: data, options: options)
    // A card is made of the rows as well; without, they need not stay.
    let rows = cardOption.card == nil ? [] : read.interactions
    let result = try trainer.train(
      read.takeInteractions(), folds: folds, fold: choice.fold,
      progress: { epoch, of, loss in
        options.note(
          options.say("epoch", "轮次") + " \(epoch)/\(of): log loss "
            + String(format: "%.4f", loss))
      }, isCancelled: { Task.isCancelled })
    let bytes = result.weights.encoded()
    try WholeFile.write(bytes, to: out)
    try output.write(result.predictions)
    let page = try cardOption.write {
      let judges = Set(result.predictions.map { rows[$0.row].learner })
      return try ModelCard(
        bytes: bytes, judgement: Judgement(result.weights, rows, onlyOf: judges),
        interactions: rows, split: choice.fold.map(ModelCard.Split.testFold) ?? .validation,
        sources: read.sources, options: result.report.options, seed: seed)
    }
    answer(result.report, card: page, seconds: Times.seconds(since: start))
  }

  /// Who says how much gets it, however long it takes.
  private var trainer: Trainer {
    epochs == nil && teachers == nil
      ? Trainer(options: trainingOptions)
      : Trainer(options: trainingOptions, visitsMax: .max)
  }

  private var trainingOptions: TrainingOptions {
    var chosen = TrainingOptions()
    if let epochs { chosen.epochs = epochs }
    if let teachers { chosen.teachers = teachers }
    chosen.seed = seed
    chosen.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    return chosen
  }

  private func answer(_ report: TrainingReport, card page: String?, seconds: Double) {
    options.answer([
      "model": .string(out), "bytes": .integer(report.bytes),
      "parameters": .integer(report.parameterCount), "train": report.train.json,
      "validation": report.validation.json, "test": report.test?.json ?? nil,
      "seconds": JSON(seconds: seconds), "epochs": .integer(report.epochs),
      "best_epoch": .integer(report.bestEpoch), "teachers": .integer(report.options.teachers),
      "cleaning": report.cleaning.json,
      "rounding_auc_loss": .number(report.roundingLoss), "card": JSON(page),
    ]) {
      var table = Metrics.table
      report.train.add(to: &table, options.say("train", "训练"))
      report.validation.add(to: &table, options.say("validation", "验证"))
      report.test?.add(to: &table, options.say("test", "测试"))
      return table.lines(options.style) + [
        options.say(
          "\(out): \(report.bytes) bytes, \(report.parameterCount) parameters, epoch \(report.bestEpoch) of \(report.epochs)",
          "\(out)：\(report.bytes) 字节，\(report.parameterCount) 个参数，第 \(report.bestEpoch)/\(report.epochs) 轮"
        )
      ] + (page.map { [$0] } ?? [])
    }
  }
}

extension CleaningReport {
  var json: JSON {
    [
      "rows": .integer(rows), "learners": .integer(learners), "items": .integer(items),
      "skills": .integer(skills), "duplicates": .integer(duplicates),
      "impossible_times": .integer(impossibleTimes), "backward_times": .integer(backwardTimes),
      "long_durations": .integer(longDurations),
      "duration_max_ms": .integer(Int(durationMaxMilliseconds)),
      "missing_times": .integer(missingTimes), "missing_durations": .integer(missingDurations),
      "missing_skills": .integer(missingSkills),
      "log_duration_mean": .number(logDurationMean),
      "log_duration_deviation": .number(logDurationDeviation),
    ]
  }
}
