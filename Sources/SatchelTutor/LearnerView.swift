internal import SatchelCore

/// One learner against one course at one moment: what of the first layer depends on her, computed once.
///
/// The first layer's sum of a candidate is that of its content, plus one of `setSums` (the learner, the set of skills),
/// plus one of `pairSums` (she and the item); all items never touched share one of the latter.
struct LearnerView {
  /// What the network says of one candidate.
  struct Foretold {
    /// Of a right answer now, 0...1.
    var probability: Float = 0
    /// Of right answers to come on its skills, 0...1.
    var pathValue: Float = 0
  }

  let tutor: Tutor
  let course: PreparedCourse
  let state: LearnerState
  let nowSeconds: UInt32
  let level: Features.Level
  /// One for each skill of the course; never practised ones are empty.
  let skillStates: [SkillState]
  /// Her ``PersonalBias``.
  let shift: Float
  /// Her recurrent state, [48].
  let recurrent: [Float]
  /// What she and her recurrent state add to the first layer, [128].
  private let learnerSum: [Int32]
  /// The learner and each skill of the course, then she and each set of other than one skill, [skills + sets, 128].
  private(set) var setSums: [Int32]
  /// Items touched, in the order of ``pairSums``.
  private(set) var itemStates: [ItemState] = []
  /// For each candidate the index of its state plus 1; 0 for one never touched.
  private(set) var slots: [Int32]
  /// Untouched first, then one each of ``itemStates``, [1 + touched, 128].
  private(set) var pairSums: [Int32]
  /// For each candidate, 0...1: how much it is what learners went on to from here; empty where the model does not know.
  let affinities: [Float]

  init(
    _ tutor: Tutor, _ course: PreparedCourse, _ fold: LearnerFold, bias: PersonalBias,
    nowMilliseconds: Int64
  ) {
    self.tutor = tutor
    shift = bias.shift
    self.course = course
    state = fold.learnerState
    nowSeconds = StateTime.seconds(milliseconds: nowMilliseconds)
    skillStates = course.skills.map { fold.skillState($0) ?? SkillState() }
    var learnerRow = [Float](repeating: 0, count: FeatureSchema.learner.count)
    level = tutor.features.writeLearner(state, nowSeconds: nowSeconds, to: &learnerRow)
    tutor.weights.normalise(&learnerRow, columns: FeatureSchema.learner)
    var recurrent = [Float](repeating: 0, count: Network.units)
    tutor.features.writeRecurrent(state, to: &recurrent)
    self.recurrent = recurrent
    learnerSum = Self.learnerSum(tutor, learnerRow, recurrent)
    affinities =
      course.affinity?.affinities(recent: (0..<state.recentAnswers).map(state.recentItem)) ?? []
    setSums = []
    slots = [Int32](repeating: 0, count: course.candidates.count)
    pairSums = []
    setSums = skillSums()
    takeItems(fold)
  }

  private static func learnerSum(
    _ tutor: Tutor, _ learnerRow: [Float], _ recurrent: [Float]
  ) -> [Int32] {
    var sum = [Int32](repeating: 0, count: Network.hidden1)
    let serving = tutor.weights.serving
    serving.sum(.learner, of: learnerRow, count: 1, into: &sum, isAdding: false)
    serving.sum(.recurrent, of: recurrent, count: 1, into: &sum, isAdding: true)
    return sum
  }

  private func skillSums() -> [Int32] {
    let sets = course.skills.indices.map { [$0] } + course.skillSets.filter { $0.count != 1 }
    let width = FeatureSchema.skill.count
    var rows: [Float] = []
    var row = [Float](repeating: 0, count: width)
    var untouched: Int?
    let nothing = SkillState()
    // Skills of which nothing was ever recorded are all alike; an opinion counts without an answer.
    let rowOfSet = sets.map { set in
      let isUntouched = set.count == 1 && skillStates[set[0]] == nothing
      if isUntouched, let untouched { return untouched }
      tutor.features.writeSkills(set.map { skillStates[$0] }, level: level, to: &row)
      tutor.weights.normalise(&row, columns: FeatureSchema.skill)
      rows += row
      let place = rows.count / width - 1
      if isUntouched { untouched = place }
      return place
    }
    let count = rows.count / width
    var distinct = [Int32](repeating: 0, count: count * Network.hidden1)
    for place in distinct.indices { distinct[place] = learnerSum[place % Network.hidden1] }
    tutor.weights.serving.sum(.skill, of: rows, count: count, into: &distinct, isAdding: true)
    var sums: [Int32] = []
    sums.reserveCapacity(sets.count * Network.hidden1)
    for place in rowOfSet {
      sums += distinct[place * Network.hidden1..<(place + 1) * Network.hidden1]
    }
    return sums
  }

  private mutating func takeItems(_ fold: LearnerFold) {
    let width = FeatureSchema.pair.count
    var rows = [Float](repeating: 0, count: width * (1 + min(fold.items.count, slots.count)))
    write(nil, 0, to: &rows)
    for (item, bytes) in fold.items {
      guard let index = course.indexOfItem[item], let state = ItemState(bytes: bytes) else {
        continue
      }
      itemStates.append(state)
      slots[index] = Int32(itemStates.count)
      write(state, itemStates.count, to: &rows)
    }
    pairSums = [Int32](repeating: 0, count: (1 + itemStates.count) * Network.hidden1)
    tutor.weights.serving.sum(
      .pair, of: rows, count: 1 + itemStates.count, into: &pairSums, isAdding: false)
  }

  private func write(_ state: ItemState?, _ index: Int, to rows: inout [Float]) {
    rows.withUnsafeMutableBufferPointer { rows in
      guard let base = rows.baseAddress else { return }
      let row = base + index * FeatureSchema.pair.count
      tutor.features.writePair(state, level: level, to: row)
      tutor.weights.normalise(row, columns: FeatureSchema.pair)
    }
  }

  /// What the network foretells of all candidates.
  func foretell() -> [Foretold] {
    let all = Array(0..<Int32(course.candidates.count))
    var foretold = [Foretold](repeating: Foretold(), count: all.count)
    for start in stride(from: 0, to: all.count, by: Promises.blockSize) {
      foretell(all[start..<min(start + Promises.blockSize, all.count)], into: &foretold)
    }
    return foretold
  }

  /// What it foretells of the named candidates, at most some hundred, into their places.
  func foretell(_ block: ArraySlice<Int32>, into foretold: inout [Foretold]) {
    let (count, stride) = (block.count, Network.headStride)
    let weights = tutor.weights
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count * (stride + 2)) { room in
      guard let outputs = room.baseAddress else { return }
      run(block, into: outputs)
      let logits = outputs + count * stride
      for place in 0..<count {
        let own = outputs + place * stride
        logits[place] = weights.calibrated(own[Head.correctness.rawValue]) + shift
        logits[count + place] = own[Head.pathValue.rawValue]
      }
      Kernel.serving.logistics(logits, count: 2 * count)
      for (place, index) in block.enumerated() {
        foretold[Int(index)] = Foretold(
          probability: logits[place], pathValue: logits[count + place])
      }
    }
  }

  /// Runs the upper layers over the named candidates; [block.count, 8] outputs.
  private func run(_ block: ArraySlice<Int32>, into outputs: UnsafeMutablePointer<Float>) {
    let width = Network.hidden1
    let first = block.startIndex
    course.contentSums.withUnsafeBufferPointer { content in
      setSums.withUnsafeBufferPointer { sets in
        pairSums.withUnsafeBufferPointer { pairs in
          guard let content = content.baseAddress, let sets = sets.baseAddress,
            let pairs = pairs.baseAddress
          else { return }
          tutor.weights.serving.upperLayers(count: block.count, into: outputs) { row in
            let index = Int(block[first + row])
            return FirstSums(
              first: content + index * width,
              second: sets + course.sumOfSet[course.setOfCandidate[index]] * width,
              third: pairs + Int(slots[index]) * width)
          }
        }
      }
    }
  }

  /// The state of a candidate's item; `nil` when it was never touched.
  func itemState(_ candidate: Int) -> ItemState? {
    slots[candidate] == 0 ? nil : itemStates[Int(slots[candidate]) - 1]
  }
}
