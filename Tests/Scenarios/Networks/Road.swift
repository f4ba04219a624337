import Foundation
import Satchel
import SatchelHub
import SatchelStore
import SatchelTestSupport
import Synchronization
import Testing

/// A laptop whose one road to its hub leads through a proxy that breaks.
final class Road: Sendable {
  static let mei = LearnerID(high: 0, low: 1)

  let school: School
  let laptop: Replica
  let proxy: CutProxy

  /// - Parameter gateway: what else stands in the way, between proxy and hub.
  init(gateway: ScriptedServer? = nil, school: School? = nil, keepsBytes: Bool = false)
    async throws
  {
    self.gateway = gateway
    if let school { self.school = school } else { self.school = try await School(isVolatile: true) }
    laptop = try self.school.laptop("laptop")
    proxy = try CutProxy(to: gateway?.port ?? self.school.port, keepsBytes: keepsBytes)
  }

  // Kept for as long as the road is there.
  private let gateway: ScriptedServer?

  /// What became of one round.
  struct Outcome {
    /// `nil` when it was cut.
    let report: SyncReport?
    let error: SatchelError?
    /// Acknowledged before the round ended, however it ended.
    let sent: Int
    let received: Int
    let time: Duration
  }

  func sync(stallSeconds: Int = 60) async -> Outcome {
    let last = Mutex((sent: 0, received: 0))
    var options = SyncOptions()
    options.stallSeconds = stallSeconds
    // What is wrong with the road is decided connection by connection.
    options.keepSeconds = 0
    let start = ContinuousClock.now
    let result: Result<SyncReport, SatchelError>
    do throws(SatchelError) {
      result = .success(
        try await laptop.sync(with: proxy.url, options: options) { progress in
          last.withLock { $0 = (progress.recordsSent, progress.recordsReceived) }
        })
    } catch {
      result = .failure(error)
    }
    let counts = last.withLock { $0 }
    let time = ContinuousClock.now - start
    switch result {
    case .success(let report):
      return Outcome(
        report: report, error: nil, sent: counts.sent, received: counts.received, time: time)
    case .failure(let error):
      return Outcome(
        report: nil, error: error, sent: counts.sent, received: counts.received, time: time)
    }
  }

  /// Both stores hold the same, each record once, and nothing in them is damaged.
  func expectOneTruth(records: Int, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let (here, there) = (try recordIDs(of: laptop.store), try recordIDs(of: school.hub))
    #expect(here.count == records, sourceLocation: sourceLocation)
    #expect(Set(here).count == here.count, sourceLocation: sourceLocation)
    #expect(here == there, sourceLocation: sourceLocation)
    for store in [laptop.store, school.hub] {
      #expect(try store.examine(.deep).problems == [], sourceLocation: sourceLocation)
    }
  }
}

extension SyncOptions {
  /// Each round on a connection of its own.
  static var closing: SyncOptions {
    var options = SyncOptions()
    options.keepSeconds = 0
    return options
  }
}

extension Store {
  static let now: Int64 = 1_790_000_000_000

  /// One answer, recorded durably.
  func answer(_ item: String = "adding", by learner: LearnerID = Road.mei) throws {
    let attempt = Attempt(item: ItemID(checked: item), skills: [], isCorrect: true)
    _ = try append(
      Draft(learner: learner, event: .attempt(attempt), wallMilliseconds: Self.now),
      at: DeviceMoment(wallMilliseconds: Self.now, session: 1))
  }

  /// Records of 1,000 bytes that no compression makes smaller; those of a stream travel together.
  func fill(_ count: Int, toAStream most: Int = 50, _ dice: inout Dice) throws {
    for start in stride(from: 0, to: count, by: most) {
      let drafts = try (start..<min(count, start + most)).map { _ in
        let words = (0..<125).map { _ in dice.next() }
        let value = words.withUnsafeBytes { Array($0) }
        return Draft(
          learner: Road.mei, event: .setting(try Setting(name: "drawing", value: value)),
          wallMilliseconds: Self.now)
      }
      try append(
        drafts, from: dice.next(), at: DeviceMoment(wallMilliseconds: Self.now, session: 1))
    }
  }
}

/// Every record's name, sorted; a record that stood twice would show twice.
func recordIDs(of store: Store) throws -> [String] {
  var out: [String] = []
  try store.forEachRecord { out += $0.map(\.record.id.description) }
  return out.sorted()
}
