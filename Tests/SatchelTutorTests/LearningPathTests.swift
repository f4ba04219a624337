import SatchelCore
import Testing

@testable import SatchelTutor

@Suite struct `A learning path` {
  private let goal = SkillID(checked: "fractions")

  private func plan(
    _ tutor: Tutor = Tutor(), for fold: LearnerFold = LearnerFold(), to goal: String,
    steps: Int = 40
  ) -> LearningPath {
    let course = tutor.prepare(
      candidates: School.candidates, prerequisites: School.prerequisites)
    return tutor.plan(
      from: course, fold: fold, bias: PersonalBias(), goal: SkillID(checked: goal),
      nowMilliseconds: Diary.start + Diary.day, stepsMax: steps)
  }

  @Test func `begins with what the goal rests on, and comes to the goal`() {
    let path = plan(to: "fractions")
    #expect(path.steps.first?.skill?.text == "adding")
    let first = School.skills.compactMap { skill in
      path.steps.firstIndex { $0.skill?.text == skill }
    }
    #expect(first.count == 3)
    #expect(first == first.sorted())
    #expect(path.expectedMastery > path.mastery)
  }

  @Test func `holds nothing that does not lead to the goal`() {
    let path = plan(to: "multiplying")
    #expect(!path.steps.isEmpty)
    #expect(path.steps.allSatisfy { $0.skill?.text != "fractions" })
  }

  @Test func `tells gains that lie in their range, with a reason each`() {
    for tutor in [Tutor(), Tutor(weights: .random(seed: 5))] {
      for step in plan(tutor, to: "fractions").steps {
        #expect((-1...1).contains(step.expectedGain))
        #expect((0...1).contains(step.probabilityCorrect))
        #expect(!step.reasons.isEmpty)
      }
    }
  }

  @Test func `ends when the goal counts as mastered`() {
    var diary = Diary()
    for round in 0..<8 { diary.answers("adding-\(round % 4)", true) }
    let path = plan(for: diary.fold, to: "adding")
    #expect(path.mastery >= Double(Path.mastered))
    #expect(path.steps.isEmpty)
    #expect(path.expectedMastery == path.mastery)
  }

  @Test func `is short when it is asked to be, and begins alike`() {
    let (long, short) = (plan(to: "fractions"), plan(to: "fractions", steps: 3))
    #expect(short.steps == Array(long.steps.prefix(3)))
    #expect(plan(to: "fractions", steps: 0).steps.isEmpty)
  }

  @Test func `to a skill without items is empty`() {
    #expect(plan(to: "unheard-of").steps.isEmpty)
  }
}
