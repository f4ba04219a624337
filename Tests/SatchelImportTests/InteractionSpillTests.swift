import SatchelCore
import Testing

@testable import SatchelImport

@Suite struct `Rows that are put aside` {
  @Test func `come back learner by learner, each in her order, whatever they hold`() throws {
    var rows: [Interaction] = []
    for number in 0..<3000 {
      rows.append(
        Interaction(
          learner: ["mei", "李雷", "a,\"b\"\n", "", "z\(number % 700)"][number % 5],
          item: try ItemID("item-\(number)"),
          skills: try (0..<number % 4).map { try SkillID("skill-\($0)") },
          isCorrect: number % 3 == 0,
          timestampMilliseconds: number % 7 == 0 ? nil : Int64(number) - 50,
          durationMilliseconds: number % 11 == 0 ? nil : UInt32(number)))
    }
    func back() throws -> [[Interaction]] {
      let spill = try InteractionSpill()
      for row in rows { try spill.append(row) }
      var learners: [[Interaction]] = []
      try spill.forEachLearner { eachRow in
        learners.append([])
        try eachRow { learners[learners.count - 1].append($0) }
      }
      return learners
    }
    let learners = try back()
    #expect(learners.count == Set(rows.map(\.learner)).count)
    for own in learners {
      #expect(own == rows.filter { $0.learner == own.first?.learner })
    }
    #expect(try back() == learners)
  }
}
