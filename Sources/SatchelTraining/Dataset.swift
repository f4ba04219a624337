internal import Dispatch
internal import SatchelCore
internal import SatchelTutor

/// The rows of some learners as the network's inputs and what it should have said.
///
/// The inputs are those that the device would have had before the answer: learners' rows are folded by the tutor's own
/// code, one after another, and read off before each fold.
struct Dataset {
  /// [rows, 76] in the order of ``place(of:)``, not normalised until ``normalise(_:)``.
  private(set) var inputs: [Float]
  /// [rows, 4], as ``Features/writeAnswer(_:age:to:)`` fills them; 0 for a duplicate, which is not folded.
  private(set) var answers: [Float]
  private(set) var targets: Targets
  private let rows: CleanedRows
  /// Where each learner's rows begin; below 0 for a learner who is not here.
  private let starts: [Int]

  /// What each head but the first should have said, in the order of ``place(of:)``; below 0 where the data do not tell.
  struct Targets {
    var responseTime: [Float]
    var engagement: [Float]
    var pathValue: [Float]
  }

  /// - Parameters:
  ///   - learners: whose rows, each learner once.
  ///   - threads: learners are dealt out to as many; the result does not depend on it.
  ///   - featuresOfLearner: the tables that each learner may be shown.
  init(
    _ rows: CleanedRows, of learners: some RandomAccessCollection<Int> & Sendable, threads: Int,
    featuresOfLearner: @Sendable (Int) -> Features
  ) {
    self.rows = rows
    var starts = [Int](repeating: -1, count: rows.rowsOfLearner.count)
    var count = 0
    for learner in learners {
      starts[learner] = count
      count += rows.rowsOfLearner[learner].count
    }
    self.starts = starts
    inputs = [Float](repeating: 0, count: count * FeatureSchema.computed)
    answers = [Float](repeating: 0, count: count * FeatureSchema.answerNumbers)
    targets = Targets(rows, of: learners, count: count)
    inputs.withUnsafeMutableBufferPointer { inputs in
      answers.withUnsafeMutableBufferPointer { answers in
        guard let inputs = inputs.baseAddress, let answers = answers.baseAddress else { return }
        // Each learner has one thread and places of her own: none is written by two.
        nonisolated(unsafe) let (places, numbers) = (inputs, answers)
        let starts = self.starts
        let threads = max(1, min(threads, learners.count))
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
          var replay = Replay(rows)
          for (number, learner) in learners.enumerated() where number % threads == thread {
            replay.run(
              learner, featuresOfLearner(learner),
              inputs: places + starts[learner] * FeatureSchema.computed,
              answers: numbers + starts[learner] * FeatureSchema.answerNumbers)
          }
        }
      }
    }
  }

  /// Where a row of the data stands here; its learner is one of those that are.
  func place(of row: Int) -> Int {
    let start = starts[Int(rows.learnerOfRow[row])]
    precondition(start >= 0, "a learner of another portion")
    return start + Int(rows.earlier[row])
  }

  mutating func normalise(_ weights: Weights) {
    inputs.withUnsafeMutableBufferPointer { inputs in
      guard let base = inputs.baseAddress else { return }
      for start in stride(from: 0, to: inputs.count, by: FeatureSchema.computed) {
        weights.normalise(base + start, columns: 0..<FeatureSchema.computed)
      }
    }
  }
}

extension Dataset.Targets {
  /// How much a later answer counts less than the one before it.
  static let discount: Float = 0.8
  static let sittingGapSeconds: UInt32 = 1800

  /// - Parameter count: of the learners' rows.
  fileprivate init(_ rows: CleanedRows, of learners: some Collection<Int>, count: Int) {
    responseTime = []
    responseTime.reserveCapacity(count)
    engagement = [Float](repeating: -1, count: count)
    pathValue = engagement
    for learner in learners {
      let (start, learnerRows) = (responseTime.count, rows.rowsOfLearner[learner])
      for row in learnerRows { responseTime.append(rows.logDuration[row]) }
      takeEngagement(rows, learnerRows, at: start)
      takePathValue(rows, learnerRows, at: start)
    }
  }

  /// 1 where the learner goes on within half an hour. Unknown without times.
  private mutating func takeEngagement(_ rows: CleanedRows, _ learnerRows: [Int], at start: Int) {
    for (number, next) in learnerRows.dropFirst().enumerated() where rows.seconds[next] > 0 {
      let gap = StateTime.elapsed(
        from: rows.seconds[learnerRows[number]], to: rows.seconds[next])
      engagement[start + number] = gap <= Self.sittingGapSeconds ? 1 : 0
    }
    if let last = learnerRows.last, rows.seconds[last] > 0 {
      engagement[start + learnerRows.count - 1] = 0
    }
  }

  /// The discounted mean of the right answers to come on the row's main skill, from the end backwards:
  /// V = (1 - discount) * next answer + discount * V of the next row; at the last pair the next answer alone. This is
  /// the value of the way that learners really went (Monte Carlo evaluation: Sutton and Barto 2018, ch. 5).
  private mutating func takePathValue(_ rows: CleanedRows, _ learnerRows: [Int], at start: Int) {
    var next: [Int32: Int] = [:]
    for (number, row) in learnerRows.enumerated().reversed() {
      guard let skill = rows.skills(of: row).first else { continue }
      if let later = next[skill] {
        let answer: Float = rows.isCorrect[learnerRows[later]] ? 1 : 0
        let value = pathValue[start + later]
        pathValue[start + number] =
          value < 0 ? answer : (1 - Self.discount) * answer + Self.discount * value
      }
      next[skill] = number
    }
  }
}

/// Mean and 1/deviation of each input, over rows that come portion after portion.
struct InputScaling {
  private var sums = [Double](repeating: 0, count: FeatureSchema.computed)
  private var squares = [Double](repeating: 0, count: FeatureSchema.computed)
  private var count = 0.0

  /// Adds rows of `dataset`, which is not normalised.
  mutating func add(_ rows: some Sequence<Int>, of dataset: Dataset) {
    for row in rows {
      let start = dataset.place(of: row) * FeatureSchema.computed
      for column in 0..<FeatureSchema.computed {
        let value = Double(dataset.inputs[start + column])
        sums[column] += value
        squares[column] += value * value
      }
      count += 1
    }
  }

  /// The scale of an input that hardly varies is 0.
  var meansAndScales: (means: [Float], scales: [Float]) {
    let count = max(1, count)
    let means = sums.map { $0 / count }
    let scales = zip(squares, means).map { square, mean in
      let variance = square / count - mean * mean
      return variance > 1e-6 * max(1, mean * mean) ? Float(1 / variance.squareRoot()) : 0
    }
    return (means.map { Float($0) }, scales)
  }
}
