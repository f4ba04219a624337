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
    var rows: [Interaction] = []
    var shared = SharedKeys()
    sources = try Self.forEachRow(of: paths, options: options) { rows.append(shared.sharing($0)) }
    interactions = rows
  }

  /// Hands over ``interactions``, so that their memory is free as soon as the caller has made something of them.
  mutating func takeInteractions() -> [Interaction] {
    defer { interactions = [] }
    return interactions
  }

  /// Hands over the rows of tables and stores one by one, file after file; answers what the files may be called.
  @discardableResult
  static func forEachRow(
    of paths: [String], options: GlobalOptions, _ body: (Interaction) throws -> Void
  ) throws -> [String] {
    let bar = options.progressBar(options.say("reading", "读取"), unit: "rows")
    var count = 0
    let sources = try paths.map { path in
      try Task.checkCancellation()
      let isStore = try FileStart.read(path, count: 16) == storeMagic
      try (isStore ? readStore : readTable)(path) { row in
        try body(row)
        count += 1
        guard count.isMultiple(of: 8192) else { return }
        try Task.checkCancellation()
        bar.update(count)
      }
      return isStore ? "store" : URL(fileURLWithPath: path).lastPathComponent
    }
    bar.finish()
    return sources
  }

  private static func readTable(_ path: String, _ body: (Interaction) throws -> Void) throws {
    let summary = try InteractionFile(path: path).read { row, _ in try body(row) }
    guard let first = summary.badRows.first else { return }
    // A row that is left out would shift the numbers of all predictions behind it.
    throw SatchelError(
      .rowsMalformed, subject: path,
      cause:
        "\(summary.badRowCount) rows, the first in line \(first.line): \(first.reason.rawValue)")
  }

  private static func readStore(_ path: String, _ body: (Interaction) throws -> Void) throws {
    let replica = try Replica(at: URL(fileURLWithPath: path), creating: false)
    try replica.store.forEachRecord { placed in
      for record in placed.map(\.record) {
        guard case .attempt(let attempt) = record.event else { continue }
        try body(
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
