import Foundation
import Satchel
import SatchelTraining
import SatchelTutor

/// States of the memory model, and fitting its weights, on some 57,000 reviews of a learner that never was.
struct MemoryBench {
  func run() throws -> [BenchResult] {
    let log = try ReviewLog(ReviewSimulator().reviews())
    let ratings = log.ratings.map { Memory.Rating(rawValue: Int($0)) ?? .good }
    let single = fastest { Self.replaySingle(log, ratings) }
    let dual = fastest { Self.replayDual(log, ratings) }
    let count = Double(log.count)
    return [
      BenchResult("memory.states.fsrs6", count / single, "reviews/s"),
      BenchResult("memory.states.fsrs7", count / dual, "reviews/s"),
    ] + (try MemoryKind.allCases.flatMap { try fit($0, log) })
  }

  /// The reference of a fit is foretelling each review once.
  private func fit(_ kind: MemoryKind, _ log: ReviewLog) throws -> [BenchResult] {
    var alone = MemoryFitOptions()
    alone.isJudged = false
    let standard =
      kind == .fsrs6 ? MemoryParameters.standard.weights : DualMemoryParameters.standard.weights
    let once = fastest { kind.recalls(log, weights: standard).count }
    let (fitted, judged) = (
      try fastest { try kind.fit(log, options: alone).passes },
      try fastest { try kind.fit(log).passes }
    )
    return [
      BenchResult("memory.fit.\(kind.rawValue)", fitted * 1000, "ms CPU", reference: once * 1000),
      BenchResult(
        "memory.fit.\(kind.rawValue).judged", judged * 1000, "ms CPU", reference: once * 1000),
    ]
  }

  /// CPU seconds of the best of five runs. The result is looked at, so that no run is optimised away.
  private func fastest(_ body: () throws -> Int) rethrows -> Double {
    try (0..<5).map { _ in
      try Stopwatch.cpu {
        let result = try body()
        precondition(result >= 0)
      }
    }.reduce(.infinity, min)
  }

  private static func replaySingle(_ log: ReviewLog, _ ratings: [Memory.Rating]) -> Int {
    var lasting = 0
    for card in 0..<log.cardCount {
      var memory = Memory(first: ratings[log.starts[card]])
      for index in log.starts[card] + 1..<log.starts[card + 1] {
        memory = memory.reviewed(ratings[index], wholeDays: log.days[index].rounded(.down))
      }
      lasting += memory.stabilityDays > 100 ? 1 : 0
    }
    return lasting
  }

  private static func replayDual(_ log: ReviewLog, _ ratings: [Memory.Rating]) -> Int {
    var lasting = 0
    for card in 0..<log.cardCount {
      var memory = DualMemory(first: ratings[log.starts[card]])
      for index in log.starts[card] + 1..<log.starts[card + 1] {
        memory = memory.reviewed(ratings[index], elapsedDays: log.days[index])
      }
      lasting += memory.stabilityDays > 100 ? 1 : 0
    }
    return lasting
  }
}
