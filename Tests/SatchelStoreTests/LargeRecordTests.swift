import SatchelCore
import SatchelTestSupport
import Testing

@testable import SatchelStore

@Suite struct `Records of a kilobyte each` {
  private func setting(_ dice: inout Dice) throws -> Event {
    let value = (0..<Setting.valueBytesMax).map { _ in UInt8.random(in: 0...255, using: &dice) }
    return .setting(try Setting(name: "drawing", value: value))
  }

  /// What no compression makes smaller: a thousand of them are more than one segment may hold.
  @Test func `are packed so that they can be read again, at once and one by one`() throws {
    var dice = Dice.thrown(for: "records of a kilobyte")
    let world = try StoreWorld()
    let moment = DeviceMoment(wallMilliseconds: world.wall, session: 1)
    let drafts = try (0..<1000).map { _ in
      Draft(
        learner: StoreWorld.mei, event: try setting(&dice), wallMilliseconds: world.wall)
    }

    try world.store.append(drafts, from: 7, at: moment)
    for draft in drafts.prefix(300) {
      _ = try world.store.append(draft, at: moment)
    }

    let batch = try world.store.segments(
      after: 0, of: .everyone, notFrom: nil, bytesMax: .max)
    #expect(batch.segments.reduce(0) { $0 + $1.count } == 1300)
    #expect(batch.segments.allSatisfy { $0.bytes.count <= Segment.sealedBytesMax })
    #expect(try world.store.journalText().count == 1300)
    try world.store.expectHealthy()
  }
}
