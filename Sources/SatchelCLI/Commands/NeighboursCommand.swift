import ArgumentParser
import Foundation
import Satchel
import SatchelImport
import SatchelTraining

struct NeighboursCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "neighbours",
    abstract:
      "What learners go on to after an item: a model of it, rankings by it, and how good they are.",
    discussion: """
      Examples:
        satchel neighbours fit learners.tsv.gz --out neighbours.safetensors
        echo '{"user":7,"history":[853,2080]}' | satchel neighbours rank neighbours.safetensors
        satchel neighbours evaluate learners.tsv.gz --fold 0
      """,
    subcommands: [NeighboursFit.self, NeighboursRank.self, NeighboursEvaluate.self])
}

/// What a model is made with.
struct NeighbourChoices: ParsableArguments {
  @Option(help: "The model's file may have so many bytes.")
  var maxBytes = 1_000_000

  @Option(help: "Threads; else as many as there are cores. The model does not depend on it.")
  var threads: Int?

  func validate() throws {
    guard (10_000...16_000_000).contains(maxBytes) else {
      throw ValidationError("--max-bytes takes 10000 to 16000000.")
    }
    if let threads, !(1...256).contains(threads) {
      throw ValidationError("--threads takes 1 to 256.")
    }
  }

  var threadCount: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }

  var trainer: NeighbourTrainer {
    var chosen = NeighbourOptions()
    chosen.bytesMax = maxBytes
    chosen.threads = threadCount
    return NeighbourTrainer(options: chosen)
  }
}

struct NeighboursFit: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit", abstract: "Make a model of who used what in which order.",
    discussion: """
      Example: satchel neighbours fit learners.tsv.gz --out neighbours.safetensors --fold 0

      A line is a learner, a tab, and her items in the order of time with spaces between. With --fold K learners whose \
      CRC-32 modulo 5 is K are left out, to judge the model by.
      """)

  @Argument(help: ArgumentHelp("The learners, .tsv or .tsv.gz.", valueName: "file"))
  var learners: String

  @Option(help: ArgumentHelp("The model file to write.", valueName: "file"))
  var out: String

  @Option(help: "Leave the learners of this fold out, 0 to 4.")
  var fold: Int?

  @OptionGroup var choices: NeighbourChoices

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if let fold, !(0...4).contains(fold) { throw ValidationError("--fold takes 0 to 4.") }
  }

  func run() async throws {
    let start = ContinuousClock.now
    let all = try LearnerSequences.read(learners, options: options)
    let sequences = RankingProtocol.training(all, without: fold)
    options.note(options.say("fitting…", "拟合中……"))
    let (model, report) = try choices.trainer.fit(sequences) { Task.isCancelled }
    let bytes = model.encoded()
    try WholeFile.write(bytes, to: out)
    let seconds = Times.seconds(since: start)
    options.answer([
      "items": .integer(model.items.count), "bytes": .integer(bytes.count),
      "seconds": JSON(seconds: seconds), "model": .string(out),
      "learners": .integer(sequences.count), "neighbours": .integer(model.rows.count),
      "validation_ndcg10": .number(report.validationNDCG), "trials": .integer(report.trials),
      "ends_count_more": .bool(report.endsCountMore),
    ]) {
      [
        options.say(
          "\(out): \(bytes.count) bytes, \(model.items.count) items, \(model.rows.count) neighbours of \(sequences.count) learners",
          "\(out)：\(bytes.count) 字节，\(model.items.count) 道题，\(model.rows.count) 条邻接，来自 \(sequences.count) 名学习者"
        )
      ]
    }
  }
}

struct NeighboursRank: AsyncParsableCommand {
  static let limitMax = 10_000

  static let configuration = CommandConfiguration(
    commandName: "rank", abstract: "Rank what is new to a learner, for each line of stdin.",
    discussion: """
      Example: echo '{"user":7,"history":[853,2080]}' | satchel neighbours rank neighbours.safetensors --top 5

      The history stands in the order of time. Items that the model never saw are passed over.
      """)

  @Argument(help: ArgumentHelp("The model.", valueName: "file"))
  var model: String

  @Option(help: "How many items to name.")
  var top = 20

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard (1...Self.limitMax).contains(top) else {
      throw ValidationError("--top takes 1 to \(Self.limitMax).")
    }
  }

  func run() async throws {
    let bytes = try ModelFile.read(model)
    var desk = RankingDesk(try Neighbours(bytes: bytes), top: top)
    var lines = LineReader(
      StandardInput(), subject: "stdin", lineBytesMax: HistoryLine.bytesMax)
    while true {
      try Task.checkCancellation()
      let place = "stdin:\(lines.number + 1)"
      guard let line = try lines.next({ try HistoryLine($0, place: place) }) else { return }
      Output.standard.line(desk.answer(line).text)
    }
  }
}

struct NeighboursEvaluate: AsyncParsableCommand {
  /// The shipped model, or a plain method to compare with.
  enum Method: String, CaseIterable, ExpressibleByArgument {
    case both
    case cosineMean = "cosine-mean"
    case cosineSum = "cosine-sum"
    case transitions, ease, popularity

    var plain: PlainMethod? { PlainMethod(rawValue: rawValue) }
  }

  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Make a model without a fold of learners, and rank what each of them did last.",
    discussion: """
      Example: satchel neighbours evaluate learners.tsv.gz --fold 0

      The whole catalogue is ranked but for the history; ties go to the lower id. --method shows what other methods \
      come to: the cosine of co-use by weighted mean and by weighted sum, transitions, EASE, popularity.
      """)

  @Argument(help: ArgumentHelp("The learners, .tsv or .tsv.gz.", valueName: "file"))
  var learners: String

  @Option(help: "The fold to test on, 0 to 4.")
  var fold: Int

  @Option(help: "both is what fit makes.")
  var method = Method.both

  @Option(help: "Of cosines: times n / (n + this), n the learners who used both items.")
  var shrinkage: Float = 0

  @OptionGroup var choices: NeighbourChoices

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard (0...4).contains(fold) else { throw ValidationError("--fold takes 0 to 4.") }
    guard (0...1_000_000).contains(shrinkage) else {
      throw ValidationError("--shrinkage takes 0 to 1000000.")
    }
  }

  func run() async throws {
    let all = try LearnerSequences.read(learners, options: options)
    let test = RankingProtocol(all, fold: fold)
    guard test.count > 0 else {
      throw SatchelError(
        .trainingData, subject: learners, cause: "nobody in fold \(fold) used three items")
    }
    options.note(options.say("fitting…", "拟合中……"))
    let start = ContinuousClock.now
    let sequences = RankingProtocol.training(all, without: fold)
    let result =
      if let plain = method.plain {
        try judge(plain, sequences, test, since: start)
      } else {
        try judgeBoth(sequences, test, since: start)
      }
    answer(result)
  }

  private struct Result {
    var metrics: RankingMetrics
    var bytes: Int
    var microseconds: Double
    var seconds: Double
  }

  private func judgeBoth(
    _ sequences: ItemSequences, _ test: RankingProtocol, since start: ContinuousClock.Instant
  ) throws -> Result {
    let fitted = try choices.trainer.fit(sequences) { Task.isCancelled }
    let bytes = fitted.model.encoded()
    let seconds = Times.seconds(since: start)
    // What is judged is what the file holds.
    let model = try Neighbours(bytes: bytes)
    return Result(
      metrics: test.metrics(model, threads: choices.threadCount), bytes: bytes.count,
      microseconds: test.medianMicroseconds(model), seconds: seconds)
  }

  private func judge(
    _ method: PlainMethod, _ sequences: ItemSequences, _ test: RankingProtocol,
    since start: ContinuousClock.Instant
  ) throws -> Result {
    guard
      let model = PlainModel(
        method, sequences, shrinkage: shrinkage, threads: choices.threadCount)
    else {
      throw SatchelError(
        .inputTooLarge, subject: "items",
        cause: "\(method.rawValue) takes at most \(PlainModel.easeItemsMax)")
    }
    let seconds = Times.seconds(since: start)
    return Result(
      metrics: test.metrics(model, threads: choices.threadCount), bytes: model.byteCount,
      microseconds: test.medianMicroseconds(model), seconds: seconds)
  }

  private func answer(_ result: Result) {
    options.answer([
      "ndcg10": .number(result.metrics.ndcg10), "recall10": .number(result.metrics.recall10),
      "mrr": .number(result.metrics.mrr), "n_test": .integer(result.metrics.count),
      "bytes": .integer(result.bytes),
      "microseconds_per_user": .number((result.microseconds * 10).rounded() / 10),
      "seconds": JSON(seconds: result.seconds), "method": .string(method.rawValue),
      "fold": .integer(fold),
    ]) {
      var table = Table(
        ["", "learners", "NDCG@10", "Recall@10", "MRR", "bytes", "µs", "s"],
        rightAligned: [1, 2, 3, 4, 5, 6, 7])
      func figure(_ value: Double) -> String { String(format: "%.4f", value) }
      table.add(
        method.rawValue, "\(result.metrics.count)", figure(result.metrics.ndcg10),
        figure(result.metrics.recall10), figure(result.metrics.mrr), "\(result.bytes)",
        String(format: "%.1f", result.microseconds), String(format: "%.1f", result.seconds))
      return table.lines(options.style)
    }
  }
}
