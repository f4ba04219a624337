import ArgumentParser
import Foundation
import Satchel
import SatchelImport
import SatchelStore
import SatchelTraining

/// Which learners test, and which choose.
struct FoldOptions: ParsableArguments {
  @Option(help: ArgumentHelp("A table learner,fold with folds 0 to 4.", valueName: "file"))
  var foldsFile: String?

  @Option(
    help: "Test on this fold; the next one chooses when to stop, the others are learned from.")
  var fold: Int?

  func validate() throws {
    if fold != nil, foldsFile == nil {
      throw ValidationError("--folds-file and --fold go together.")
    }
    if let fold, !(0...4).contains(fold) { throw ValidationError("--fold takes 0 to 4.") }
  }

  /// For commands that look at one fold.
  func requireFold() throws {
    guard (foldsFile == nil) == (fold == nil) else {
      throw ValidationError("--folds-file and --fold go together.")
    }
  }

  /// The folds of learners, by the names of the data and by their pseudonyms, which stores know them by.
  func folds() throws -> [String: Int]? {
    guard let foldsFile else { return nil }
    let named = try FoldsFile.read(path: foldsFile)
    var folds = named
    for (name, fold) in named { folds[LearnerID(external: name).description] = fold }
    return folds
  }
}

/// Where predictions go.
struct PredictionsOption: ParsableArguments {
  @Option(help: ArgumentHelp("Write row,probability for the test rows.", valueName: "file"))
  var predictions: String?

  func write(_ rows: [Trainer.Prediction]) throws {
    guard let predictions else { return }
    let file = try PredictionsFile(path: predictions)
    for row in rows { try file.append(row: row.row, probability: row.probability) }
    try file.finish()
  }
}

/// Interactions of tables and stores, one after the other.
struct TrainingData {
  private static let storeMagic = Array("SQLite format 3\0".utf8)

  private(set) var interactions: [Interaction] = []
  /// What a card may call the files: a table's name without its folder; a store's is nobody's business.
  private(set) var sources: [String] = []

  init(paths: [String], options: GlobalOptions) throws {
    let bar = options.progressBar(options.say("reading", "读取"), unit: "rows")
    for path in paths {
      try Task.checkCancellation()
      if try FileStart.read(path, count: 16) == Self.storeMagic {
        try readStore(path)
        sources.append("store")
      } else {
        try readTable(path, bar)
        sources.append(URL(fileURLWithPath: path).lastPathComponent)
      }
      bar.update(interactions.count)
    }
    bar.finish()
  }

  private mutating func readTable(_ path: String, _ bar: ProgressBar) throws {
    let summary = try InteractionFile(path: path).read { row, _ in
      interactions.append(row)
      guard interactions.count.isMultiple(of: 8192) else { return }
      try Task.checkCancellation()
      bar.update(interactions.count)
    }
    guard let first = summary.badRows.first else { return }
    // A row that is left out would shift the numbers of all predictions behind it.
    throw SatchelError(
      .rowsMalformed, subject: path,
      cause:
        "\(summary.badRowCount) rows, the first in line \(first.line): \(first.reason.rawValue)")
  }

  private mutating func readStore(_ path: String) throws {
    let replica = try Replica(at: URL(fileURLWithPath: path), creating: false)
    try replica.store.forEachRecord { placed in
      for record in placed.map(\.record) {
        guard case .attempt(let attempt) = record.event else { continue }
        interactions.append(
          Interaction(
            learner: record.learner.description, item: attempt.item, skills: attempt.skills,
            isCorrect: attempt.isCorrect, timestampMilliseconds: record.wallMilliseconds,
            durationMilliseconds: attempt.durationMilliseconds))
      }
    }
  }
}

extension Metrics {
  var json: JSON {
    .object(
      Self.figures.map { ($0.name, .number(self[keyPath: $0.path])) } + [("n", .integer(count))])
  }

  /// Column heads for ``row(_:)``.
  static var table: Table {
    Table(
      ["", "rows", "AUC", "accuracy", "recall", "precision", "log loss", "RMSE", "ECE"],
      rightAligned: [1, 2, 3, 4, 5, 6, 7, 8])
  }

  func add(to table: inout Table, _ name: String) {
    func figure(_ value: Double) -> String { String(format: "%.4f", value) }
    table.add(
      name, "\(count)", figure(auc), figure(accuracy), figure(recallCorrect),
      figure(precisionCorrect), figure(logLoss), figure(rmse), figure(ece))
  }
}
