import Foundation
import Satchel

/// Rounds against a real hub on loopback: 100,000 records up, then down, then nothing new.
///
/// CPU is that of this process and of the hub together, which on a busy machine says more than wall time.
struct SyncBench {
  private let folder: BenchFolder
  private let idleRounds = 1000

  init(_ folder: BenchFolder) { self.folder = folder }

  func run() async throws -> [BenchResult] {
    let hub = try HubProcess(store: folder.file("hub.sqlite"))
    defer { hub.stop() }
    let writer = try Replica(at: folder.file("writer.sqlite"))
    let rows = try BenchRows.make(learners: 200, each: 500, items: 2_000)
    _ = try writer.record(rows, named: "sync")
    let push = try await MeasuredRound(of: writer, with: hub)
    let pull = try await MeasuredRound(of: Replica(at: folder.file("reader.sqlite")), with: hub)
    _ = try await writer.sync(with: hub.url)
    let idle = try await MeasuredRound(of: writer, with: hub, times: idleRounds)
    let count = Double(rows.count)
    return push.results("sync.push", records: count) + pull.results("sync.pull", records: count) + [
      BenchResult("sync.idle", idle.bytes, "bytes"),
      BenchResult("sync.idle.requests", idle.requests, "requests"),
      BenchResult("sync.idle.cpu", (idle.clientCPU + idle.hubCPU) * 1000, "ms CPU of both"),
      BenchResult("sync.idle.hub", idle.hubCPU * 1000, "ms CPU of the hub"),
    ]
  }
}

/// What a round took; of several, their mean.
private struct MeasuredRound {
  /// Seconds.
  private(set) var clientCPU: Double
  private(set) var hubCPU: Double
  private(set) var seconds = 0.0
  private(set) var requests = 0.0
  /// Both ways, with HTTP headers.
  private(set) var bytes = 0.0

  init(of replica: Replica, with hub: HubProcess, times: Int = 1) async throws {
    let hubStart = try Stopwatch.cpu(of: hub.processIdentifier)
    let start = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID)
    for _ in 0..<times {
      let report = try await replica.sync(with: hub.url)
      guard report.converged else { throw SatchelError(.hubFailed, cause: "not converged") }
      seconds += report.seconds / Double(times)
      requests += Double(report.requests) / Double(times)
      bytes += Double(report.bytesSent + report.bytesReceived) / Double(times)
    }
    clientCPU = (Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID) - start) / Double(times)
    hubCPU = (try Stopwatch.cpu(of: hub.processIdentifier) - hubStart) / Double(times)
  }

  func results(_ name: String, records: Double) -> [BenchResult] {
    [
      BenchResult(name, records / seconds, "records/s"),
      BenchResult(name + ".cpu", records / (clientCPU + hubCPU), "records/CPU s of both"),
      BenchResult(name + ".hub", records / hubCPU, "records/CPU s of the hub"),
      BenchResult(name + ".wire", bytes / records, "bytes/record"),
      BenchResult(name + ".requests", requests, "requests"),
    ]
  }
}
