import SatchelCore
import Testing

@testable import SatchelTutor

@Suite struct `The network` {
  @Test(arguments: [(1, 8, 3), (5, 128, 100), (7, 20, 64), (13, 64, 128), (6, 16, 1)])
  func `computes the same in both kernels, to the last bit`(rows: Int, columns: Int, depth: Int) {
    var dice = Dice(state: UInt64(rows * columns * depth))
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float.random(in: -1...1, using: &dice) }
    }
    let (a, b, start) = (numbers(rows * depth), numbers(depth * columns), numbers(rows * columns))
    for isAdding in [false, true] {
      let results = Kernel.allCases.map { kernel in
        var c = start
        kernel.multiply(
          rows: rows, columns: columns, depth: depth, a, rowStride: depth, by: b,
          rowStride: columns, into: &c, rowStride: columns, isAdding: isAdding)
        return c
      }
      #expect(results[0] == results[1])

      var transposed = a
      for row in 0..<rows { for k in 0..<depth { transposed[k * rows + row] = a[row * depth + k] } }
      var c = start
      Kernel.portable.multiply(
        rows: rows, columns: columns, depth: depth, transposed, rowStride: 1, columnStride: rows,
        by: b, rowStride: columns, into: &c, rowStride: columns, isAdding: isAdding)
      #expect(c == results[0])
    }
  }

  @Test func `multiplies as one does by hand`() {
    var c: [Float] = [0, 0, 0, 0]
    Kernel.serving.multiply(
      rows: 2, columns: 2, depth: 2, [1, 2, 3, 4], rowStride: 2, by: [5, 6, 7, 8], rowStride: 2,
      into: &c, rowStride: 2, isAdding: false)
    #expect(c == [19, 22, 43, 50])
  }

  @Test func `recurs the same in both kernels, to the last bit`() {
    var dice = Dice(state: 8)
    let (rows, width, stride) = (3, 16, 20)
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { _ in Float.random(in: -40...40, using: &dice) }
    }
    let (answerGates, stateGates) = (numbers(rows * 3 * width), numbers(rows * 3 * width))
    let (bias, state) = (numbers(width), numbers(rows * stride))
    let results = Kernel.allCases.map { kernel in
      var next = [Float](repeating: 0, count: rows * stride)
      var saved = [Float](repeating: 0, count: rows * 4 * width)
      kernel.recur(
        rows: rows, width: width, answerGates: answerGates, stateGates: stateGates,
        candidateBias: bias, state: state, next: &next, stride: stride, saved: &saved)
      return [next, saved]
    }
    #expect(results[0] == results[1])
  }

  @Test func `looks back on a window alone and beside others alike`() {
    let network = Weights.random(seed: 5).network
    var dice = Dice(state: 9)
    let size = Network.windowLength * FeatureSchema.answerCount
    let lengths = [28, 28, 11, 1, 0]
    let windows = (0..<lengths.count * size).map { _ in Float.random(in: -1...1, using: &dice) }
    var together = [Float](repeating: .nan, count: lengths.count * Network.units)
    network.recur(over: windows, lengths: lengths, into: &together, stride: Network.units)
    for (row, length) in lengths.enumerated() {
      var alone = [Float](repeating: .nan, count: Network.units)
      network.recur(
        over: Array(windows[row * size..<(row + 1) * size]), lengths: [length], into: &alone,
        stride: Network.units)
      #expect(Array(together[row * Network.units..<(row + 1) * Network.units]) == alone)
      #expect(alone.allSatisfy { $0.magnitude <= 1 })
      // Without answers there is nothing to look back on.
      #expect((length == 0) == alone.allSatisfy { $0 == 0 })
    }
  }

  @Test func `steps as the formula says`() {
    // One unit's worth by hand: x and h gates 0, candidate's answer part 1, its kept part 0.5, state 0.2.
    var x = [Float](repeating: 0, count: 24)
    var h = x
    for unit in 0..<8 { (x[16 + unit], h[16 + unit]) = (1, 0.5) }
    let state = [Float](repeating: 0.2, count: 8)
    var next = state
    Kernel.serving.recur(
      rows: 1, width: 8, answerGates: x, stateGates: h,
      candidateBias: [Float](repeating: 0, count: 8), state: state, next: &next, stride: 8,
      saved: nil)
    // r = z = 1/2; n = tanh(1 + 1/2 * 1/2); next = (n + 0.2) / 2.
    let candidate = 0.8482836
    for value in next { #expect((Double(value) - (candidate + 0.2) / 2).magnitude < 1e-6) }
  }

  @Test func `has a logistic function that is close to the exact one`() {
    for step in -200...200 {
      let x = Float(step) / 10
      #expect((Double(logistic(x)) - ExactMath.sigmoid(Double(x))).magnitude < 1e-6)
    }
    #expect((0...1).contains(logistic(.infinity)) && (0...1).contains(logistic(-.infinity)))
  }

  @Test func `has the same logistic function for many at once`() {
    let numbers = (0..<203).map { Float($0 - 101) * 0.37 }
    var many = numbers
    Kernel.vector.logistics(&many, count: many.count)
    #expect(many == numbers.map(logistic))
  }

  @Test func `has a name and a group for each input`() {
    #expect(FeatureSchema.names.count == FeatureSchema.computed)
    #expect(FeatureSchema.groups.count == FeatureSchema.count)
    #expect(Set(FeatureSchema.names.map(\.name)).count == FeatureSchema.computed)
    #expect(FeatureSchema.recurrent.upperBound == Network.inputs)
  }

  @Test(arguments: [21, 22] as [UInt64])
  func `foretells in a ranking what it foretells alone`(seed: UInt64) {
    var dice = Dice(state: seed)
    var diary = Diary()
    for _ in 0..<60 {
      let candidate = School.candidates[Int.random(in: 0..<12, using: &dice)]
      diary.answers(
        candidate.item.text, Bool.random(using: &dice), skills: candidate.skills.map(\.text),
        after: Int64.random(in: 0...90_000, using: &dice))
    }
    // An opinion of a skill that was never practised moves what is foretold of it, here as there.
    guard let new = School.candidates.last else { return }
    var opinion = Diary()
    opinion.says(.tooHard, of: new.item.text, skills: new.skills.map(\.text))
    for diary in [diary, opinion] { agree(diary, seed) }
  }

  private func agree(_ diary: Diary, _ seed: UInt64) {
    let tutor = Tutor(weights: .random(seed: seed))
    let now = diary.now + 3_600_000
    let ranking = School.ranking(tutor, diary.fold, now: now)
    #expect(ranking.count == 12)
    for recommendation in ranking {
      let candidate = School.candidates.first { $0.item == recommendation.item }
      let alone = tutor.predict(
        item: recommendation.item, skills: candidate?.skills ?? [],
        difficulty: candidate?.difficulty, fold: diary.fold, nowMilliseconds: now)
      #expect(alone == recommendation.probabilityCorrect, "seed \(seed)")
    }
  }
}
