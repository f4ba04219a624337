import SatchelTestSupport
import Testing

@testable import SatchelCore

@Suite struct `A batch of records to fold` {
  let stream = RecordStream(
    publicKey: SigningKey.random().publicKey, learner: LearnerID(high: 1, low: 2))

  @Test func `gives each record the places of its own item and skills`() {
    var dice = Dice.thrown(for: "places")
    let records = RandomRecords().records(500, of: stream, &dice)
    let batch = FoldBatch(records)
    for (index, record) in records.enumerated() {
      #expect(batch.item(of: index).map { batch.items[$0] } == record.event.item)
      #expect(batch.skills(of: index).map { batch.skills[$0] } == record.event.skills)
    }
    #expect(Set(batch.items).count == batch.items.count)
    #expect(Set(batch.skills).count == batch.skills.count)
  }

  @Test func `names every list of skills that an item came with`() {
    var dice = Dice.thrown(for: "named")
    let records = RandomRecords().records(500, of: stream, &dice)
    struct Pair: Hashable {
      let item: ItemID
      let skills: [SkillID]
    }
    let batch = FoldBatch(records)
    let expected = records.compactMap { record in
      record.event.item.map { Pair(item: $0, skills: record.event.skills) }
    }
    #expect(
      Set(batch.named.map { Pair(item: batch.items[$0.item], skills: $0.skills) })
        == Set(expected))
  }

  @Test func `counts a skill once that a record names twice`() {
    let (a, b) = (SkillID(checked: "a"), SkillID(checked: "b"))
    let view = View(item: ItemID(checked: "x"), skills: [b, a, b, a])
    let record = Record(
      learner: stream.learner, author: stream.replica, time: HybridTime(bits: 1),
      wallMilliseconds: 0, session: 0, event: .view(view))
    let batch = FoldBatch([record])
    #expect(batch.skills(of: 0).map { batch.skills[$0] } == [b, a])
  }
}
