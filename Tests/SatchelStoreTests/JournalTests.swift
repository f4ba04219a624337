import Foundation
import GRDB
import SatchelCore
import SatchelTestSupport
import SatchelTutor
import Testing

@testable import SatchelStore

private typealias Record = SatchelCore.Record

@Suite struct `The journal` {
  @Test func `numbers a learner's records 1, 2, 3`() throws {
    var world = try StoreWorld()
    let places = try (0..<3).map { _ in try world.answer("a") }
    let other = try world.answer("a", by: StoreWorld.tom)
    #expect(places.map(\.number) == [1, 2, 3])
    #expect(Set(places.map(\.stream)).count == 1)
    #expect(other.number == 1 && other.stream != places[0].stream)
    try world.store.expectHealthy()
  }

  @Test func `is the same before and after its tail is sealed`() throws {
    var world = try StoreWorld()
    try world.answers(300)
    let before = try world.store.journalText()
    let fingerprint = try world.store.summary(of: .everyone)
    try world.store.sealTails()
    #expect(try world.store.journalText() == before)
    #expect(try world.store.summary(of: .everyone) == fingerprint)
    try world.store.expectHealthy()
  }

  @Test func `takes many at once as it takes one by one`() throws {
    var (one, many) = (try StoreWorld(), try StoreWorld())
    try one.answers(40)
    var drafts: [Draft] = []
    try one.store.forEachRecord { placed in
      drafts += placed.map {
        Draft(
          learner: $0.record.learner, event: $0.record.event,
          wallMilliseconds: $0.record.wallMilliseconds)
      }
    }
    many.wall = one.wall
    try many.store.append(
      drafts, from: 0, at: DeviceMoment(wallMilliseconds: many.wall, session: 1))
    #expect(try many.store.fold(of: StoreWorld.mei) == one.store.fold(of: StoreWorld.mei))
    try many.store.expectHealthy()
  }

  @Test func `keeps what was folded equal to a fold from nothing`() throws {
    var world = try StoreWorld()
    try world.answers(120)
    try world.answers(30, by: StoreWorld.tom)
    let folded = try world.store.fold(of: StoreWorld.mei)
    try world.store.rebuildProjections()
    #expect(try world.store.fold(of: StoreWorld.mei) == folded)
    try world.store.expectHealthy()
  }

  @Test func `folds anew at open what another version folded`() throws {
    var world = try StoreWorld()
    try world.answers(20)
    let folded = try world.store.fold(of: StoreWorld.mei)
    try world.store.pool.write { db in
      try db.execute(sql: "UPDATE ledger SET projection = 999; DELETE FROM mastery")
    }
    try world.store.close()
    #expect(try world.reopened().fold(of: StoreWorld.mei) == folded)
  }

  @Test func `folds at open what a hub added without folding`() throws {
    var world = try StoreWorld()
    try world.answers(20)
    let hub = try Store(at: world.url, creating: false, projection: nil)
    _ = try hub.append(
      Draft(
        learner: StoreWorld.mei, event: .view(View(item: ItemID(checked: "v"), skills: [])),
        wallMilliseconds: world.wall), at: DeviceMoment(wallMilliseconds: world.wall, session: 1))
    try hub.close()
    let reopened = try world.reopened()
    try reopened.expectHealthy()
    #expect(try reopened.fold(of: StoreWorld.mei).items[ItemID(checked: "v")] != nil)
  }

  @Test(arguments: [
    "UPDATE segment SET bytes = zeroblob(length(bytes))",
    "UPDATE stream SET head_number = head_number + 1",
    "UPDATE ledger SET records = records + 1",
    "UPDATE item_progress SET state = x'00'",
    "DELETE FROM mastery",
    "UPDATE segment SET signature = zeroblob(64)",
  ])
  func `shows the doctor what was tampered with`(sql: String) throws {
    var world = try StoreWorld()
    try world.answers(40)
    try world.store.sealTails()
    try world.store.expectHealthy()
    try world.store.pool.write { try $0.execute(sql: sql) }
    #expect(try !world.store.examine(.deep).isHealthy)
  }

  @Test func `takes records of two handles on one file, with none lost`() async throws {
    let world = try StoreWorld()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for handle in 0..<4 {
        let store = try world.reopened()
        group.addTask {
          for number in 0..<25 {
            _ = try store.append(
              Draft(
                learner: StoreWorld.mei,
                event: .view(View(item: ItemID(checked: "v\(handle)-\(number)"), skills: [])),
                wallMilliseconds: 5), at: DeviceMoment(wallMilliseconds: 5, session: 1))
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try world.store.recordCount(of: StoreWorld.mei) == 100)
    try world.store.expectHealthy()
  }

  @Test func `answers per-answer queries from indexes alone`() throws {
    let world = try StoreWorld()
    let queries = [
      "SELECT id FROM stream WHERE stream = x''", "SELECT id FROM learner WHERE learner = x''",
      "SELECT bytes FROM tail WHERE stream = 1 ORDER BY number",
      "SELECT bytes FROM segment WHERE stream = 1 ORDER BY first",
      "SELECT state FROM mastery WHERE learner = 1 AND skill = 1",
      "SELECT state FROM item_progress WHERE learner = 1 AND item = 1",
      "SELECT * FROM segment WHERE arrival > 5 ORDER BY arrival",
      "SELECT id FROM item WHERE key = ''",
    ]
    for query in queries {
      let plan = try world.store.pool.read { db in
        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + query).map { $0["detail"] as String }
      }
      #expect(!plan.joined().contains("SCAN"), "\(query): \(plan)")
    }
  }
}
