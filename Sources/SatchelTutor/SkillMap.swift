internal import SatchelCore

/// How far the learner has come with each skill of a course, and what that means for the skills that build on it.
struct SkillMap {
  /// 0...1 for each skill of the course.
  let mastery: [Float]
  /// What the answers to the skill and to those that build on it prove of it, 0...1.
  let proven: [Float]
  /// Steps from each skill up to the goal over prerequisites; `nil` for what does not lead there.
  private let stepsToGoal: [Int?]
  private let hasGoal: Bool
  private let view: LearnerView

  init(_ view: LearnerView, goal: SkillID?) {
    self.view = view
    let course = view.course
    let probabilities = view.typicalProbabilities()
    mastery = zip(probabilities, view.skillStates).map { probability, state in
      SkillProgress.mastery(probability: probability, attempts: Int(state.attempts))
    }
    proven = Self.proven(mastery, course.prerequisites)
    let start = goal.flatMap { course.indexOfSkill[$0] }
    hasGoal = start != nil
    stepsToGoal = Self.steps(from: start, course.prerequisites)
  }

  func situation(of set: [Int]) -> Path.SkillSituation {
    let weakest = set.min { (mastery[$0], $0) < (mastery[$1], $1) }
    let missing = set.flatMap { skill in view.course.prerequisites[skill].filter { $0 != skill } }
      .min { (proven[$0], $0) < (proven[$1], $1) }
    let ease = set.map { Float(view.skillStates[$0].ease) / 100 }.reduce(0, +)
    return Path.SkillSituation(
      mastery: weakest.map { mastery[$0] } ?? 0,
      attempts: set.map { Int(view.skillStates[$0].attempts) }.min() ?? 0,
      readiness: missing.map { min(1, max(0, (proven[$0] - 0.3) / 0.35)) } ?? 1,
      goalCloseness: hasGoal ? set.map(closeness).max() ?? 0 : nil,
      ease: set.isEmpty ? 0 : ease / Float(set.count), weakest: weakest, missing: missing)
  }

  private func closeness(_ skill: Int) -> Float {
    guard let steps = stepsToGoal[skill] else { return 0 }
    // What is mastered leads no further.
    let open = min(1, max(0, (1 - mastery[skill]) / (1 - Path.mastered)))
    return open / (1 + 0.15 * Float(steps))
  }

  /// Who can do what builds on a skill can do the skill: mastery flows down the prerequisites, a tenth less at each
  /// step. As many rounds as the longest chain, at most as many as there are skills; cycles only repeat themselves.
  private static func proven(_ mastery: [Float], _ prerequisites: [[Int]]) -> [Float] {
    var proven = mastery
    for _ in prerequisites.indices {
      var isChanged = false
      for (skill, before) in prerequisites.enumerated() {
        for prerequisite in before where proven[prerequisite] < 0.9 * proven[skill] {
          proven[prerequisite] = 0.9 * proven[skill]
          isChanged = true
        }
      }
      if !isChanged { break }
    }
    return proven
  }

  private static func steps(from goal: Int?, _ prerequisites: [[Int]]) -> [Int?] {
    var steps = [Int?](repeating: nil, count: prerequisites.count)
    guard let goal else { return steps }
    steps[goal] = 0
    var queue = [goal]
    var next = 0
    while next < queue.count {
      let skill = queue[next]
      next += 1
      for prerequisite in prerequisites[skill] where steps[prerequisite] == nil {
        steps[prerequisite] = (steps[skill] ?? 0) + 1
        queue.append(prerequisite)
      }
    }
    return steps
  }
}

extension LearnerView {
  /// The chance of a right answer to a typical, never touched item of each skill of the course.
  func typicalProbabilities() -> [Float] {
    let count = course.skills.count
    guard count > 0 else { return [] }
    var outputs = [Float](repeating: 0, count: count * Network.headStride)
    course.skillSums.withUnsafeBufferPointer { content in
      setSums.withUnsafeBufferPointer { sums in
        pairSums.withUnsafeBufferPointer { pairs in
          guard let content = content.baseAddress, let sums = sums.baseAddress else { return }
          tutor.weights.serving.upperLayers(count: count, into: &outputs) { skill in
            let place = skill * Network.hidden1
            return FirstSums(first: content + place, second: sums + place, third: pairs.baseAddress)
          }
        }
      }
    }
    return (0..<count).map {
      tutor.weights.probability(logit: outputs[$0 * Network.headStride], shift: shift)
    }
  }
}
