public import SatchelCore

/// A plan to a goal: what to do in which order, if all goes as the tutor expects.
public struct LearningPath: Hashable, Sendable {
  /// One thing to do.
  public struct Step: Hashable, Sendable {
    public let item: ItemID
    /// The main skill of the item.
    public let skill: SkillID?
    /// By how much the step is expected to raise mastery, on average over the goal and all that leads to it, -1...1.
    public let expectedGain: Double
    /// The chance of a right answer when its turn has come, 0...1.
    public let probabilityCorrect: Double
    /// Why this now: the strongest first.
    public let reasons: [Reason]
  }

  public let steps: [Step]
  /// Mastery of the goal now, 0...1.
  public let mastery: Double
  /// The same after the last step.
  public let expectedMastery: Double
}

extension Tutor {
  /// Time that one step of a plan is taken to need.
  private static let stepMilliseconds: Int64 = 30_000

  /// Plans the way to a goal by playing it: each step is what ``recommend(from:fold:bias:goal:nowMilliseconds:limit:)``
  /// says first among the items of the goal and of what leads to it, answered as is likelier, and folded like a real answer,
  /// until the goal counts as mastered.
  ///
  /// Cost: a recommendation a step.
  ///
  /// - Parameters:
  ///   - course: made by this tutor's ``prepare(candidates:prerequisites:)``.
  ///   - fold: all rows of the learner.
  ///   - stepsMax: at most so many steps.
  package func plan(
    from course: PreparedCourse, fold: LearnerFold, bias: PersonalBias, goal: SkillID,
    nowMilliseconds: Int64, stepsMax: Int
  ) -> LearningPath {
    let way = Way(self, course, bias, goal)
    let course = way.course
    var (fold, now) = (fold, nowMilliseconds)
    var standing = way.standing(fold, now)
    let start = standing
    var steps: [LearningPath.Step] = []
    while steps.count < stepsMax, standing.goal < Double(Path.mastered) {
      let best = recommend(
        from: course, fold: fold, bias: bias, goal: goal, nowMilliseconds: now, limit: 1)
      guard let next = best.first, let index = course.indexOfItem[next.item] else { break }
      let skills = course.candidates[index].skills
      now += Self.stepMilliseconds
      let answered = [true, false].map { isCorrect in
        let after = way.fold(fold, answering: next.item, skills, isCorrect, at: now)
        return (fold: after, standing: way.standing(after, now))
      }
      let chance = next.probabilityCorrect
      let mean = chance * answered[0].standing.mean + (1 - chance) * answered[1].standing.mean
      steps.append(
        LearningPath.Step(
          item: next.item, skill: skills.first, expectedGain: mean - standing.mean,
          probabilityCorrect: chance, reasons: next.reasons))
      (fold, standing) = chance >= 0.5 ? answered[0] : answered[1]
    }
    return LearningPath(steps: steps, mastery: start.goal, expectedMastery: standing.goal)
  }
}

/// A goal and what leads to it.
private struct Way {
  private let tutor: Tutor
  private let bias: PersonalBias
  /// The goal first, then its prerequisites and theirs.
  private let skills: [SkillID]
  /// The items that exercise one of those skills.
  let course: PreparedCourse
  /// Those skills and no item: all that is needed to tell mastery.
  private let map: PreparedCourse

  init(_ tutor: Tutor, _ course: PreparedCourse, _ bias: PersonalBias, _ goal: SkillID) {
    self.tutor = tutor
    self.bias = bias
    var indices = course.indexOfSkill[goal].map { [$0] } ?? []
    var known = Set(indices)
    var next = 0
    while next < indices.count {
      let before = course.prerequisites[indices[next]].filter { known.insert($0).inserted }
      indices += before
      next += 1
    }
    skills = indices.isEmpty ? [goal] : indices.map { course.skills[$0] }
    let prerequisites = indices.map { index in
      (course.skills[index], course.prerequisites[index].map { course.skills[$0] })
    }
    self.course = tutor.prepare(
      candidates: course.candidates.filter { [skills] in $0.skills.contains(where: skills.contains)
      },
      prerequisites: Dictionary(uniqueKeysWithValues: prerequisites))
    map = tutor.prepare(
      candidates: [], prerequisites: Dictionary(uniqueKeysWithValues: skills.map { ($0, []) }))
  }

  /// Mastery of the goal, and the mean over all of the way, 0...1.
  func standing(_ fold: LearnerFold, _ nowMilliseconds: Int64) -> (goal: Double, mean: Double) {
    let rows = LearnerFold(learner: fold.learner, skills: fold.skills)
    let view = LearnerView(tutor, map, rows, bias: bias, nowMilliseconds: nowMilliseconds)
    let mastery = SkillMap(view, goal: nil).mastery
    let goal = map.indexOfSkill[skills[0]].map { Double(mastery[$0]) } ?? 0
    return (goal, mastery.reduce(0) { $0 + Double($1) } / Double(max(1, mastery.count)))
  }

  /// The learner's rows after one more answer.
  func fold(
    _ fold: LearnerFold, answering item: ItemID, _ skills: [SkillID], _ isCorrect: Bool,
    at milliseconds: Int64
  ) -> LearnerFold {
    var after = fold
    let record = Record(
      learner: LearnerID(high: 0, low: 0), author: ReplicaID(high: 0, low: 0),
      time: HybridTime(milliseconds: milliseconds), wallMilliseconds: milliseconds, session: 0,
      event: .attempt(Attempt(item: item, skills: skills, isCorrect: isCorrect)))
    TutorProjection().fold([record], into: &after)
    return after
  }
}
