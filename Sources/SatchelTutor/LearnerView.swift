internal import SatchelCore

/// One learner against one course at one moment: what of the first layer depends on her, computed once.
///
/// The first layer's sum of a candidate is that of its content, plus one of `setSums` (the learner, the set of skills),
/// plus one of `pairSums` (she and the item); all items never touched share one of the latter.
struct LearnerView {
  let tutor: Tutor
  let course: PreparedCourse
  let state: LearnerState
  let nowSeconds: UInt32
  let level: Features.Level
  /// One for each skill of the course; never practised ones are empty.
  let skillStates: [SkillState]
  /// The learner's stretch of the features, normalised.
  let learnerRow: [Float]
  /// Her ``PersonalBias``.
  let shift: Float
  /// What her recurrent state adds to the first layer, [128].
  private let recurrentSum: [Float]
  /// Learner and skills, [sets, 128].
  private(set) var setSums: [Float]
  /// Items touched, in the order of ``pairSums``.
  private(set) var itemStates: [ItemState] = []
  /// For each candidate the index of its state plus 1; 0 for one never touched.
  private(set) var slots: [Int32]
  /// Untouched first, then one each of ``itemStates``, [1 + touched, 128].
  private(set) var pairSums: [Float]
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
    self.learnerRow = learnerRow
    recurrentSum = Self.recurrentSum(tutor, state)
    affinities =
      course.affinity?.affinities(recent: (0..<state.recentAnswers).map(state.recentItem)) ?? []
    setSums = []
    slots = [Int32](repeating: 0, count: course.candidates.count)
    pairSums = []
    setSums = skillSums(of: course.skillSets, learnerRow: learnerRow)
    takeItems(fold)
  }

  private static func recurrentSum(_ tutor: Tutor, _ state: LearnerState) -> [Float] {
    var units = [Float](repeating: 0, count: Network.units)
    tutor.features.writeRecurrent(state, to: &units)
    var sum = [Float](repeating: 0, count: Network.hidden1)
    tutor.weights.network.firstLayer(
      columns: FeatureSchema.recurrent, of: units, count: 1, into: &sum, isAdding: false)
    return sum
  }

  /// The first layer's sums of the learner and each set of skills, [sets, 128].
  func skillSums(of sets: [[Int]], learnerRow: [Float]) -> [Float] {
    let width = FeatureSchema.learner.count + FeatureSchema.skill.count
    var rows: [Float] = []
    rows.reserveCapacity(sets.count * width)
    var skillRow = [Float](repeating: 0, count: FeatureSchema.skill.count)
    for set in sets {
      tutor.features.writeSkills(set.map { skillStates[$0] }, level: level, to: &skillRow)
      tutor.weights.normalise(&skillRow, columns: FeatureSchema.skill)
      rows += learnerRow
      rows += skillRow
    }
    var sums: [Float] = []
    sums.reserveCapacity(sets.count * Network.hidden1)
    for _ in sets { sums += recurrentSum }
    tutor.weights.network.firstLayer(
      columns: 0..<width, of: rows, count: sets.count, into: &sums, isAdding: true)
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
    pairSums = [Float](repeating: 0, count: (1 + itemStates.count) * Network.hidden1)
    tutor.weights.network.firstLayer(
      columns: FeatureSchema.pair, of: rows, count: 1 + itemStates.count, into: &pairSums,
      isAdding: false)
  }

  private func write(_ state: ItemState?, _ index: Int, to rows: inout [Float]) {
    rows.withUnsafeMutableBufferPointer { rows in
      guard let base = rows.baseAddress else { return }
      let row = base + index * FeatureSchema.pair.count
      tutor.features.writePair(state, level: level, to: row)
      tutor.weights.normalise(row, columns: FeatureSchema.pair)
    }
  }

  /// Runs the network over all candidates, block by block; [candidates, 8] outputs.
  func outputs() -> [Float] {
    var outputs = [Float](repeating: 0, count: course.candidates.count * Network.headStride)
    let block = 96
    withUnsafeTemporaryAllocation(of: Float.self, capacity: block * Network.hidden1) { sums in
      outputs.withUnsafeMutableBufferPointer { outputs in
        guard let sums = sums.baseAddress, let out = outputs.baseAddress else { return }
        for start in stride(from: 0, to: course.candidates.count, by: block) {
          let count = min(block, course.candidates.count - start)
          gather(start, count, into: sums)
          tutor.weights.network.upperLayers(
            sums, count: count, into: out + start * Network.headStride)
        }
      }
    }
    return outputs
  }

  /// Runs the network over the named candidates, at most some hundred, into their places of [candidates, 8] outputs.
  func run(_ block: ArraySlice<Int32>, into outputs: inout [Float]) {
    let (width, stride) = (Network.hidden1, Network.headStride)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: block.count * (width + stride)) {
      room in
      guard let sums = room.baseAddress else { return }
      let own = sums + block.count * width
      for (place, index) in block.enumerated() {
        gather(Int(index), 1, into: sums + place * width)
      }
      tutor.weights.network.upperLayers(sums, count: block.count, into: own)
      for (place, index) in block.enumerated() {
        for head in 0..<stride { outputs[Int(index) * stride + head] = own[place * stride + head] }
      }
    }
  }

  private func gather(_ start: Int, _ count: Int, into sums: UnsafeMutablePointer<Float>) {
    let rowBytes = Network.hidden1 * MemoryLayout<Float>.stride
    course.contentSums.withUnsafeBytes { content in
      setSums.withUnsafeBytes { sets in
        pairSums.withUnsafeBytes { pairs in
          for offset in 0..<count {
            let index = start + offset
            let set = course.setOfCandidate[index] * rowBytes
            let pair = Int(slots[index]) * rowBytes
            let out = UnsafeMutableRawPointer(sums + offset * Network.hidden1)
            for byte in stride(from: 0, to: rowBytes, by: 32) {
              let sum =
                content.loadUnaligned(
                  fromByteOffset: index * rowBytes + byte, as: SIMD8<Float>.self)
                + (sets.loadUnaligned(fromByteOffset: set + byte, as: SIMD8<Float>.self)
                  + pairs.loadUnaligned(fromByteOffset: pair + byte, as: SIMD8<Float>.self))
              out.storeBytes(of: sum, toByteOffset: byte, as: SIMD8<Float>.self)
            }
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
