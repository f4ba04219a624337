import ArgumentParser
import Foundation
import Satchel
import SatchelTraining

struct Evaluate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judge a model on data, or the way of training by cross-validation.",
    discussion: """
      Examples:
        satchel evaluate tutor.safetensors interactions.csv.gz --folds-file folds.csv --fold 0
        satchel evaluate tutor.safetensors interactions.csv.gz --card card
        satchel evaluate interactions.csv.gz --cross-validate 5 --folds-file folds.csv

      Each answer is foretold from the learner's earlier ones alone. Cross-validation trains its own models and takes none.
      """)

  @Argument(
    help: ArgumentHelp("The model, then tables (.csv, .csv.gz) or stores.", valueName: "file"))
  var files: [String]

  @OptionGroup var choice: FoldOptions

  @OptionGroup var output: PredictionsOption

  @OptionGroup var cardOption: CardOption

  @Option(
    help: ArgumentHelp(
      "Train and test so many times, 3 to 10; 5 with a folds file.", valueName: "folds"))
  var crossValidate: Int?

  @Option(help: "Of the cross-validation's trainings, and of a card's samples.")
  var seed: UInt64 = 1

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard let crossValidate else {
      if files.count < 2 { throw ValidationError("Name a model and data.") }
      return try choice.requireFold()
    }
    guard CrossValidation.foldsRange.contains(crossValidate) else {
      throw ValidationError("--cross-validate takes 3 to 10.")
    }
    guard choice.fold == nil, output.predictions == nil, cardOption.card == nil else {
      throw ValidationError(
        "--cross-validate tests every fold, and writes no predictions and no card.")
    }
    if choice.foldsFile != nil, crossValidate != 5 {
      throw ValidationError("With --folds-file, --cross-validate takes 5.")
    }
  }

  func run() async throws {
    let start = ContinuousClock.now
    if let crossValidate { return try validateAcross(crossValidate, since: start) }
    let model = files[0]
    let bytes = try ModelFile.read(model)
    let weights = try Weights(bytes: bytes)
    let folds = try choice.folds()
    let data = try TrainingData(paths: Array(files.dropFirst()), options: options)
    let judgement = try Judgement(weights, data.interactions, folds: folds, fold: choice.fold)
    try output.write(judgement.predictions)
    let page = try cardOption.write {
      try ModelCard(
        bytes: bytes, judgement: judgement, interactions: data.interactions,
        split: choice.fold.map(ModelCard.Split.testFold) ?? .all, sources: data.sources,
        seed: seed)
    }
    let gain = PersonalGain(judgement.predictions, of: data.interactions)
    options.answer([
      "model": .string(model), "bytes": .integer(bytes.count), "test": judgement.metrics.json,
      "personal": gain.json, "seconds": JSON(seconds: Times.seconds(since: start)),
      "card": JSON(page),
    ]) {
      var table = Metrics.table
      judgement.metrics.add(to: &table, options.say("test", "测试"))
      return table.lines(options.style) + [said(of: gain)] + (page.map { [$0] } ?? [])
    }
  }

  private func said(of gain: PersonalGain) -> String {
    let with = String(format: "%.4f", gain.logLossWith)
    let worst = String(format: "%.2f", gain.worst)
    return options.say(
      "with each learner's personal bias: log loss \(with); at worst it costs a learner \(worst) nats",
      "加上个人偏差：对数损失 \(with)；最坏时使某学习者多 \(worst) 奈特")
  }

  private func validateAcross(_ folds: Int, since start: ContinuousClock.Instant) throws {
    let rows = try TrainingData(paths: files, options: options).interactions
    var training = TrainingOptions()
    training.seed = seed
    training.threads = ProcessInfo.processInfo.activeProcessorCount
    let result = try CrossValidation(options: training, folds: folds).run(
      rows, folds: try choice.folds(),
      note: { options.note("fold \($0): AUC \(String(format: "%.4f", $1.auc))") },
      isCancelled: { Task.isCancelled })
    options.answer([
      "test": result.mean.json, "deviation": result.deviation.json,
      "folds": .array(result.rounds.map(\.json)),
      "seconds": JSON(seconds: Times.seconds(since: start)),
    ]) {
      var table = Metrics.table
      for (fold, metrics) in result.rounds.enumerated() { metrics.add(to: &table, "\(fold)") }
      result.mean.add(to: &table, options.say("mean", "平均"))
      result.deviation.add(to: &table, options.say("deviation", "标准差"))
      return table.lines(options.style)
    }
  }
}

enum ModelFile {
  static let bytesMax = 64 << 20

  static func read(_ path: String) throws(SatchelError) -> [UInt8] {
    let bytes = try FileStart.read(path, count: bytesMax + 1)
    guard bytes.count <= bytesMax else { throw SatchelError(.inputTooLarge, subject: path) }
    return bytes
  }
}

extension PersonalGain {
  fileprivate var json: JSON {
    [
      "learners": .integer(learners), "log_loss_without": .number(logLossWithout),
      "log_loss_with": .number(logLossWith), "worst": .number(worst),
    ]
  }
}
