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
        satchel evaluate interactions.csv.gz --cross-validate 5

      Each answer is foretold from the learner's earlier ones alone. Cross-validation trains its own models and takes none.
      """)

  @Argument(
    help: ArgumentHelp("The model, then tables (.csv, .csv.gz) or stores.", valueName: "file"))
  var files: [String]

  @OptionGroup var choice: DataOptions

  @Option(help: ArgumentHelp("Train and test 5 times over; only 5 is offered.", valueName: "folds"))
  var crossValidate: Int?

  @Option(help: "Of the cross-validation's trainings.")
  var seed: UInt64 = 1

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if let crossValidate {
      guard crossValidate == CrossValidation.folds else {
        throw ValidationError("--cross-validate takes 5.")
      }
      guard choice.fold == nil, choice.predictions == nil else {
        throw ValidationError("--cross-validate tests every fold, and writes no predictions.")
      }
    } else if files.count < 2 {
      throw ValidationError("Name a model and data.")
    }
  }

  func run() async throws {
    let start = ContinuousClock.now
    guard crossValidate == nil else { return try validateAcross(since: start) }
    let model = files[0]
    let bytes = try ModelFile.read(model)
    let weights = try Weights(bytes: bytes)
    let folds = try choice.folds()
    let rows = try TrainingData(paths: Array(files.dropFirst()), options: options).interactions
    let result = try evaluate(weights, interactions: rows, folds: folds, fold: choice.fold)
    try choice.write(result.predictions)
    options.answer([
      "model": .string(model), "bytes": .integer(bytes.count), "test": result.metrics.json,
      "seconds": JSON(seconds: Times.seconds(since: start)),
    ]) {
      var table = Metrics.table
      result.metrics.add(to: &table, options.say("test", "测试"))
      return table.lines(options.style)
    }
  }

  private func validateAcross(since start: ContinuousClock.Instant) throws {
    let rows = try TrainingData(paths: files, options: options).interactions
    var training = TrainingOptions()
    training.seed = seed
    training.threads = ProcessInfo.processInfo.activeProcessorCount
    let all = try CrossValidation(options: training).run(rows, folds: try choice.folds()) {
      options.note("fold \($0): AUC \(String(format: "%.4f", $1.auc))")
    }
    let mean = CrossValidation.mean(all)
    options.answer([
      "test": mean.json, "folds": .array(all.map(\.json)),
      "seconds": JSON(seconds: Times.seconds(since: start)),
    ]) {
      var table = Metrics.table
      for (fold, metrics) in all.enumerated() { metrics.add(to: &table, "\(fold)") }
      mean.add(to: &table, options.say("mean", "平均"))
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
