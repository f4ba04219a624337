internal import SatchelCore

/// Candidates with all that can be known of them before a learner is.
///
/// About 600 bytes a candidate; shared freely between tasks. It belongs to the ``Tutor`` that made it.
package final class PreparedCourse: Sendable {
  package let candidates: [Candidate]
  /// What each item alone adds to the network's first layer, [candidates, 128].
  let contentSums: [Int32]
  /// Each set of skills that some candidate exercises, once, as indices into ``skills``.
  let skillSets: [[Int]]
  /// The set of each candidate.
  let setOfCandidate: [Int]
  /// Where the sum of each set stands in ``LearnerView/setSums``: a set of one where its skill's does.
  let sumOfSet: [Int]
  /// Every skill named by a candidate or a prerequisite, in order of its key.
  let skills: [SkillID]
  /// What a typical item of each skill adds to the first layer, [skills, 128].
  let skillSums: [Int32]
  /// Indices into ``skills``.
  let prerequisites: [[Int]]
  let indexOfItem: [ItemID: Int]
  let indexOfSkill: [SkillID: Int]
  /// The rank of each candidate in the order of item ids, which settles ties.
  let ordinals: [Int32]
  /// 1 for the first candidate of the course, towards 0 for the last.
  let earliness: [Float]
  /// What the model knows of who went on to what; `nil` where it knows nothing.
  let affinity: NeighbourAffinity?

  init(_ candidates: [Candidate], _ prerequisites: [SkillID: [SkillID]], tutor: Tutor) {
    self.candidates = candidates
    var named = Set(candidates.flatMap(\.skills))
    for (skill, before) in prerequisites {
      named.insert(skill)
      named.formUnion(before)
    }
    let skills = named.sorted()
    let indexOfSkill = Dictionary(uniqueKeysWithValues: skills.enumerated().map { ($1, $0) })
    var sets: [[Int]: Int] = [:]
    var skillSets: [[Int]] = []
    setOfCandidate = candidates.map { candidate in
      let set = candidate.skills.compactMap { indexOfSkill[$0] }
      if let known = sets[set] { return known }
      sets[set] = skillSets.count
      skillSets.append(set)
      return skillSets.count - 1
    }
    self.skills = skills
    self.indexOfSkill = indexOfSkill
    self.skillSets = skillSets
    var sums = skills.count
    sumOfSet = skillSets.map { set in
      if set.count == 1 { return set[0] }
      sums += 1
      return sums - 1
    }
    self.prerequisites = skills.map { skill in
      (prerequisites[skill] ?? []).compactMap { indexOfSkill[$0] }
    }
    indexOfItem = Dictionary(
      candidates.enumerated().map { ($1.item, $0) }, uniquingKeysWith: { first, _ in first })
    affinity = tutor.weights.neighbours.map {
      NeighbourAffinity($0, candidates: candidates.map(\.item))
    }
    contentSums = tutor.contentSums(
      of: candidates.map { ($0.item.hash64, $0.skills.map(\.hash64), $0.difficulty) })
    skillSums = tutor.contentSums(of: skills.map { (nil, [$0.hash64], nil) })
    ordinals = Self.ordinals(candidates)
    let last = Float(max(1, candidates.map(\.position).max() ?? 1))
    earliness = candidates.map { 1 - Float($0.position) / (last + 1) }
  }

  private static func ordinals(_ candidates: [Candidate]) -> [Int32] {
    let order = candidates.indices.sorted {
      candidates[$0].item == candidates[$1].item
        ? $0 < $1 : candidates[$0].item < candidates[$1].item
    }
    var ordinals = [Int32](repeating: 0, count: candidates.count)
    for (rank, index) in order.enumerated() { ordinals[index] = Int32(rank) }
    return ordinals
  }
}

extension Tutor {
  /// What items alone add to the first layer, [items, 128]; an item that is `nil` is a typical one of its skills.
  func contentSums(of items: [(item: UInt64?, skills: [UInt64], difficulty: Double?)]) -> [Int32] {
    let width = FeatureSchema.content.count
    let block = 256
    var rows = [Float](repeating: 0, count: block * width)
    var sums = [Int32](repeating: 0, count: max(1, items.count * Network.hidden1))
    rows.withUnsafeMutableBufferPointer { rows in
      sums.withUnsafeMutableBufferPointer { sums in
        guard let row = rows.baseAddress, let sum = sums.baseAddress else { return }
        for start in stride(from: 0, to: items.count, by: block) {
          let some = items[start..<min(start + block, items.count)]
          for (place, item) in some.enumerated() { write(item, to: row + place * width) }
          weights.serving.sum(
            .content, of: row, count: some.count, into: sum + start * Network.hidden1,
            isAdding: false)
        }
      }
    }
    return sums
  }

  private func write(
    _ item: (item: UInt64?, skills: [UInt64], difficulty: Double?),
    to row: UnsafeMutablePointer<Float>
  ) {
    let skillRows = item.skills.compactMap { features.tables.skills.row(of: $0) }
    let known = Features.ItemKnowledge(
      item: item.item.flatMap { features.tables.items.row(of: $0) }, skills: skillRows,
      skillCount: item.skills.count, difficulty: item.difficulty)
    features.writeContent(known, to: row)
    weights.normalise(row, columns: FeatureSchema.content)
  }
}
