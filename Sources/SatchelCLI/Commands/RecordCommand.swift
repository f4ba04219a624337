import ArgumentParser
import Foundation
import Satchel
import SatchelImport

struct RecordCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Record an answer durably, or all answers of a file.",
    discussion: """
      Examples:
        satchel record Mei add-within-20-01 --correct --duration-ms 5300
        satchel record --from interactions.csv.gz

      The id is printed only once the record is safe. A file has the columns learner,item,skill,correct and, if it \
      likes, timestamp_ms,duration_ms; the same file again adds nothing.
      """)

  enum Verdict: String, EnumerableFlag { case correct, wrong }

  @Argument(help: "Her pseudonym, her name, or the name that a file gave her.")
  var learner: String?

  @Argument(help: "The item.")
  var item: String?

  @Flag(help: "Whether the answer was right.")
  var verdict: Verdict?

  @Option(help: "Part of the credit, 0...1.")
  var score: Double?

  @Option(help: "Time spent, in milliseconds.")
  var durationMs: UInt32?

  @Option(help: ArgumentHelp("When it happened, ISO 8601; else now.", valueName: "time"))
  var at: Moment?

  @Option(help: ArgumentHelp("A table of answers, .csv or .csv.gz.", valueName: "file"))
  var from: String?

  @Flag(help: "Leave malformed rows of the file out, instead of refusing it.")
  var skipBadRows = false

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if from != nil {
      guard learner == nil, verdict == nil, score == nil, durationMs == nil, at == nil else {
        throw ValidationError("--from takes everything from the file.")
      }
    } else {
      guard learner != nil, item != nil else {
        throw ValidationError("Name a learner and an item, or a file with --from.")
      }
      guard verdict != nil else { throw ValidationError("Say --correct or --wrong.") }
      if skipBadRows { throw ValidationError("--skip-bad-rows goes with --from.") }
    }
  }

  func run() async throws {
    let replica = try options.open()
    if let from {
      try RecordFile(path: from, skipsBadRows: skipBadRows, options: options).run(into: replica)
    } else {
      try recordOne(in: replica)
    }
  }

  private func recordOne(in replica: Replica) throws {
    let id = try replica.learner(learner ?? "")
    let key = try ItemID(item ?? "")
    let receipt = try replica.record(
      Answer(
        key, isCorrect: verdict == .correct, score: score, durationMilliseconds: durationMs),
      by: id, at: at?.date)
    // The record is safe, so its id is told even if mastery cannot be worked out.
    let mastery = try? self.mastery(of: key, learner: id, in: replica)
    let json: JSON = [
      "record": JSON(receipt.record), "stream": JSON(receipt.stream),
      "seq": .integer(Int(receipt.number)), "mastery": JSON(mastery),
    ]
    let share = mastery.map { options.say("  mastery \(percent($0))", "  掌握度 \(percent($0))") }
    Output.standard.lineAtOnce(options.json ? json.text : "\(receipt.record)\(share ?? "")")
  }

  /// Of the item's main skill; `nil` for an item without skills.
  private func mastery(of item: ItemID, learner: LearnerID, in replica: Replica) throws -> Double? {
    guard let skill = try replica.store.skills(of: item)?.first else { return nil }
    return try replica.progress(of: learner).skills.first { $0.skill == skill }?.mastery
  }
}

func percent(_ share: Double) -> String { "\(Int((share * 100).rounded()))%" }

/// Records a whole file: one reading to check and name it, one to record it.
struct RecordFile {
  private static let badRowsShown = 20

  let path: String
  let skipsBadRows: Bool
  let options: GlobalOptions

  func run(into replica: Replica) throws {
    let start = ContinuousClock.now
    let (report, skipped) = try record(into: replica)
    answer(report, skipped: skipped, seconds: Times.seconds(since: start))
  }

  /// - Returns: what was recorded, and how many malformed rows were left out.
  func record(into replica: Replica) throws -> (report: BulkReport, skipped: Int) {
    let file = try InteractionFile(path: path)
    let checked = try check(file)
    let bar = options.progressBar(options.say("recording", "记录"), unit: "rows", total: checked.rows)
    var recorder = try BulkRecorder(into: replica, digest: checked.digest)
    var count = 0
    let read = try file.read { row, _ in
      try recorder.add(row)
      count += 1
      if count.isMultiple(of: 4096) {
        try Task.checkCancellation()
        bar.update(count)
      }
    }
    guard read.digest == checked.digest else {
      throw SatchelError(.fileUnreadable, subject: path, cause: "it changed while it was read")
    }
    let report = try recorder.finish()
    bar.update(count)
    bar.finish()
    return (report, checked.badRowCount)
  }

  /// Reads all rows and records none.
  private func check(_ file: InteractionFile) throws -> InteractionFile.Summary {
    let bar = options.progressBar(options.say("checking", "检查"), unit: "rows")
    var count = 0
    let summary = try file.read { _, _ in
      count += 1
      if count.isMultiple(of: 4096) {
        try Task.checkCancellation()
        bar.update(count)
      }
    }
    bar.update(count)
    bar.finish()
    if summary.badRowCount > 0 {
      let lines = notes(on: summary)
      guard skipsBadRows else {
        throw DetailedError(
          error: SatchelError(.rowsMalformed, subject: path, cause: "\(summary.badRowCount) rows"),
          notes: lines, members: [("rows", .array(summary.badRows.prefix(1000).map(json)))])
      }
      for line in lines { options.note(line) }
    }
    return summary
  }

  private func notes(on summary: InteractionFile.Summary) -> [String] {
    let lines = summary.badRows.prefix(Self.badRowsShown).map { row in
      options.say(
        "line \(row.line): \(row.reason.rawValue)", "第 \(row.line) 行：\(row.reason.rawValue)")
    }
    let rest = summary.badRowCount - lines.count
    return rest > 0 ? lines + [options.say("and \(rest) more", "另有 \(rest) 行")] : lines
  }

  private func json(_ row: BadRow) -> JSON {
    ["line": .integer(row.line), "reason": .string(row.reason.rawValue)]
  }

  private func answer(_ report: BulkReport, skipped: Int, seconds: Double) {
    options.answer([
      "records": .integer(report.records), "added": .integer(report.added),
      "learners": .integer(report.learners), "items": .integer(report.items),
      "seconds": JSON(seconds: seconds), "skipped": .integer(skipped),
    ]) {
      [
        options.say(
          "\(report.records) rows, \(report.added) added; \(report.learners) learners, \(report.items) items",
          "共 \(report.records) 行，新增 \(report.added) 行；\(report.learners) 名学习者，\(report.items) 道题")
      ] + (skipped > 0 ? [options.say("\(skipped) rows left out", "略过 \(skipped) 行")] : [])
    }
  }
}
