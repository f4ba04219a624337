internal import SatchelCore

/// How high rankings put what learners did next; the names and rules of the recommender protocol.
package struct RankingMetrics: Equatable, Sendable {
  /// How many learners were judged.
  package var count = 0
  /// Mean of 1 / log2(rank + 1) where the rank is at most 10, else 0.
  package var ndcg10 = 0.0
  /// Share of learners whose next item is among the first 10.
  package var recall10 = 0.0
  /// Mean of 1 / rank.
  package var mrr = 0.0

  /// - Parameter ranks: one for each learner, from 1.
  package init(ranks: [Int]) {
    count = ranks.count
    guard count > 0 else { return }
    for rank in ranks {
      mrr += 1 / Double(rank)
      guard rank <= 10 else { continue }
      recall10 += 1
      ndcg10 += 0.6931471805599453 / ExactMath.log(Double(rank) + 1)
    }
    let learners = Double(count)
    ndcg10 /= learners
    recall10 /= learners
    mrr /= learners
  }
}
