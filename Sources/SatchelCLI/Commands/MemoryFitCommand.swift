import ArgumentParser
import Foundation
import Satchel
import SatchelImport
import SatchelTraining

struct MemoryFitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit", abstract: "Fit the memory weights to a log of reviews.",
    discussion: """
      Examples:
        satchel memory fit revlog.csv
        satchel memory fit revlog.csv.gz --model fsrs7 --json

      A table with columns for the card (card_id), the rating (rating, 1 to 4) and when (review_time, or elapsed_days since \
      the card's last review). With the protocol ts5 the log's past foretells its future five times, and that is what \
      log_loss and rmse_bins are of; the defaults stay where they foretell it clearly better.
      """)

  enum Judging: String, CaseIterable, ExpressibleByArgument { case ts5, none }

  @Argument(help: ArgumentHelp("The log, .csv or .csv.gz.", valueName: "file"))
  var file: String

  @Option(help: ArgumentHelp("fsrs6 (21 weights) or fsrs7 (34).", valueName: "fsrs6|fsrs7"))
  var model = MemoryKind.fsrs6

  @Option(
    help: ArgumentHelp(
      "How the fit is judged: ts5, or none to fit and do nothing else.", valueName: "ts5|none"))
  var `protocol` = Judging.ts5

  @Flag(help: "Leave malformed rows out, instead of refusing the file.")
  var skipBadRows = false

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let start = ContinuousClock.now
    let contents = try read()
    let log = try ReviewLog(contents.reviews, isOrdered: contents.isOrdered)
    var choice = MemoryFitOptions()
    choice.isJudged = self.protocol == .ts5
    let fit = try model.fit(log, options: choice, isCancelled: { Task.isCancelled })
    if fit.isDefault {
      options.note(
        options.say(
          "The defaults stay: the log is too short, or they foretell it clearly better.",
          "保留默认参数：复习记录太少，或默认参数的预测明显更好。"))
    }
    answer(fit, log, contents, seconds: Times.seconds(since: start))
  }

  private func read() throws -> ReviewFile.Contents {
    let contents = try ReviewFile(path: file, reviewsMax: ReviewLog.reviewsMax).read {
      if Task.isCancelled { throw SatchelError(.cancelled) }
    }
    guard contents.badRowCount > 0 else { return contents }
    let notes = contents.badRows.prefix(20).map { row in
      options.say(
        "line \(row.line): \(row.reason.rawValue)", "第 \(row.line) 行：\(row.reason.rawValue)")
    }
    guard skipBadRows else {
      throw DetailedError(
        error: SatchelError(.rowsMalformed, subject: file, cause: "\(contents.badRowCount) rows"),
        notes: notes, members: [("rows", .array(contents.badRows.map(json)))])
    }
    for note in notes { options.note(note) }
    return contents
  }

  private func json(_ row: BadRow) -> JSON {
    ["line": .integer(row.line), "reason": .string(row.reason.rawValue)]
  }

  private func answer(
    _ fit: MemoryFit, _ log: ReviewLog, _ contents: ReviewFile.Contents, seconds: Double
  ) {
    let figures = (fit.isDefault ? fit.judgedDefault : fit.judged) ?? fit.fitted
    options.answer([
      "w": .array(fit.weights.map { .number($0) }), "log_loss": .number(figures.logLoss),
      "rmse_bins": .number(figures.rmseBins), "auc": .number(figures.auc),
      "n": .integer(figures.count), "model": .string(model.rawValue),
      "protocol": .string(fit.judged == nil ? "none" : "ts5"), "kept_default": .bool(fit.isDefault),
      "default": fit.judgedDefault?.json ?? nil, "fitted": fit.fitted.json,
      "reviews": .integer(log.count), "cards": .integer(log.cardCount),
      "scored": .integer(log.scoredCount), "passes": .integer(fit.passes),
      "fit_seconds": .number(fit.fitSeconds), "seconds": JSON(seconds: seconds),
      "rows": [
        "skipped": .integer(contents.badRowCount), "manual": .integer(contents.manualCount),
        "duplicates": .integer(contents.duplicateCount),
        "backward": .integer(contents.backwardCount),
      ],
    ]) { text(fit, log, contents) }
  }

  private func text(
    _ fit: MemoryFit, _ log: ReviewLog, _ contents: ReviewFile.Contents
  ) -> [String] {
    var table = Table(
      ["", "reviews", "log loss", "RMSE(bins)", "AUC"], rightAligned: [1, 2, 3, 4])
    func add(_ name: String, _ figures: ReviewFigures?) {
      guard let figures else { return }
      let numbers = [figures.logLoss, figures.rmseBins, figures.auc]
        .map { String(format: "%.4f", $0) }
      table.add(name, "\(figures.count)", numbers[0], numbers[1], numbers[2])
    }
    add(options.say("the future, fitted", "预测未来（拟合）"), fit.judged)
    add(options.say("the future, defaults", "预测未来（默认）"), fit.judgedDefault)
    add(options.say("the log itself", "记录本身"), fit.fitted)
    let odd = contents.badRowCount + contents.manualCount + contents.duplicateCount
    return table.lines(options.style) + [
      options.say(
        "\(log.count) reviews of \(log.cardCount) cards; \(odd) rows left out",
        "\(log.cardCount) 张卡片的 \(log.count) 次复习；略过 \(odd) 行"),
      fit.weights.map { "\(($0 * 10_000).rounded() / 10_000)" }.joined(separator: ", "),
    ]
  }
}

extension MemoryKind: ExpressibleByArgument {}

extension ReviewFigures {
  var json: JSON {
    [
      "log_loss": .number(logLoss), "rmse_bins": .number(rmseBins), "auc": .number(auc),
      "n": .integer(count),
    ]
  }
}
