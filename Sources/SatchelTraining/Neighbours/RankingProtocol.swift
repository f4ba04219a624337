package import SatchelTutor

/// The one protocol for rankings: learners of the fold, all items but the last as history, the last as target, ranked
/// among the whole catalogue without the history; ties by lower id. See ../shared/data/rec/README.md.
///
/// The model was made without these learners, so it may not know all items: what it does not know stands behind all that
/// it knows, in the catalogue's order.
package struct RankingProtocol: Sendable {
  /// Learners with fewer items are not judged.
  package static let itemsMin = 3

  private let sequences: ItemSequences
  private let learners: [Int]

  /// - Parameter sequences: of all learners: their items are the catalogue.
  package init(_ sequences: ItemSequences, fold: Int) {
    self.sequences = sequences
    learners = (0..<sequences.count).filter {
      ItemSequences.fold(of: sequences.learners[$0]) == fold
        && sequences.sequence(of: $0).count >= Self.itemsMin
    }
  }

  package var count: Int { learners.count }

  /// The learners that a model may be made of.
  package static func training(_ sequences: ItemSequences, without fold: Int?) -> ItemSequences {
    guard let fold else { return sequences }
    return sequences.filtered { ItemSequences.fold(of: sequences.learners[$0]) != fold }
  }

  package func metrics(_ model: Neighbours, threads: Int) -> RankingMetrics {
    let judge = Judge(sequences, learners, model.items)
    return RankingMetrics(
      ranks: parallelRanks(count, threads: threads) {
        NeighbourRanker(model)
      } rank: { ranker, index in
        judge.rank(index) { ranker.rank(of: $0, after: $1) }
      })
  }

  package func metrics(_ model: PlainModel, threads: Int) -> RankingMetrics {
    let judge = Judge(sequences, learners, model.catalogue)
    return RankingMetrics(
      ranks: parallelRanks(count, threads: threads) {
        [Float](repeating: 0, count: model.catalogue.count)
      } rank: { scratch, index in
        judge.rank(index) { model.rank(of: $0, after: $1, scratch: &scratch) }
      })
  }

  /// Microseconds of one thread to rank all items for one learner, the best 20 handed out: the median over at most 2,000
  /// learners.
  package func medianMicroseconds(_ model: Neighbours) -> Double {
    let judge = Judge(sequences, learners, model.items)
    var ranker = NeighbourRanker(model)
    return median { index in
      let history = judge.history(index)
      return { _ = ranker.rank(history, limit: 20) }
    }
  }

  package func medianMicroseconds(_ model: PlainModel) -> Double {
    let judge = Judge(sequences, learners, model.catalogue)
    var scratch = [Float](repeating: 0, count: model.catalogue.count)
    return median { index in
      let history = judge.history(index)[...]
      return {
        model.score(history, into: &scratch)
        for item in history { scratch[Int(item)] = -.infinity }
        _ = model.best(20, of: scratch)
      }
    }
  }

  private func median(_ work: (Int) -> () -> Void) -> Double {
    var times: [Double] = []
    for index in 0..<min(count, 2000) {
      let rank = work(index)
      let start = ContinuousClock.now
      rank()
      times.append((ContinuousClock.now - start) / .microseconds(1))
    }
    times.sort()
    return times.isEmpty ? 0 : times[times.count / 2]
  }
}

/// Puts learners of the protocol before a model that has a catalogue of its own.
private struct Judge: Sendable {
  private let sequences: ItemSequences
  private let learners: [Int]
  /// The model's place of each item of the protocol; -1 where it has none.
  private let places: [Int32]
  private let knownCount: Int
  /// How many unknown items stand before each item of the protocol.
  private let unknownBefore: [Int]

  init(_ sequences: ItemSequences, _ learners: [Int], _ catalogue: ItemCatalogue) {
    self.sequences = sequences
    self.learners = learners
    let places = sequences.catalogue.ids.map { catalogue.place(of: $0) ?? -1 }
    self.places = places
    knownCount = places.count { $0 >= 0 }
    var before = 0
    unknownBefore = places.map { place in
      defer { before += place < 0 ? 1 : 0 }
      return before
    }
  }

  /// What the model knows of a learner's items but the last.
  func history(_ index: Int) -> [Int32] {
    sequences.sequence(of: learners[index]).dropLast().map { places[Int($0)] }.filter { $0 >= 0 }
  }

  func rank(_ index: Int, _ rank: (Int32, ArraySlice<Int32>) -> Int) -> Int {
    let whole = sequences.sequence(of: learners[index])
    let target = Int(whole[whole.endIndex - 1])
    let known = history(index)
    if places[target] >= 0 { return rank(places[target], known[...]) }
    let unknownAhead = whole.dropLast().count { places[Int($0)] < 0 && Int($0) < target }
    return knownCount - known.count + unknownBefore[target] - unknownAhead + 1
  }
}
