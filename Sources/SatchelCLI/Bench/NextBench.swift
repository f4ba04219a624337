import Foundation
import Satchel

/// Ranking 10,000 items for one learner, and opening a store of 100,000 records.
struct NextBench {
  private let folder: BenchFolder
  private let items = 10_000

  init(_ folder: BenchFolder) { self.folder = folder }

  func run() throws -> [BenchResult] {
    let file = folder.file("next.sqlite")
    let replica = try Replica(at: file)
    let keys = try (0..<items).map { number in
      Interaction(
        learner: "shelf", item: try ItemID("item-\(number)"),
        skills: [try SkillID("skill-\(number % 500)")], isCorrect: number % 3 > 0,
        timestampMilliseconds: 1_700_000_000_000 + Int64(number) * 1000)
    }
    _ = try replica.record(keys, named: "shelf")
    let rows = try BenchRows.make(learners: 1, each: 300, items: items)
    _ = try replica.record(rows, named: "learner")
    let learner = LearnerID(external: "learner-0")
    let cold = try Stopwatch.cpu {
      _ = try Replica(at: file, creating: false).recommend(for: learner)
    }
    _ = try replica.recommend(for: learner)
    let warm = try (0..<30).map { _ in
      try Stopwatch.cpu { _ = try replica.recommend(for: learner) }
    }
    let read = try (0..<30).map { _ in try Stopwatch.cpu { _ = try replica.progress(of: learner) } }
    return [
      BenchResult(
        "next.10000", Stopwatch.median(warm) * 1000, "ms CPU",
        reference: Stopwatch.median(read) * 1000),
      BenchResult("next.10000.first", cold * 1000, "ms CPU"),
    ]
  }
}

struct OpenBench {
  private let folder: BenchFolder

  init(_ folder: BenchFolder) { self.folder = folder }

  func run() throws -> [BenchResult] {
    let file = folder.file("open.sqlite")
    let empty = folder.file("empty.sqlite")
    let rows = try BenchRows.make(learners: 200, each: 500, items: 2_000)
    let full = try Replica(at: file)
    _ = try full.record(rows, named: "open")
    try full.close()
    try Replica(at: empty).close()
    func open(_ url: URL) throws -> Double {
      Stopwatch.median(
        try (0..<20).map { _ in
          try Stopwatch.wall { try Replica(at: url, creating: false).close() }
        })
    }
    return [
      BenchResult("open.100000", try open(file) * 1000, "ms", reference: try open(empty) * 1000)
    ]
  }
}
