/// Ranks all items for one history after another; its memory is asked for once.
///
/// Cost: the rows of the last 32 items, what stands around a few of them, and one walk over all items: some ten
/// microseconds for 3,000 items, some twenty for 18,000. Not for two tasks at once.
package struct NeighbourRanker {
  private let model: Neighbours
  private var scores: [Int32]
  private var best: [Place] = []

  private struct Place {
    var score: Int32
    var item: Int32
  }

  /// Below every score.
  private static let excluded = Int32.min

  package init(_ model: Neighbours) {
    self.model = model
    scores = model.base
  }

  /// The places of the best items that are not in the history, the best first; of equal scores the lower place.
  ///
  /// - Parameter history: places in the model's catalogue, in the order of time.
  package mutating func rank(_ history: some RandomAccessCollection<Int32>, limit: Int) -> [Int32] {
    score(history)
    exclude(history)
    best.removeAll(keepingCapacity: true)
    for item in scores.indices {
      let score = scores[item]
      if best.count >= limit, let last = best.last, score <= last.score { continue }
      if score == Self.excluded { continue }
      insert(Place(score: score, item: Int32(item)), limit: limit)
    }
    return best.map(\.item)
  }

  /// The rank of `target`, from 1, among all items that are not in the history.
  package mutating func rank(
    of target: Int32, after history: some RandomAccessCollection<Int32>
  ) -> Int {
    score(history)
    exclude(history)
    let own = scores[Int(target)]
    var rank = 1
    for (item, score) in scores.enumerated() {
      if score > own || score == own && item < target { rank += 1 }
    }
    return rank
  }

  /// What each item has to show for itself, in 1/2^18 nat, the history's own items among them.
  package mutating func score(_ history: some RandomAccessCollection<Int32>) {
    scores.withUnsafeMutableBufferPointer { scores in
      model.base.withUnsafeBufferPointer { _ = scores.update(fromContentsOf: $0) }
      for (lag, item) in history.suffix(model.lags).reversed().enumerated() {
        let row = Int(model.rows.starts[Int(item)])..<Int(model.rows.starts[Int(item) + 1])
        Self.add(
          model.rows.columns[row], model.rows.codes[row],
          model.additions[lag * 256..<(lag + 1) * 256],
          to: scores)
        let step = model.weights.step[lag]
        if step > 0 { model.steps.add(around: Int(item), weight: Int32(step), to: scores) }
      }
    }
  }

  package func score(of item: Int32) -> Int32 { scores[Int(item)] }

  private static func add(
    _ columns: ArraySlice<Int32>, _ codes: ArraySlice<UInt8>, _ additions: ArraySlice<Int32>,
    to scores: UnsafeMutableBufferPointer<Int32>
  ) {
    columns.withUnsafeBufferPointer { columns in
      codes.withUnsafeBufferPointer { codes in
        additions.withUnsafeBufferPointer { additions in
          for entry in 0..<columns.count {
            scores[Int(columns[entry])] &+= additions[Int(codes[entry])]
          }
        }
      }
    }
  }

  private mutating func exclude(_ history: some Collection<Int32>) {
    for item in history { scores[Int(item)] = Self.excluded }
  }

  /// Items are offered in ascending order, so an equal score goes behind.
  private mutating func insert(_ place: Place, limit: Int) {
    guard limit > 0 else { return }
    var low = 0
    var high = best.count
    while low < high {
      let middle = (low + high) / 2
      if best[middle].score >= place.score { low = middle + 1 } else { high = middle }
    }
    if best.count == limit { best.removeLast() }
    best.insert(place, at: low)
  }
}
