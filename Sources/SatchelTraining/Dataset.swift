internal import Dispatch
internal import SatchelCore
internal import SatchelTutor

/// Every row of the data as the network's inputs and what it should have said.
///
/// The inputs are those that the device would have had before the answer: learners' rows are folded by the tutor's own
/// code, one after another, and read off before each fold.
struct Dataset {
  /// [rows, 76], not normalised until ``normalise(_:)``.
  private(set) var inputs: [Float]
  /// [rows, 4], as ``Features/writeAnswer(_:age:to:)`` fills them; 0 for a duplicate, which is not folded.
  private(set) var answers: [Float]
  private(set) var targets: Targets
  /// Whether the learner had not met the item before.
  private(set) var isFirst: [Bool]

  /// What each head should have said; below 0 where the data do not tell.
  struct Targets {
    var correctness: [Float]
    var responseTime: [Float]
    var engagement: [Float]
    var pathValue: [Float]
  }

  /// - Parameters:
  ///   - threads: learners are dealt out to as many; the result does not depend on it.
  ///   - featuresOfLearner: the tables that each learner may be shown.
  init(_ rows: CleanedRows, threads: Int, featuresOfLearner: @Sendable (Int) -> Features) {
    inputs = [Float](repeating: 0, count: rows.count * FeatureSchema.computed)
    answers = [Float](repeating: 0, count: rows.count * FeatureSchema.answerNumbers)
    isFirst = [Bool](repeating: false, count: rows.count)
    targets = Targets(rows)
    inputs.withUnsafeMutableBufferPointer { inputs in
      answers.withUnsafeMutableBufferPointer { answers in
        isFirst.withUnsafeMutableBufferPointer { isFirst in
          guard let inputs = inputs.baseAddress, let answers = answers.baseAddress,
            let isFirst = isFirst.baseAddress
          else { return }
          // Each row belongs to one learner and each learner to one thread: no place is written by two.
          nonisolated(unsafe) let (places, numbers, firsts) = (inputs, answers, isFirst)
          let threads = max(1, threads)
          DispatchQueue.concurrentPerform(iterations: threads) { thread in
            var replay = Replay(rows)
            for learner in stride(from: thread, to: rows.rowsOfLearner.count, by: threads) {
              replay.run(
                learner, featuresOfLearner(learner), inputs: places, answers: numbers,
                isFirst: firsts)
            }
          }
        }
      }
    }
  }

  /// Mean and 1/deviation of each input over `chosen` rows; 0 for an input that hardly varies.
  func scaling(over chosen: [Int]) -> (means: [Float], scales: [Float]) {
    let width = FeatureSchema.computed
    var sums = [Double](repeating: 0, count: width)
    var squares = sums
    for row in chosen {
      for column in 0..<width {
        let value = Double(inputs[row * width + column])
        sums[column] += value
        squares[column] += value * value
      }
    }
    let count = Double(max(1, chosen.count))
    let means = sums.map { $0 / count }
    let scales = zip(squares, means).map { square, mean in
      let variance = square / count - mean * mean
      return variance > 1e-6 * max(1, mean * mean) ? Float(1 / variance.squareRoot()) : 0
    }
    return (means.map { Float($0) }, scales)
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

  init(_ rows: CleanedRows) {
    correctness = rows.isCorrect.map { $0 ? 1 : 0 }
    responseTime = rows.logDuration
    engagement = [Float](repeating: -1, count: rows.count)
    pathValue = engagement
    for learnerRows in rows.rowsOfLearner {
      takeEngagement(rows, learnerRows)
      takePathValue(rows, learnerRows)
    }
  }

  /// 1 where the learner goes on within half an hour. Unknown without times.
  private mutating func takeEngagement(_ rows: CleanedRows, _ learnerRows: [Int]) {
    for (row, next) in zip(learnerRows, learnerRows.dropFirst()) where rows.seconds[next] > 0 {
      let gap = StateTime.elapsed(from: rows.seconds[row], to: rows.seconds[next])
      engagement[row] = gap <= Self.sittingGapSeconds ? 1 : 0
    }
    if let last = learnerRows.last, rows.seconds[last] > 0 { engagement[last] = 0 }
  }

  /// The discounted mean of the right answers to come on the row's main skill, from the end backwards:
  /// V = (1 - discount) * next answer + discount * V of the next row; at the last pair the next answer alone. This is
  /// the value of the way that learners really went (Monte Carlo evaluation: Sutton and Barto 2018, ch. 5).
  private mutating func takePathValue(_ rows: CleanedRows, _ learnerRows: [Int]) {
    var next: [Int32: Int] = [:]
    for row in learnerRows.reversed() {
      guard let skill = rows.skills(of: row).first ?? nil else { continue }
      if let later = next[skill] {
        let answer = correctness[later]
        pathValue[row] =
          pathValue[later] < 0
          ? answer : (1 - Self.discount) * answer + Self.discount * pathValue[later]
      }
      next[skill] = row
    }
  }
}
