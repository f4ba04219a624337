import Foundation
import SatchelCore
import SatchelStore
import SatchelSync
import SatchelTestSupport
import Testing

@Suite struct `The program satchel-hub` {
  @Test func `killed amid a stream of rounds keeps all that it acknowledged`() async throws {
    let (scratch, laptops) = (try Scratch(), try (0..<3).map { _ in try Laptop() })
    let file = scratch.file("hub.sqlite")
    _ = try Store(at: file, creating: true, projection: nil).establishHubIdentity()

    for life in 0..<3 {
      let hub = try HubProgram(store: file)
      let url = hub.url
      let (rounds, finished) = AsyncStream.makeStream(of: Void.self)
      let acknowledged = try await withThrowingTaskGroup(of: [String].self) { group in
        for laptop in laptops {
          group.addTask { try await Self.syncUntilCut(laptop, url, life) { finished.yield() } }
        }
        // By rounds and not by time, so that a slow machine kills it amid them as well.
        for await _ in rounds.prefix(5 + 2 * life) {}
        #expect(hub.end(by: SIGKILL) == -SIGKILL)
        return try await group.reduce(into: [String]()) { $0 += $1 }
      }

      let store = try Store(at: file, creating: false, projection: nil)
      let kept = Set(try recordIDs(of: store))
      #expect(!acknowledged.isEmpty)
      #expect(Set(acknowledged).isSubset(of: kept))
      #expect(try store.examine(.deep).problems == [])
      try store.close()
    }

    let hub = try HubProgram(store: file)
    for laptop in laptops + laptops {
      #expect(try await laptop.sync(with: hub.url).converged)
    }
    #expect(try Set(laptops.map { try recordIDs(of: $0.store) }).count == 1)
    #expect(hub.end(by: SIGTERM) == 0)
  }

  /// Answers and syncs until the hub is gone; what each finished round had acknowledged.
  private static func syncUntilCut(
    _ laptop: Laptop, _ url: String, _ life: Int, finished: @Sendable () -> Void
  ) async throws -> [String] {
    var acknowledged: [String] = []
    for number in 0..<10_000 {
      try laptop.answer("life\(life)-\(number)", by: number.isMultiple(of: 2) ? mei : tom)
      let held = try recordIDs(of: laptop.store)
      do {
        try await laptop.sync(with: url)
      } catch let error as SatchelError where error.code == .hubUnreachable {
        return acknowledged
      }
      acknowledged = held
      finished()
    }
    return acknowledged
  }

  @Test func `ends with 0 when it is asked to, also with a connection open`() async throws {
    let (scratch, one) = (try Scratch(), try Laptop())
    let file = scratch.file("hub.sqlite")
    let hub = try HubProgram(store: Store(at: file, creating: true, projection: nil).url)
    try await one.sync(with: hub.url)
    #expect(hub.end(by: SIGTERM) == 0)
  }
}
