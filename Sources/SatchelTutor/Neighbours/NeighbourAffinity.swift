package import SatchelCore

/// What the neighbours say to `next`: how much each candidate is what learners went on to from here.
///
/// To use it in `Tutor.recommend`: make one `NeighbourAffinity` for a prepared course (as `PreparedCourse` is made), and
/// for each learner call ``affinities(recent:)`` with `(0..<level.recentAnswers).map(level.recentItem)`. Candidates that
/// were done are the caller's to leave out. The 28 recent items of ``LearnerState`` are nearly all that the model looks at.
package struct NeighbourAffinity: Sendable {
  private let model: Neighbours
  /// The model's place of each candidate; -1 where the model never saw it.
  private let candidates: [Int32]
  /// Sorted by short hash.
  private let shorts: [UInt32]
  private let placesOfShorts: [Int32]

  /// O(n log n) in the model's items: a few milliseconds for 20,000.
  package init(_ model: Neighbours, candidates: [ItemID]) {
    self.model = model
    self.candidates = candidates.map { model.items.place(of: $0) ?? -1 }
    let sorted = model.items.ids.enumerated()
      .map { (short: KeyHash.short($0.element.hash64), place: Int32($0.offset)) }
      .sorted { ($0.short, $0.place) < ($1.short, $1.place) }
    shorts = sorted.map(\.short)
    placesOfShorts = sorted.map(\.place)
  }

  /// One number for each candidate, 0...1: its score over the best candidate's, both counted from that of an item that
  /// nothing speaks for and nobody uses.
  ///
  /// Without a history it is popularity. A candidate that the model never saw gets the mean of the others: a new item is
  /// neither pushed nor buried. All are 0 where the model knows none of them.
  ///
  /// - Parameter recent: short hashes of the items answered last, the last one first; unknown ones are passed over, and
  ///   of two that are the same the later counts.
  package func affinities(recent: [UInt32]) -> [Float] {
    var ranker = NeighbourRanker(model)
    ranker.score(history(recent))
    let scores = candidates.map { $0 < 0 ? -1 : ranker.score(of: $0) }
    let known = scores.filter { $0 >= 0 }
    guard let best = known.max(), best > 0 else { return scores.map { _ in 0 } }
    let total = known.reduce(Int64(0)) { $0 + Int64($1) }
    let mean = Float(total) / Float(known.count) / Float(best)
    return scores.map { $0 < 0 ? mean : Float($0) / Float(best) }
  }

  /// Places in the order of time, each once.
  private func history(_ recent: [UInt32]) -> [Int32] {
    var places: [Int32] = []
    for short in recent {
      guard places.count < model.lags, let place = place(ofShort: short), !places.contains(place)
      else { continue }
      places.append(place)
    }
    return places.reversed()
  }

  private func place(ofShort short: UInt32) -> Int32? {
    var low = 0
    var high = shorts.count
    while low < high {
      let middle = (low + high) / 2
      if shorts[middle] < short { low = middle + 1 } else { high = middle }
    }
    return low < shorts.count && shorts[low] == short ? placesOfShorts[low] : nil
  }
}
