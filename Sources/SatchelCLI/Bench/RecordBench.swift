import Foundation
import Satchel

/// Bulk recording and single durable records through the public interface, beside bare SQLite.
struct RecordBench {
  private let folder: BenchFolder
  private let bulkRows = 100_000
  private let singles = 300

  init(_ folder: BenchFolder) { self.folder = folder }

  func run() throws -> [BenchResult] { try bulk() + single() }

  private func bulk() throws -> [BenchResult] {
    let rows = try BenchRows.make(learners: 200, each: bulkRows / 200, items: 2_000)
    var (ours, bare) = ([Double](), [Double]())
    for turn in 0..<3 {
      let replica = try Replica(at: folder.file("bulk-\(turn).sqlite"))
      ours.append(try Stopwatch.wall { _ = try replica.record(rows, named: "bench") })
      let table = try BareTable(folder.file("bare-\(turn).sqlite"))
      bare.append(
        try Stopwatch.wall {
          try table.execute("BEGIN")
          for (number, row) in rows.enumerated() {
            try table.insert(row, stream: Int64(number / 500), number: Int64(number % 500))
          }
          try table.execute("COMMIT")
        })
    }
    let count = Double(rows.count)
    return [
      BenchResult(
        "record.bulk", count / ours.reduce(.infinity, min), "records/s",
        reference: count / bare.reduce(.infinity, min))
    ]
  }

  /// Alternates, so that a disk that is busy for a moment hits both alike.
  private func single() throws -> [BenchResult] {
    let rows = try BenchRows.make(learners: 1, each: singles, items: 200)
    let replica = try Replica(at: folder.file("single.sqlite"))
    let learner = try replica.addLearner()
    _ = try replica.record(rows, named: "items")
    let table = try BareTable(folder.file("single-bare.sqlite"))
    var (ours, bare) = ([Double](), [Double]())
    for (number, row) in rows.enumerated() {
      ours.append(
        try Stopwatch.wall {
          try replica.record(Answer(row.item, isCorrect: row.isCorrect), by: learner)
        })
      bare.append(
        try Stopwatch.wall {
          try table.insert(row, stream: 1, number: Int64(number))
        })
    }
    return [
      BenchResult(
        "record.durable", Stopwatch.median(ours) * 1000, "ms",
        reference: Stopwatch.median(bare) * 1000)
    ]
  }
}
