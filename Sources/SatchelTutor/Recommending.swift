package import SatchelCore

extension Tutor {
  /// The best candidates to do next, the best first; ties go by item id.
  ///
  /// Two stages that lose nothing: what a candidate's score can be at most follows without the network, and the network
  /// is asked block by block, the most promising first, until none that is left can be among the best.
  ///
  /// Cost: one pass of the network's first layer over the learner's skills and touched items, and one of the upper layers
  /// over the candidates that can win; 10,000 candidates take half a millisecond of one thread.
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
    let promises = Promises(promises(view, situations))
    var foretold = [LearnerView.Foretold](
      repeating: LearnerView.Foretold(), count: course.candidates.count)
    var best = BestFew(limit: limit)
    for (block, most) in promises.blocks {
      if let lowest = best.lowest, most < lowest - Self.sumSlack { break }
      view.foretell(block, into: &foretold)
      for index in block.lazy.map({ Int($0) }) {
        let situation = situation(index, view, situations, foretold)
        best.offer(index, sum: Path.sum(situation), ordinal: course.ordinals[index])
      }
    }
    return best.indices.map { index in
      recommendation(index, view, situation(index, view, situations, foretold))
    }
  }

  /// More than rounding can make of a sum that grows with what it is made of.
  private static let sumSlack: Float = 1e-4

  /// The highest sum that each candidate can have.
  private func promises(_ view: LearnerView, _ skills: [Path.SkillSituation]) -> [Float] {
    let untouched = skills.map { skills in
      Path.sum(
        promise(Path.Situation(probability: 0, pathValue: 0, earliness: 0, skills: skills)))
    }
    let course = view.course
    var sums = zip(course.setOfCandidate, course.earliness).map { set, earliness in
      untouched[set] + Path.novelty(earliness: earliness, affinity: 0)
    }
    for (index, affinity) in view.affinities.enumerated() {
      sums[index] += Path.novelty(earliness: 0, affinity: affinity)
    }
    for (index, slot) in view.slots.enumerated() where slot > 0 {
      sums[index] = Path.sum(promise(situation(index, view, skills)))
    }
    return sums
  }

  /// The situation with what the network could say best of it.
  private func promise(_ situation: Path.Situation) -> Path.Situation {
    var best = situation
    best.probability = Path.learningZone.lowerBound + 0.1 - 0.15 * situation.skills.ease
    best.pathValue = 1
    return best
  }

  /// What speaks for and against one candidate.
  @inline(__always)
  func situation(
    _ index: Int, _ view: LearnerView, _ skills: [Path.SkillSituation],
    _ foretold: [LearnerView.Foretold]
  ) -> Path.Situation {
    var situation = situation(index, view, skills)
    situation.probability = foretold[index].probability
    situation.pathValue = foretold[index].pathValue
    return situation
  }

  /// The same without the network's word: both its numbers are 0.
  @inline(__always)
  private func situation(
    _ index: Int, _ view: LearnerView, _ skills: [Path.SkillSituation]
  ) -> Path.Situation {
    var situation = Path.Situation(
      probability: 0, pathValue: 0,
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

/// The few candidates with the highest sums, kept in order while all are walked over.
struct BestFew {
  let limit: Int
  private var entries: [(sum: Float, ordinal: Int32, index: Int)] = []

  init(limit: Int) { self.limit = limit }

  var indices: [Int] { entries.map(\.index) }

  /// The sum that is to be beaten; `nil` while there is room.
  var lowest: Float? { entries.count == limit ? entries.last?.sum : nil }

  @inline(__always)
  mutating func offer(_ index: Int, sum: Float, ordinal: Int32) {
    if entries.count == limit, let last = entries.last,
      (last.sum, ordinal) > (sum, last.ordinal)
    {
      return
    }
    insert(index, sum, ordinal)
  }

  private mutating func insert(_ index: Int, _ sum: Float, _ ordinal: Int32) {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      let entry = entries[middle]
      if (entry.sum, ordinal) > (sum, entry.ordinal) { low = middle + 1 } else { high = middle }
    }
    entries.insert((sum, ordinal, index), at: low)
    if entries.count > limit { entries.removeLast() }
  }
}

/// Candidates in blocks, those first that can have the highest sums.
struct Promises {
  static let blockSize = 96
  private static let bucketCount = 1024

  private let order: [Int32]
  /// Of each bucket, the most promising first: where it ends in ``order``, and the highest sum that one of it can have.
  private var buckets: [(end: Int, most: Float)] = []

  /// - Parameter sums: the highest that each candidate can have.
  init(_ sums: [Float]) {
    var (most, least) = (-Float.infinity, Float.infinity)
    for sum in sums { (most, least) = (max(most, sum), min(least, sum)) }
    let width = max((most - least) / Float(Self.bucketCount - 1), 1e-6)
    let bucketOf = sums.map { UInt16(min((most - $0) / width, Float(Self.bucketCount - 1))) }
    var counts = [Int32](repeating: 0, count: Self.bucketCount)
    for bucket in bucketOf { counts[Int(bucket)] += 1 }
    var end: Int32 = 0
    for (bucket, count) in counts.enumerated() {
      counts[bucket] = end
      end += count
      if count > 0 { buckets.append((Int(end), most - Float(bucket) * width)) }
    }
    // Where each bucket's next candidate goes.
    var order = [Int32](repeating: 0, count: sums.count)
    for (index, bucket) in bucketOf.enumerated() {
      order[Int(counts[Int(bucket)])] = Int32(index)
      counts[Int(bucket)] += 1
    }
    self.order = order
  }

  /// Each block with the highest sum that one of it, or of those after it, can have.
  var blocks: some Sequence<(ArraySlice<Int32>, Float)> {
    var bucket = 0
    return stride(from: 0, to: order.count, by: Self.blockSize).lazy.map { start in
      while buckets[bucket].end <= start { bucket += 1 }
      return (order[start..<min(start + Self.blockSize, order.count)], buckets[bucket].most)
    }
  }
}
