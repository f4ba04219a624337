public import SatchelCore

/// How far a learner has come with one skill.
public struct SkillProgress: Hashable, Sendable {
  public let skill: SkillID
  /// 0...1: the chance of a right answer to a typical new item of the skill, held down while there are few answers.
  public let mastery: Double
  /// Answers so far, and right ones among them.
  public let attempts: Int
  public let correct: Int
  /// When a review is or was due: the chance of recall sinks to 0.9. `nil` without times.
  public let dueMilliseconds: Int64?
  /// ``mastery`` in seven days if nothing is practised until then, 0...1.
  public let forecast: Double

  package init(
    skill: SkillID, mastery: Double, attempts: Int, correct: Int, dueMilliseconds: Int64?,
    forecast: Double
  ) {
    self.skill = skill
    self.mastery = mastery
    self.attempts = attempts
    self.correct = correct
    self.dueMilliseconds = dueMilliseconds
    self.forecast = forecast
  }

  /// One answer proves half of what the model foretells, three seven eighths: 1 - 2^-attempts.
  static func mastery(probability: Float, attempts: Int) -> Float {
    probability * (1 - 1 / Float(1 << min(attempts, 20)))
  }
}

/// A learner's progress: each skill ever practised, in order of its key.
public struct LearnerProgress: Hashable, Sendable {
  public let skills: [SkillProgress]
  public let attempts: Int
  public let correct: Int
  /// Different items answered.
  public let itemsMet: Int
  /// When the last answer was given; `nil` before the first.
  public let lastMilliseconds: Int64?

  package init(
    skills: [SkillProgress], attempts: Int, correct: Int, itemsMet: Int, lastMilliseconds: Int64?
  ) {
    self.skills = skills
    self.attempts = attempts
    self.correct = correct
    self.itemsMet = itemsMet
    self.lastMilliseconds = lastMilliseconds
  }
}

extension Tutor {
  static let forecastDays = 7.0

  /// How far the learner has come with each skill she ever practised; O(her skills).
  ///
  /// - Parameter fold: needs the learner's row and those of her skills.
  package func progress(fold: LearnerFold, nowMilliseconds: Int64) -> LearnerProgress {
    let state = fold.learnerState
    let practised = fold.skills.keys.filter { fold.skillState($0)?.attempts ?? 0 > 0 }
    let course = prepare(
      candidates: [], prerequisites: Dictionary(uniqueKeysWithValues: practised.map { ($0, []) }))
    let rows = LearnerFold(learner: fold.learner, skills: fold.skills)
    let view = LearnerView(
      self, course, rows, bias: PersonalBias(), nowMilliseconds: nowMilliseconds)
    let probabilities = view.typicalProbabilities()
    let skills = course.skills.indices.map { index in
      skillProgress(
        course.skills[index], view.skillStates[index], probabilities[index], view.nowSeconds)
    }
    return LearnerProgress(
      skills: skills, attempts: Int(state.attempts), correct: Int(state.wins),
      itemsMet: Int(state.itemsMet),
      lastMilliseconds: state.attempts == 0 ? nil : Int64(state.lastSeconds) * 1000)
  }

  private func skillProgress(
    _ skill: SkillID, _ state: SkillState, _ probability: Float, _ nowSeconds: UInt32
  ) -> SkillProgress {
    let mastery = Double(
      SkillProgress.mastery(probability: probability, attempts: Int(state.attempts)))
    let memory = state.memory
    let elapsed = Double(StateTime.elapsed(from: state.lastSeconds, to: nowSeconds)) / 86_400
    let now = memory?.retrievability(elapsedDays: elapsed) ?? 1
    let later = memory?.retrievability(elapsedDays: elapsed + Self.forecastDays) ?? 1
    let due = memory.map { memory in
      Int64(state.lastSeconds) * 1000 + Int64(memory.stabilityDays * 86_400_000)
    }
    return SkillProgress(
      skill: skill, mastery: mastery, attempts: Int(state.attempts), correct: Int(state.wins),
      dueMilliseconds: state.lastSeconds == 0 ? nil : due, forecast: mastery * later / now)
  }
}
