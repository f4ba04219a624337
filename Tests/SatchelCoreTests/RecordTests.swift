import SatchelTestSupport
import Testing

@testable import SatchelCore

@Suite struct `A record` {
  let record = Record(
    learner: LearnerID(high: 1, low: 2), author: ReplicaID(high: 3, low: 4),
    time: HybridTime(milliseconds: 1_700_000_000_000, counter: 5),
    wallMilliseconds: 1_700_000_000_001, session: 6,
    event: .attempt(
      Attempt(
        item: ItemID(checked: "add-1"), skills: [SkillID(checked: "add")], isCorrect: true,
        scorePermille: 500, durationMilliseconds: 4000)))

  /// Golden: whoever changes this breaks every signature ever made.
  @Test func `has the canonical bytes that the protocol writes down`() {
    #expect(
      Hex.encode(record.canonicalBytes)
        == "0101" + "00000000000000030000000000000004" + "00000000000000010000000000000002"
        + "018bcfe568000005" + "0000018bcfe56801" + "00000006" + "056164642d31" + "0103616464"
        + "07" + "01f4" + "00000fa0")
  }

  @Test func `keeps its name when a fork moves it to another stream`() throws {
    let key = SigningKey.random().publicKey
    let one = RecordStream(publicKey: key, learner: record.learner, nonce: 1)
    let two = RecordStream(publicKey: key, learner: record.learner, nonce: 2)
    let moved = try SegmentCodec.decode(SegmentCodec.encode([record], of: two), of: two)
    #expect(one.start.appending(record).hash != two.start.appending(record).hash)
    #expect(moved.map(\.id) == [record.id])
  }

  @Test func `shares its bytes with no other record`() {
    var dice = Dice.thrown(for: "canonical")
    let stream = RecordStream(publicKey: SigningKey.random().publicKey, learner: record.learner)
    let records = RandomRecords().records(3000, of: stream, &dice)
    #expect(Set(records.map(\.canonicalBytes)).count == Set(records).count)
  }

  @Test func `stands in one order, however a list of records was shuffled`() {
    var dice = Dice.thrown(for: "order")
    let key = SigningKey.random().publicKey
    let records = (0..<4).flatMap { number in
      RandomRecords().records(
        25, of: RecordStream(publicKey: key, learner: record.learner, nonce: UInt64(number)), &dice)
    }
    let ordered = records.sorted(by: RecordOrder.precedes)
    #expect(records.shuffled(using: &dice).sorted(by: RecordOrder.precedes) == ordered)
  }
}
