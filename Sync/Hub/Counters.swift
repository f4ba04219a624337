internal import Foundation
internal import SatchelCore
internal import SatchelStore
internal import Synchronization

/// What a hub counts of its own work since it started, and the page that Prometheus reads.
///
/// Figures of the whole group alone: no device, no learner; and none of a group of fewer than five.
final class Counters: Sendable {
  private struct Route: Hashable {
    var name: String
    var status: Int
  }

  private struct State {
    var requests: [Route: Int] = [:]
    var recordsAdmitted = 0
    var bytesReceived = 0
    var bytesSent = 0
  }

  private let state = Mutex(State())
  private let start = ContinuousClock.now

  func answered(_ route: String, status: Int, bytes: Int) {
    state.withLock {
      $0.requests[Route(name: route, status: status), default: 0] += 1
      $0.bytesSent += bytes
    }
  }

  func received(_ bytes: Int) { state.withLock { $0.bytesReceived += bytes } }

  func admitted(_ records: Int) { state.withLock { $0.recordsAdmitted += max(0, records) } }

  /// The text exposition format of Prometheus, version 0.0.4.
  func page(_ store: Store) throws(SatchelError) -> String {
    let held = try store.summary(of: .everyone)
    let learners = try store.learnerCount()
    let now = state.withLock { $0 }
    var page = ExpositionPage()
    page.add(
      "satchel_hub_requests_total", .counter, "Requests answered.", Self.samples(now.requests))
    page.add(
      "satchel_hub_received_bytes_total", .counter, "Bytes of sync bodies received.",
      now.bytesReceived)
    page.add("satchel_hub_sent_bytes_total", .counter, "Bytes of bodies sent.", now.bytesSent)
    page.add("satchel_hub_devices", .gauge, "Devices met.", try store.devices().count)
    // Of a few learners these would tell whoever is on the network what one of them is doing.
    if learners >= Desk.groupMin {
      page.add(
        "satchel_hub_records_admitted_total", .counter, "Records taken since the start.",
        now.recordsAdmitted)
      page.add("satchel_hub_records", .gauge, "Records held.", held.records)
      page.add("satchel_hub_streams", .gauge, "Streams held.", held.streams)
      page.add("satchel_hub_learners", .gauge, "Learners known.", learners)
    }
    let uptime = Int((ContinuousClock.now - start) / .seconds(1))
    page.add("satchel_hub_uptime_seconds", .gauge, "Seconds since the start.", uptime)
    page.add(
      "satchel_hub_resident_memory_bytes", .gauge, "Memory in use.", Self.residentBytes() ?? 0)
    return page.text
  }

  private static func samples(_ requests: [Route: Int]) -> [(labels: String, value: Int)] {
    requests.map { route, count in
      (labels: "{route=\"\(route.name)\",status=\"\(route.status)\"}", value: count)
    }.sorted { $0.labels < $1.labels }
  }

  /// The second number of /proc/self/statm, in pages.
  private static func residentBytes() -> Int? {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return nil }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}

/// Lines of metrics, each with its HELP and TYPE before it.
private struct ExpositionPage {
  enum Kind: String { case counter, gauge }

  private(set) var text = ""

  mutating func add(_ name: String, _ kind: Kind, _ help: String, _ value: Int) {
    add(name, kind, help, [(labels: "", value: value)])
  }

  mutating func add(
    _ name: String, _ kind: Kind, _ help: String, _ samples: [(labels: String, value: Int)]
  ) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    for sample in samples { text += "\(name)\(sample.labels) \(sample.value)\n" }
  }
}
