import SatchelCore
import SatchelTutor
import Testing

@testable import SatchelTraining

/// What the tutor does where it knows nothing yet: of the learner, of the item, of the course, or of anything.
@Suite struct `A cold start` {
  /// A class that the model learned from, and one that it has never seen.
  private static let trained = Result {
    try Trainer(options: Classroom.quick(epochs: 4)).train(
      Classroom.rows(learners: 60, answers: 50)
    ).weights
  }

  private func tutor() throws -> Tutor { Tutor(weights: try Self.trained.get()) }

  private func chance(
    _ tutor: Tutor, _ item: String, skills: [SkillID] = [], difficulty: Double? = nil
  ) throws -> Double {
    tutor.predict(
      item: try ItemID(item), skills: skills, difficulty: difficulty, fold: LearnerFold(),
      nowMilliseconds: 0)
  }

  @Test func `foretells a new learner's first answer by how hard the item was for others`() throws {
    let (tutor, strangers) = (try tutor(), try Classroom.rows(learners: 150, answers: 1, seed: 5))
    let chances = try strangers.map { row in
      try chance(tutor, row.item.text, skills: row.skills)
    }
    #expect(Metrics.auc(chances, strangers.map(\.isCorrect)) > 0.55)
    let mean = chances.reduce(0, +) / Double(chances.count)
    let share = Double(strangers.count { $0.isCorrect }) / Double(strangers.count)
    #expect((mean - share).magnitude < 0.12)
  }

  @Test func `takes a new item for a typical one of its skill, shifted by its author's word`()
    throws
  {
    let (tutor, skill) = (try tutor(), try #require(Classroom.content.skills.first).id)
    let chances = try [0.1, 0.5, 0.9].map {
      try chance(tutor, "never-seen", skills: [skill], difficulty: $0)
    }
    #expect(chances[0] > chances[1] && chances[1] > chances[2])
    // Without a word from the author it is as good as the middling one.
    let plain = try chance(tutor, "never-seen", skills: [skill])
    #expect((plain - chances[1]).magnitude < 1e-6)
    // And the skill is known: it is not what an item of no known skill would be.
    #expect(plain != (try chance(tutor, "never-seen")))
  }

  @Test func `walks a new course from its beginning, by its prerequisites`() throws {
    let tutor = try tutor()
    let skills = try ["first", "second", "third"].map { try SkillID($0) }
    let course = tutor.prepare(
      candidates: try (0..<9).map { number in
        Candidate(
          item: try ItemID("new-\(number)"), skills: [skills[number / 3]],
          difficulty: 0.3 + 0.05 * Double(number), position: number)
      }, prerequisites: [skills[1]: [skills[0]], skills[2]: [skills[1]]])
    let ranking = tutor.recommend(
      from: course, fold: LearnerFold(), goal: nil, nowMilliseconds: 0, limit: 9)
    #expect(ranking.prefix(3).allSatisfy { ["new-0", "new-1", "new-2"].contains($0.item.text) })
    #expect(ranking.suffix(3).allSatisfy { ["new-6", "new-7", "new-8"].contains($0.item.text) })
    #expect(ranking.allSatisfy { (0.02...0.98).contains($0.probabilityCorrect) })
  }

  @Test func `has a working model in an empty store`() throws {
    let chances = try [0.0, 0.5, 1.0].map { try chance(Tutor(), "anything", difficulty: $0) }
    #expect(chances[0] > chances[1] && chances[1] > chances[2])
    #expect((0.6...0.75).contains(chances[1]))
  }

  @Test func `learns of a new learner within a few answers`() throws {
    let tutor = try tutor()
    let skill = try #require(Classroom.content.skills.first).id
    func chance(after answers: [Bool]) throws -> Double {
      var fold = LearnerFold()
      for (number, isCorrect) in answers.enumerated() {
        let record = Record(
          learner: LearnerID(high: 1, low: 1), author: ReplicaID(high: 1, low: 1),
          time: HybridTime(bits: UInt64(number + 1)), wallMilliseconds: Int64(number) * 60_000,
          session: 1,
          event: .attempt(
            Attempt(item: try ItemID("probe-\(number)"), skills: [skill], isCorrect: isCorrect)))
        TutorProjection().fold([record], into: &fold)
      }
      return tutor.predict(
        item: try ItemID("next"), skills: [skill], difficulty: nil, fold: fold,
        nowMilliseconds: 600_000)
    }
    // Who answers learns, also by being wrong: so it is against each other that the two are held.
    let right = try (1...5).map { try chance(after: Array(repeating: true, count: $0)) }
    let wrong = try (1...5).map { try chance(after: Array(repeating: false, count: $0)) }
    #expect(try right[4] > chance(after: []))
    #expect(zip(right, wrong).allSatisfy { $0 > $1 })
    #expect(right[4] - wrong[4] > 0.1)
  }
}
