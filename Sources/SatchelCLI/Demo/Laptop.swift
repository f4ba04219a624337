import Foundation
import Satchel
import SatchelStore
import SatchelTraining

/// One replica of the demo, and what it is called.
struct Laptop {
  let name: String
  let replica: Replica

  init(_ name: String, in folder: URL) throws(SatchelError) {
    self.name = name
    replica = try Replica(at: folder.appendingPathComponent("\(name).sqlite"))
  }

  var summary: ScopeSummary {
    get throws(SatchelError) { try replica.store.summary(of: .everyone) }
  }
}

/// Rounds of sync, one laptop after the other, until nobody has anything left to tell.
struct Rendezvous {
  private static let passesMax = 6

  let hub: HubProcess
  let log: StepLog.Step
  let options: GlobalOptions

  /// - Returns: whether all hold the same records.
  func meet(_ laptops: [Laptop]) async throws -> Bool {
    var (rounds, sent, received) = (0, 0, 0)
    for pass in 1...Self.passesMax {
      for laptop in laptops {
        let report = try await round(of: laptop)
        rounds += 1
        sent += report.recordsSent
        received += report.recordsReceived
      }
      guard try isAlike(laptops) else { continue }
      log.fact("rounds", .integer(rounds))
      log.fact("passes", .integer(pass))
      log.fact("records_sent", .integer(sent))
      log.fact("records_received", .integer(received))
      return true
    }
    return false
  }

  @discardableResult
  func round(of laptop: Laptop) async throws -> SyncReport {
    let start = ContinuousClock.now
    let bar = ProgressBar(
      "   \(laptop.name)", unit: "records", isQuiet: options.quiet || !Screen.isLive(2))
    let report = try await laptop.replica.sync(with: hub.url) {
      bar.update($0.recordsSent + $0.recordsReceived)
    }
    bar.clear()
    let seconds = String(format: "%.2f", Times.seconds(since: start))
    log.say(
      "\(laptop.name): ↑ \(report.recordsSent) ↓ \(report.recordsReceived) "
        + options.say("records", "条记录") + ", \(report.requests) "
        + options.say("requests", "次请求") + ", \(seconds) s")
    return report
  }

  private func isAlike(_ laptops: [Laptop]) throws -> Bool {
    let fingerprints = try laptops.map { try $0.summary.fingerprint }
    return Set(fingerprints).count == 1
  }
}

/// All ids of a store's records: how many there are, whether one stands twice, and a hash of them in order.
struct RecordCensus: Equatable {
  let count: Int
  let distinct: Int
  let digest: Hash256

  init(_ store: Store) throws {
    var ids: [RecordID] = []
    try store.forEachRecord { placed in
      if Task.isCancelled { throw SatchelError(.cancelled) }
      ids += placed.map(\.record.id)
    }
    ids.sort()
    count = ids.count
    var distinct = ids.isEmpty ? 0 : 1
    for (id, next) in zip(ids, ids.dropFirst()) where id != next { distinct += 1 }
    self.distinct = distinct
    var hash = SHA256Digest()
    for id in ids { hash.update(id.bytes) }
    digest = Hash256(bytes: hash.bytes) ?? .zero
  }
}

extension StepLog.Step {
  /// Compares what all stores hold, the hub's among them, record by record.
  func compare(_ laptops: [Laptop], hub: HubProcess, expected: Int, _ options: GlobalOptions) throws
    -> Bool
  {
    let first = try RecordCensus(laptops[0].replica.store)
    var isAlike = true
    for laptop in laptops.dropFirst() {
      let other = try RecordCensus(laptop.replica.store)
      isAlike = isAlike && other == first
    }
    let hubStore = try Store(at: hub.store, creating: false, projection: nil)
    let atHub = try RecordCensus(hubStore)
    let fingerprints = try Set(
      laptops.map { try $0.summary.fingerprint } + [hubStore.summary(of: .everyone).fingerprint])
    say("\(fingerprints.map(\.description).sorted().joined(separator: " "))")
    check(options.say("all fingerprints are equal", "所有指纹一致"), fingerprints.count == 1)
    check(
      options.say(
        "every store holds the same \(first.count) record ids, the hub too",
        "每个库（包括中心）都有同样的 \(first.count) 个记录标识"),
      isAlike && atHub == first)
    check(
      options.say(
        "every one of the \(expected) records stands exactly once", "\(expected) 条记录各出现恰好一次"),
      first.count == expected && first.distinct == expected)
    fact("records", .integer(first.count))
    fact("distinct", .integer(first.distinct))
    fact("fingerprint", JSON(fingerprints.first?.description))
    return isAlike && atHub == first && fingerprints.count == 1
  }
}
