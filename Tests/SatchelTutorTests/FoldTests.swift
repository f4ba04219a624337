import SatchelCore
import Testing

@testable import SatchelTutor

@Suite struct `Folding a learner's records` {
  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `in two steps equals folding them in one`(seed: UInt64) {
    var dice = Dice(state: seed)
    let records = Diary.random(150, using: &dice).records
    var whole = LearnerFold()
    TutorProjection().fold(records, into: &whole)

    var steps = LearnerFold()
    var rest = records[...]
    while !rest.isEmpty {
      let count = Int.random(in: 1...40, using: &dice)
      TutorProjection().fold(Array(rest.prefix(count)), into: &steps)
      rest = rest.dropFirst(count)
    }

    #expect(steps == whole, "seed \(seed)")
  }

  @Test func `gives rows of the promised sizes`() {
    var dice = Dice(state: 9)
    let fold = Diary.random(80, using: &dice).fold
    #expect((fold.learner?.count ?? 0) <= 268)
    #expect(fold.skills.values.allSatisfy { $0.count <= 48 })
    #expect(fold.items.values.allSatisfy { $0.count <= 23 })
  }

  @Test(arguments: [5, 6] as [UInt64])
  func `gives rows that read back as they were`(seed: UInt64) {
    var dice = Dice(state: seed)
    let fold = Diary.random(200, using: &dice).fold
    #expect(fold.learnerState.encoded() == fold.learner)
    for (skill, bytes) in fold.skills { #expect(fold.skillState(skill)?.encoded() == bytes) }
    for (item, bytes) in fold.items { #expect(fold.itemState(item)?.encoded() == bytes) }
  }

  @Test func `refuses rows that no fold has written`() {
    var diary = Diary()
    diary.answers("a", true)
    let row = diary.fold.items[ItemID(checked: "a")] ?? []
    #expect(ItemState(bytes: row) != nil)
    #expect(ItemState(bytes: []) == nil)
    #expect(ItemState(bytes: Array(row.prefix(18))) == nil)
    #expect(ItemState(bytes: row + [0]) == nil)
    var newer = row
    newer[0] = 2
    #expect(ItemState(bytes: newer) == nil)
    var impossible = row
    impossible[2] = 9
    #expect(ItemState(bytes: impossible) == nil)
    var notANumber = row
    notANumber.replaceSubrange(12..<16, with: [0, 0, 0xC0, 0x7F])
    #expect(ItemState(bytes: notANumber) == nil)
    #expect(SkillState(bytes: [UInt8](repeating: 255, count: 48)) == nil)
    #expect(LearnerState(bytes: [UInt8](repeating: 255, count: 268)) == nil)
  }

  @Test(arguments: [11, 12] as [UInt64])
  func `survives any bytes in its rows`(seed: UInt64) {
    var dice = Dice(state: seed)
    for _ in 0..<300 {
      func bytes(_ count: Int) -> [UInt8] {
        [1] + (1..<count).map { _ in UInt8.random(in: 0...255, using: &dice) }
      }
      var fold = LearnerFold(learner: bytes(72 + 7 * Int.random(in: 0...28, using: &dice)))
      for item in 0..<12 { fold.items[ItemID(checked: "item-\(item)")] = bytes(23) }
      for skill in 0..<5 { fold.skills[SkillID(checked: "skill-\(skill)")] = bytes(48) }
      let records = Diary.random(4, using: &dice).records
      TutorProjection().fold(records, into: &fold)
      let probability = Tutor().predict(
        item: ItemID(checked: "item-1"), skills: [SkillID(checked: "skill-1")], difficulty: nil,
        fold: fold, nowMilliseconds: .max)
      #expect((0...1).contains(probability), "seed \(seed)")
    }
  }

  @Test func `counts elapsed time below zero as zero`() {
    var forth = Diary()
    forth.answers("a", true)
    forth.answers("a", true, after: 0)
    var back = Diary()
    back.answers("a", true)
    back.answers("a", true, after: -86_400 * 300)

    let item = ItemID(checked: "a")
    #expect(forth.fold.itemState(item)?.memory == back.fold.itemState(item)?.memory)
    let long = Tutor().progress(fold: back.fold, nowMilliseconds: -5)
    #expect(long.skills.count == 1)
  }

  @Test func `keeps what was answered and said`() {
    var diary = Diary()
    diary.answers("a", true)
    diary.answers("a", false)
    diary.answers("b", true, skills: ["adding", "multiplying", "adding"])
    diary.says(.tooHard, of: "a")
    diary.views("c", skills: ["dividing"])
    let fold = diary.fold

    #expect(fold.learnerState.attempts == 3)
    #expect(fold.learnerState.wins == 2)
    #expect(fold.learnerState.itemsMet == 2)
    #expect(fold.learnerState.skillsMet == 2)
    #expect(fold.skillState(SkillID(checked: "adding"))?.attempts == 3)
    #expect(fold.skillState(SkillID(checked: "adding"))?.ease ?? 0 < 0)
    #expect(fold.itemState(ItemID(checked: "a"))?.run == -1)
    #expect(fold.itemState(ItemID(checked: "a"))?.count(of: .tooHard) == 1)
    #expect(fold.itemState(ItemID(checked: "c"))?.views == 1)
    // To look at something exercises no skill.
    #expect(fold.skills[SkillID(checked: "dividing")] == nil)
  }
}

@Suite struct `Memory by FSRS-6` {
  @Test func `starts and grows as the published formulas say`() {
    // By hand from the formulas with the default weights: S = w2; D = w4 - e^(2 w5) + 1.
    let first = Memory(first: .good)
    #expect(first.stabilityDays == 2.3065)
    #expect((first.difficulty - 2.118103970459016).magnitude < 1e-9)
    #expect((first.retrievability(elapsedDays: first.stabilityDays) - 0.9).magnitude < 1e-9)
    #expect((first.intervalDays(retention: 0.9) - first.stabilityDays).magnitude < 1e-9)

    let later = first.reviewed(.good, elapsedSeconds: 3 * 86_400)
    #expect(later.stabilityDays > first.stabilityDays)
    let lapsed = later.reviewed(.again, elapsedSeconds: 30 * 86_400)
    #expect(lapsed.stabilityDays < later.stabilityDays)
    #expect(lapsed.difficulty > later.difficulty)
  }

  @Test func `stays in its ranges whatever comes`() {
    var dice = Dice(state: 3)
    for _ in 0..<40 {
      var memory = Memory(first: Memory.Rating.allCases.randomElement(using: &dice) ?? .good)
      for _ in 0..<20 {
        let rating = Memory.Rating.allCases.randomElement(using: &dice) ?? .good
        memory = memory.reviewed(
          rating, elapsedSeconds: UInt32.random(in: 0...UInt32.max, using: &dice))
        #expect((0.001...36_500).contains(memory.stabilityDays))
        #expect((1...10).contains(memory.difficulty))
      }
    }
  }
}
