internal import Dispatch
internal import SatchelTutor

/// Histories with what came next, to choose weights by.
struct Trials: Sendable {
  /// Places in the model's catalogue.
  private var items: [Int32] = []
  private var histories: [Range<Int>] = []
  private var targets: [Int32] = []

  /// With few learners each is asked for up to five of her last items.
  private static let perLearnerMax = 5

  /// - Parameters:
  ///   - catalogue: of the model that will be tried; what it does not know is left out.
  ///   - countMax: how many there may be at most.
  init(
    _ sequences: ItemSequences, _ isTrial: [Bool], _ catalogue: ItemCatalogue, countMax: Int
  ) {
    let places = sequences.catalogue.ids.map { catalogue.place(of: $0) }
    let learners = (0..<sequences.count).filter { isTrial[$0] }
    let each = min(Self.perLearnerMax, max(1, countMax / max(1, learners.count)))
    for learner in learners {
      let known = sequences.sequence(of: learner).compactMap { places[Int($0)] }
      let begin = items.count
      items += known
      for cut in 0..<each where known.count - cut >= 3 && count < countMax {
        histories.append(begin..<items.count - cut - 1)
        targets.append(known[known.count - cut - 1])
      }
    }
  }

  var count: Int { targets.count }

  func ndcg(_ model: Neighbours, threads: Int) -> Double {
    RankingMetrics(
      ranks: parallelRanks(count, threads: threads) {
        NeighbourRanker(model)
      } rank: { ranker, trial in
        ranker.rank(of: targets[trial], after: items[histories[trial]])
      }
    ).ndcg10
  }
}

/// One rank for each index, worked out on some threads, each with tools of its own.
func parallelRanks<Tool>(
  _ count: Int, threads: Int, tool: @Sendable () -> Tool,
  rank: @Sendable (inout Tool, Int) -> Int
) -> [Int] {
  var ranks = [Int](repeating: 0, count: count)
  let threads = max(1, min(threads, count))
  ranks.withUnsafeMutableBufferPointer { ranks in
    // Each place is written by the one thread that the index was dealt to.
    nonisolated(unsafe) let ranks = ranks
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      var own = tool()
      for index in stride(from: thread, to: count, by: threads) { ranks[index] = rank(&own, index) }
    }
  }
  return ranks
}
