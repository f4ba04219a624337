import Foundation
import Satchel
import SatchelImport

/// The same story on a real table: its learners spread over many replicas, and all of them on every one in the end.
struct TableStory {
  /// One learner of so many works on two replicas.
  private static let sharedEvery: UInt64 = 20

  let path: String
  let replicaCount: Int
  let folder: URL
  let log: StepLog
  let options: GlobalOptions

  func run() async throws {
    let hub = try HubProcess(store: folder.appendingPathComponent("hub.sqlite"))
    defer { hub.stop() }
    let laptops = try (1...replicaCount).map { try Laptop("replica-\($0)", in: folder) }
    let rows = try await log.step("record", "The table, spread over the replicas", "把数据表分到各副本") {
      try spread(over: laptops, $0)
    }
    try await log.step("sync", "All sync with one hub until they agree", "全部与同一中心同步直到一致") { step in
      let rendezvous = Rendezvous(hub: hub, log: step, options: options)
      step.check(
        options.say("all \(laptops.count) are in step", "\(laptops.count) 个副本一致"),
        try await rendezvous.meet(laptops))
    }
    try await log.step("check", "Nothing was lost, nothing was counted twice", "没有丢失，没有重复") {
      step in
      log.converged = try step.compare(laptops, hub: hub, expected: rows, options)
    }
    let work = HubWork(hub: hub, options: options)
    let isPublished = try await log.step("train", "The hub trains on all records", "中心用全部记录训练") {
      try work.train($0)
    }
    if isPublished {
      try await log.step("pull", "All pull the new weights", "全部拉取新权重") { step in
        try await work.pull(laptops, step)
      }
    }
    tellMemory(hub)
    log.fact("records", .integer(rows))
    log.fact("replicas", .integer(laptops.count))
  }

  /// Row by row, so that memory does not grow with the table.
  ///
  /// - Returns: the rows of the table.
  private func spread(over laptops: [Laptop], _ step: StepLog.Step) throws -> Int {
    let file = try InteractionFile(path: path)
    var rowsOfShared: [String: Int] = [:]
    let checked = try file.read { row, line in
      if line.isMultiple(of: 4096) { try Task.checkCancellation() }
      if Self.isShared(row.learner) { rowsOfShared[row.learner, default: 0] += 1 }
    }
    let bar = options.progressBar(
      "   " + options.say("recording", "记录"), unit: "rows", total: checked.rows)
    var recorders = try laptops.map { try BulkRecorder(into: $0.replica, digest: checked.digest) }
    var seen: [String: Int] = [:]
    var done = 0
    _ = try file.read { row, _ in
      var home = Int(LearnerID(external: row.learner).high % UInt64(laptops.count))
      if let all = rowsOfShared[row.learner] {
        seen[row.learner, default: 0] += 1
        if seen[row.learner, default: 0] > all / 2 { home = (home + 1) % laptops.count }
      }
      try recorders[home].add(row)
      done += 1
      if done.isMultiple(of: 4096) {
        try Task.checkCancellation()
        bar.update(done)
      }
    }
    bar.update(done)
    let reports = try recorders.indices.map { try recorders[$0].finish() }
    bar.finish()
    for (laptop, report) in zip(laptops, reports) {
      step.say("\(laptop.name): \(report.added) records, \(report.learners) learners")
    }
    let added = reports.map(\.added).reduce(0, +)
    step.check(options.say("all \(done) rows were recorded", "\(done) 行全部记录"), added == done)
    step.fact("rows", .integer(done))
    step.fact("skipped", .integer(checked.badRowCount))
    step.fact("learners_on_two_replicas", .integer(rowsOfShared.count))
    return done
  }

  private static func isShared(_ learner: String) -> Bool {
    LearnerID(external: learner).low.isMultiple(of: sharedEvery)
  }

  private func tellMemory(_ hub: HubProcess) {
    let (own, hubs) = (PeakMemory.ofThisProcess, PeakMemory.of(hub.processIdentifier))
    log.say(
      options.say("peak memory", "内存峰值") + ": demo \(PeakMemory.text(own)), hub "
        + (hubs.map(PeakMemory.text) ?? "?"))
    log.fact("peak_rss_bytes", .integer(own))
    log.fact("hub_peak_rss_bytes", JSON(hubs))
  }
}
