import SatchelCore
import SatchelStore
import SatchelTestSupport
import Testing

@testable import SatchelSync

private let day: Int64 = 86_400_000
/// What the hub of these tests says: 2025-06-15.
private let today: Int64 = 1_750_000_000_000

/// Promise 8: a wrong clock is not a fault.
@Suite struct `A laptop whose clock is wrong` {
  let mei = LearnerID(high: 0, low: 1)

  @Test(arguments: [
    40 * day, 946_684_800_000, 2_147_483_647_000, 2_147_483_648_000, 3_786_912_000_000,
  ])
  func `records, syncs, and is corrected at the next meeting`(wrong: Int64) async throws {
    let (hub, late, right) = (try Machine(folds: false), try Machine(), try Machine())
    // The true order: late-1, right-1, late-2.
    let error = wrong - today
    try late.answer("late-1", by: mei, wall: today - 3 * day + error, session: 7)
    try right.answer("right-1", by: mei, wall: today - 2 * day)
    try late.answer("late-2", by: mei, wall: today - day + error, session: 7)
    try await right.sync(with: hub, at: DeviceMoment(wallMilliseconds: today, session: 1))

    let moment = DeviceMoment(wallMilliseconds: today + error, session: 7)
    #expect(try await late.sync(with: hub, at: moment).converged)
    #expect(try await right.sync(with: hub).converged)

    #expect(try right.items(of: mei) == ["late-1", "right-1", "late-2"])
    #expect(try late.items(of: mei) == ["late-1", "right-1", "late-2"])
    #expect(try late.folds() == right.folds())
    // What it records from here on is right, though its clock is not.
    try late.answer("late-3", by: mei, wall: today + day + error, session: 7)
    let last = try #require(try late.lessons(of: mei).last)
    #expect(last.wallMilliseconds == today + day)
    #expect(abs(last.time.milliseconds - (today + day)) < 60_000)
    for machine in [late, right] { #expect(try machine.store.examine(.deep).problems == []) }
  }

  @Test func `drags nobody along into the future`() async throws {
    let (hub, future, right) = (try Machine(folds: false), try Machine(), try Machine())
    let wrong = today + 64 * 365 * day
    try future.answer("future", by: mei, wall: wrong, session: 7)
    // The hub's keeper never corrected it: the records arrive as they are.
    try await future.sync(with: hub)
    try await right.sync(with: hub)

    try right.answer("right", by: mei, wall: today, session: 1)

    let own = try #require(
      try right.lessons(of: mei).first { $0.event.item?.text == "right" })
    #expect(own.time.milliseconds <= today + HybridClock.driftMillisecondsMax + 1)
  }

  /// After years in the future the hybrid clock would stay there: the replica starts anew under a new key.
  @Test func `starts anew when its own clock ran far ahead`() async throws {
    let (hub, laptop) = (try Machine(folds: false), try Machine())
    try laptop.answer("in 2090", by: mei, wall: today + 64 * 365 * day, session: 7)
    // The battery was changed, and the clock set, before it ever met the hub.
    try laptop.answer("now", by: mei, wall: today - 1000, session: 8)

    let report = try await laptop.sync(
      with: hub, at: DeviceMoment(wallMilliseconds: today, session: 8))
    try laptop.answer("later", by: mei, wall: today + day, session: 8)

    #expect(report.converged)
    #expect(try laptop.store.establishIdentity().publicKey != laptop.key.publicKey)
    #expect(try laptop.items(of: mei) == ["in 2090", "now", "later"])
    let times = try laptop.lessons(of: mei).map(\.time.milliseconds)
    #expect(times.allSatisfy { $0 <= today + day })
  }

  /// One device's order is kept, whatever its clock does between records and between runs.
  @Test(arguments: 0..<8)
  func `keeps its own order`(run: Int) async throws {
    var dice = Dice.thrown(for: "clocks \(run)")
    let (hub, laptop, other) = (try Machine(folds: false), try Machine(), try Machine())
    var order: [String] = []
    for session in 0..<5 {
      let error = Int64(dice.roll(-60...70)) * 365 * day
      for _ in 0..<dice.roll(1...4) {
        order.append("item-\(order.count)")
        let wall = today + Int64(order.count) * 1000 + error
        try laptop.answer(order.last ?? "", by: mei, wall: wall, session: UInt32(session * 2 + 10))
      }
      if dice.chance(2) {
        let now = today + Int64(order.count) * 1000
        let moment = DeviceMoment(
          wallMilliseconds: now + error, session: UInt32(session * 2 + 10))
        #expect(try await laptop.sync(with: hub, at: moment, hubTime: now).converged)
      }
    }
    #expect(try await laptop.sync(with: hub).converged)
    #expect(try await other.sync(with: hub).converged)
    #expect(try other.items(of: mei) == order)
    #expect(try other.folds() == laptop.folds())
  }

  /// An anchor speaks of its author's clock alone.
  @Test func `cannot move another's records`() throws {
    let (mine, theirs) = (ReplicaID(high: 1, low: 1), ReplicaID(high: 2, low: 2))
    func record(_ author: ReplicaID, _ event: Event) -> Record {
      Record(
        learner: mei, author: author, time: HybridTime(milliseconds: today),
        wallMilliseconds: today, session: 7, event: event)
    }
    let view = Event.view(View(item: ItemID(checked: "a"), skills: []))
    let anchor = Event.anchor(Anchor(session: 7, offsetMilliseconds: -day))
    let ordered = Timeline.ordered([record(mine, view), record(theirs, anchor)])
    #expect(ordered.first { $0.author == mine }?.time.milliseconds == today)
  }

  /// A session that was corrected forward, and one after it that no hub has corrected yet.
  @Test func `that was corrected once keeps its order while it is wrong again`() {
    let author = ReplicaID(high: 1, low: 1)
    func record(_ name: String, at milliseconds: Int64, session: UInt32) -> Record {
      Record(
        learner: mei, author: author, time: HybridTime(milliseconds: milliseconds),
        wallMilliseconds: milliseconds, session: session,
        event: .view(View(item: ItemID(checked: name), skills: [])))
    }
    let anchor = Record(
      learner: mei, author: author, time: HybridTime(milliseconds: 41 * day),
      wallMilliseconds: today, session: 8,
      event: .anchor(Anchor(session: 7, offsetMilliseconds: today - 41 * day)))
    let first = record("first", at: 40 * day, session: 7)
    let second = record("second", at: 42 * day, session: 9)
    for order in [[first, anchor, second], [second, anchor, first]] {
      let names = Timeline.ordered(order).compactMap { $0.event.item?.text }
      #expect(names == ["first", "second"])
    }
  }

  @Test func `may say anything of its clock`() {
    for offset in [Int64.min, -1, 0, 1, Int64.max] {
      for time in [Int64.min, 0, today, Int64.max] {
        let record = Record(
          learner: mei, author: ReplicaID(high: 1, low: 1), time: HybridTime(milliseconds: time),
          wallMilliseconds: time, session: 7,
          event: .anchor(Anchor(session: 7, offsetMilliseconds: offset)))
        #expect(Timeline.ordered([record, record]).count == 2)
      }
    }
  }
}

extension Machine {
  /// Her answers as they are folded.
  func lessons(of learner: LearnerID) throws -> [SatchelCore.Record] {
    var out: [SatchelCore.Record] = []
    try store.forEachRecord(of: learner) { out += $0.map(\.record) }
    return Timeline.ordered(out).filter { $0.event.item != nil }
  }

  func items(of learner: LearnerID) throws -> [String] {
    try lessons(of: learner).compactMap { $0.event.item?.text }
  }
}
