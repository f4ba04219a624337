package import SatchelCore

/// Records as a wild class would write them: every kind, every optional part, clocks that jump.
package struct RandomRecords {
  private let items: [ItemID]
  private let skills: [SkillID]

  package init() {
    items = (0..<30).map { ItemID(checked: "item-\($0)") } + [ItemID(checked: "分数-1")]
    skills = (0..<6).map { SkillID(checked: "skill-\($0)") }
  }

  package func event(_ dice: inout Dice) -> Event {
    let item = dice.pick(items)
    let own = skills.filter { _ in dice.chance(3) }
    switch dice.roll(1...10) {
    case 1:
      return .view(View(item: item, skills: own, durationMilliseconds: maybe(&dice)))
    case 2:
      return .feedback(Feedback(item: item, skills: own, kind: dice.pick(Feedback.Kind.allCases)))
    case 3:
      let value = (0..<dice.roll(0...20)).map { _ in UInt8.random(in: 0...255, using: &dice) }
      return (try? Setting(name: "goal", value: value)).map(Event.setting)
        ?? .view(View(item: item, skills: own))
    default:
      return .attempt(
        Attempt(
          item: item, skills: own, isCorrect: dice.chance(2),
          scorePermille: dice.chance(3) ? UInt16(dice.roll(0...1000)) : nil,
          durationMilliseconds: maybe(&dice)))
    }
  }

  /// Consecutive records of `stream`; now and then by another author, as after a fork.
  package func records(_ count: Int, of stream: RecordStream, _ dice: inout Dice) -> [Record] {
    var clock = HybridClock()
    var wall: Int64 = 1_700_000_000_000
    let other = ReplicaID(high: 1, low: 2)
    return (0..<count).map { _ in
      wall += Int64(dice.pick([1, 800, 60_000, -31_536_000_000, 31_536_000_000]))
      return Record(
        learner: stream.learner, author: dice.chance(9) ? other : stream.replica,
        time: clock.next(wallMilliseconds: wall), wallMilliseconds: wall &+ Int64(dice.roll(0...3)),
        session: UInt32(dice.roll(1...3)), event: event(&dice))
    }
  }

  private func maybe(_ dice: inout Dice) -> UInt32? {
    dice.chance(2) ? UInt32(dice.roll(0...90_000)) : nil
  }
}
