import ArgumentParser
import Foundation
import Satchel
import SatchelTraining

struct Tune: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Search for better hyperparameters, on validation learners alone.",
    discussion: """
      Example: satchel tune interactions.csv.gz --folds-file folds.csv --fold 0 --trials 16 --out trials.json

      The first trial is the default configuration, the others are drawn at random; the better half goes on to more epochs, twice.
      The learners of the test fold are left out from the start. Nothing is changed: a default is changed by hand, when it wins on
      several sets.
      """)

  @Argument(help: ArgumentHelp("Tables (.csv, .csv.gz) or stores.", valueName: "data"))
  var data: [String]

  @OptionGroup var choice: FoldOptions

  @Option(help: "Configurations, the default one among them; 2 to 1000.")
  var trials: Int = 12

  @Option(help: "Folds that judge the finalists, 1 to 4.")
  var validations: Int = 2

  @Option(help: "Of the draws and of the trainings.")
  var seed: UInt64 = 1

  @Option(help: "Epochs of the finalists at most.")
  var epochs: Int?

  @Option(help: ArgumentHelp("Write the trials as JSON.", valueName: "file"))
  var out: String?

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    try choice.requireFold()
    guard HyperparameterSearch.trialsRange.contains(trials) else {
      throw ValidationError("--trials takes 2 to 1000.")
    }
    guard (1...4).contains(validations) else {
      throw ValidationError("--validations takes 1 to 4.")
    }
    if let epochs, !(1...1000).contains(epochs) {
      throw ValidationError("--epochs takes 1 to 1000.")
    }
  }

  func run() async throws {
    let start = ContinuousClock.now
    let folds = try choice.folds()
    let rows = try TrainingData(paths: data, options: options).interactions
    var training = TrainingOptions()
    training.seed = seed
    training.epochs = epochs ?? training.epochs
    // Four trainings in place of one, which gain all configurations much the same.
    training.teachers = 0
    training.threads = ProcessInfo.processInfo.activeProcessorCount
    let search = HyperparameterSearch(options: training, trials: trials, seed: seed)
    let found = try search.run(
      rows, folds: folds, fold: choice.fold, validations: validations,
      note: { trial in
        options.note(
          options.say("trial", "试验")
            + " \(trial.number), \(trial.epochs): log loss "
            + String(format: "%.5f, AUC %.5f", trial.metrics.logLoss, trial.metrics.auc))
      }, isCancelled: { Task.isCancelled })
    let answer: JSON = [
      "trials": .array(found.map(\.json)), "best": found.first?.json ?? nil,
      "seconds": JSON(seconds: Times.seconds(since: start)),
    ]
    if let out { try WholeFile.write(Array((answer.text + "\n").utf8), to: out) }
    options.answer(answer) { lines(found) }
  }

  private func lines(_ trials: [HyperparameterSearch.Trial]) -> [String] {
    let names = Hyperparameter.all.map(\.name)
    var table = Table(
      [
        options.say("trial", "试验"), options.say("epochs", "轮次"), options.say("folds", "折"),
        "log loss", "AUC", "ECE",
      ] + names, rightAligned: Set(0..<6 + names.count))
    for trial in trials {
      func figure(_ value: Double) -> String { String(format: "%.5f", value) }
      table.add(
        row: [
          trial.number == 0 ? options.say("default", "默认") : "\(trial.number)",
          "\(trial.epochs)", "\(trial.judges)", figure(trial.metrics.logLoss),
          figure(trial.metrics.auc),
          figure(trial.metrics.ece),
        ] + Hyperparameter.all.map { String(format: "%.4g", $0.value(of: trial.options)) })
    }
    return table.lines(options.style)
  }
}

extension HyperparameterSearch.Trial {
  fileprivate var json: JSON {
    [
      "trial": .integer(number), "epochs": .integer(epochs), "folds": .integer(judges),
      "options": .object(
        Hyperparameter.all.map { ($0.name, .number($0.value(of: options))) }),
      "validation": metrics.json, "deviation": deviation.json, "seconds": JSON(seconds: seconds),
    ]
  }
}
