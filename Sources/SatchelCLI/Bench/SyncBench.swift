import Foundation
import Satchel

/// A round against a real hub on loopback: nothing new, and 100,000 records.
struct SyncBench {
  private let folder: BenchFolder

  init(_ folder: BenchFolder) { self.folder = folder }

  func run() async throws -> [BenchResult] {
    let hub = try HubProcess(store: folder.file("hub.sqlite"))
    defer { hub.stop() }
    let writer = try Replica(at: folder.file("writer.sqlite"))
    let rows = try BenchRows.make(learners: 200, each: 500, items: 2_000)
    _ = try writer.record(rows, named: "sync")
    let push = try await writer.sync(with: hub.url)
    let reader = try Replica(at: folder.file("reader.sqlite"))
    let pull = try await reader.sync(with: hub.url)
    let start = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID)
    let idle = try await writer.sync(with: hub.url)
    let cpu = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID) - start
    let count = Double(rows.count)
    let pushedBytes = Double(push.bytesSent) / count
    let pulledBytes = Double(pull.bytesReceived) / count
    let idleBytes = Double(idle.bytesSent + idle.bytesReceived)
    return [
      BenchResult("sync.push", count / push.seconds, "records/s"),
      BenchResult("sync.push.wire", pushedBytes, "bytes/record"),
      BenchResult("sync.push.requests", Double(push.requests), "requests"),
      BenchResult("sync.pull", count / pull.seconds, "records/s"),
      BenchResult("sync.pull.wire", pulledBytes, "bytes/record"),
      BenchResult("sync.idle", idleBytes, "bytes"),
      BenchResult("sync.idle.requests", Double(idle.requests), "requests"),
      BenchResult("sync.idle.cpu", cpu * 1000, "ms CPU of the client"),
    ]
  }
}
