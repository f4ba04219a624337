package import SatchelCore

extension Tutor {
  /// The best candidates to do next, the best first; ties go by item id.
  ///
  /// Cost: one pass of the network's upper layers over the candidates, and one of the first over the learner's skills
  /// and touched items; 10,000 candidates take a few milliseconds of one thread.
  ///
  /// - Parameters:
  ///   - course: made by this tutor's ``prepare(candidates:prerequisites:)``.
  ///   - fold: all rows of the learner, or at least those of the course's skills and items.
  ///   - bias: what the learner's records say beyond the model.
  ///   - goal: the skill to be reached, if any.
  package func recommend(
    from course: PreparedCourse, fold: LearnerFold, bias: PersonalBias = PersonalBias(),
    goal: SkillID?, nowMilliseconds: Int64, limit: Int
  ) -> [Recommendation] {
    guard limit > 0, !course.candidates.isEmpty else { return [] }
    let view = LearnerView(self, course, fold, bias: bias, nowMilliseconds: nowMilliseconds)
    let map = SkillMap(view, goal: goal)
    let situations = course.skillSets.map(map.situation)
    let outputs = view.outputs()
    var best = BestFew(limit: limit)
    for index in course.candidates.indices {
      let situation = situation(index, view, situations, outputs)
      best.offer(index, score: Path.score(situation), ordinal: course.ordinals[index])
    }
    return best.indices.map { index in
      recommendation(index, view, situation(index, view, situations, outputs))
    }
  }

  /// What speaks for and against one candidate.
  @inline(__always)
  func situation(
    _ index: Int, _ view: LearnerView, _ skills: [Path.SkillSituation], _ outputs: [Float]
  ) -> Path.Situation {
    let place = index * Network.headStride
    var situation = Path.Situation(
      probability: weights.probability(
        logit: outputs[place + Head.correctness.rawValue], shift: view.shift),
      pathValue: logistic(outputs[place + Head.pathValue.rawValue]),
      earliness: view.course.earliness[index],
      skills: skills[view.course.setOfCandidate[index]])
    if !view.affinities.isEmpty { situation.affinity = view.affinities[index] }
    if let item = view.itemState(index) {
      situation.item = item
      if let memory = item.memory {
        let elapsed = StateTime.elapsed(from: item.lastSeconds, to: view.nowSeconds)
        situation.retrievability = Float(
          memory.retrievability(elapsedDays: Double(elapsed) / 86_400))
        situation.answersSince = Int(
          UInt16(truncatingIfNeeded: view.level.attempts) &- item.learnerAttempts)
      }
    }
    return situation
  }

  private func recommendation(
    _ index: Int, _ view: LearnerView, _ situation: Path.Situation
  ) -> Recommendation {
    let due = situation.item.flatMap { item in
      item.memory.map { memory in
        Int64(item.lastSeconds) * 1000 + Int64(memory.stabilityDays * 86_400_000)
      }
    }
    return Recommendation(
      item: view.course.candidates[index].item, score: Double(Path.score(situation)),
      probabilityCorrect: Double(situation.probability), dueMilliseconds: due,
      reasons: Explanation(view, index, situation).reasons())
  }
}

/// The few candidates with the highest scores, kept in order while all are walked over.
struct BestFew {
  let limit: Int
  private var entries: [(score: Float, ordinal: Int32, index: Int)] = []

  init(limit: Int) { self.limit = limit }

  var indices: [Int] { entries.map(\.index) }

  @inline(__always)
  mutating func offer(_ index: Int, score: Float, ordinal: Int32) {
    if entries.count == limit, let last = entries.last,
      (last.score, ordinal) > (score, last.ordinal)
    {
      return
    }
    insert(index, score, ordinal)
  }

  private mutating func insert(_ index: Int, _ score: Float, _ ordinal: Int32) {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      let entry = entries[middle]
      if (entry.score, ordinal) > (score, entry.ordinal) { low = middle + 1 } else { high = middle }
    }
    entries.insert((score, ordinal, index), at: low)
    if entries.count > limit { entries.removeLast() }
  }
}
