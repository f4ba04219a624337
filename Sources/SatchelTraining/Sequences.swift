internal import SatchelTutor

/// The order of every learner's answers, and which of them each row may look back on.
struct Sequences {
  /// The rows that are folded, learner after learner, each in the order in which they happened.
  private(set) var rows: [Int32] = []
  /// Of each learner in ``rows``.
  private(set) var ranges: [Range<Int>] = []
  /// Of each row of the data: how many of ``rows`` stand before it.
  private var ends: [Int32]
  private let learnerOfRow: [Int32]

  init(_ rows: CleanedRows) {
    learnerOfRow = rows.learnerOfRow
    ends = [Int32](repeating: 0, count: rows.count)
    for learnerRows in rows.rowsOfLearner {
      let start = self.rows.count
      for row in learnerRows {
        ends[row] = Int32(self.rows.count)
        if !rows.isDuplicate[row] { self.rows.append(Int32(row)) }
      }
      ranges.append(start..<self.rows.count)
    }
  }

  /// Where in ``rows`` the answers stand that the device would have at hand before `row`.
  func window(before row: Int) -> Range<Int> {
    let end = Int(ends[row])
    let start = ranges[Int(learnerOfRow[row])].lowerBound
    return max(start, end - Network.windowLength)..<end
  }

  /// The rows of the chosen learners cut into stretches, so that each but the first of a stretch sees those before it,
  /// at most a window; where the cuts are is a matter of chance, in random order.
  func stretches(of learners: [Int], _ random: inout SeededRandom) -> [Range<Int>] {
    let length = Network.windowLength + 1
    var stretches: [Range<Int>] = []
    for learner in learners where !ranges[learner].isEmpty {
      var start = ranges[learner].lowerBound
      var end = start + 1 + random.below(length)
      while start < ranges[learner].upperBound {
        stretches.append(start..<min(end, ranges[learner].upperBound))
        (start, end) = (end, end + length)
      }
    }
    random.shuffle(&stretches)
    return stretches
  }
}

/// Stretches side by side, the longest first, so that their first answers, their second ones and so on each stand
/// together: place `starts[step] + number` of a batch is answer `step` of stretch `number`.
struct StretchBatch {
  /// Rows of the data, in the order of the batch.
  private(set) var rows: [Int] = []
  /// Where each step begins, and at the end how many rows there are.
  private(set) var starts: [Int] = [0]

  init(_ stretches: some Collection<Range<Int>>, of sequences: Sequences) {
    let sorted = stretches.sorted { ($0.count, $1.lowerBound) > ($1.count, $0.lowerBound) }
    for step in 0..<(sorted.first?.count ?? 0) {
      for stretch in sorted {
        guard step < stretch.count else { break }
        rows.append(Int(sequences.rows[stretch.lowerBound + step]))
      }
      starts.append(rows.count)
    }
  }

  var steps: Int { starts.count - 1 }

  /// How many stretches have an answer `step`.
  func count(at step: Int) -> Int { step < steps ? starts[step + 1] - starts[step] : 0 }
}
