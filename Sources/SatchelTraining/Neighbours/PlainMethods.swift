package import SatchelTutor

/// The plain methods of collaborative filtering, to compare with.
package enum PlainMethod: String, CaseIterable, Sendable {
  /// Cosine of co-use, weighted mean over all neighbours: the source document's; must not rank.
  case cosineMean = "cosine-mean"
  /// Cosine of co-use, weighted sum over the 50 nearest of each item.
  case cosineSum = "cosine-sum"
  /// What came after, the sooner the more; the 50 likeliest of each item; the last items count most.
  case transitions
  /// The closed-form linear model EASE^R (Steck, WWW 2019), the last items counting most; up to 4,000 items.
  case ease
  /// How many learners used each item.
  case popularity
}

/// A plain method, fitted.
package struct PlainModel: Sendable {
  package static let listLength = 50
  /// Of EASE's matrix, which is inverted whole.
  package static let easeItemsMax = 4000
  static let easePenalty: Float = 500
  static let easeDecay: Float = 0.9
  static let transitionLags = 10
  static let transitionDecay: Float = 0.5

  package let method: PlainMethod
  package let catalogue: ItemCatalogue
  private let similarities: Similarities
  private let popularity: [Float]

  /// - Parameter shrinkage: of cosines: each is multiplied by n / (n + shrinkage), n the learners who used both.
  /// - Returns: `nil` for EASE of more than ``easeItemsMax`` items.
  package init?(
    _ method: PlainMethod, _ sequences: ItemSequences, shrinkage: Float = 0, threads: Int
  ) {
    self.method = method
    catalogue = sequences.catalogue
    let uses = CoUse(sequences)
    popularity = sequences.uses().map { Float($0) }
    switch method {
    case .cosineMean: similarities = uses.cosines(shrinkage: shrinkage, threads: threads)
    case .cosineSum:
      similarities = uses.cosines(shrinkage: shrinkage, threads: threads).top(Self.listLength)
    case .transitions:
      similarities = uses.transitions(
        lags: Self.transitionLags, decay: Self.transitionDecay, threads: threads
      ).top(Self.listLength)
    case .ease:
      guard catalogue.count <= Self.easeItemsMax else { return nil }
      similarities = Ease.fit(uses, penalty: Self.easePenalty, threads: threads)
    case .popularity: similarities = Similarities(rows: popularity.map { _ in [] })
    }
  }

  /// Of a place and a number for each entry, as they lie in memory; nothing was done to make it small.
  package var byteCount: Int { similarities.columns.count * 8 + popularity.count * 4 }

  /// What each item gets after a history of places.
  package func score(_ history: ArraySlice<Int32>, into scores: inout [Float]) {
    switch method {
    case .popularity: scores = popularity
    case .cosineMean: similarities.average(history, into: &scores)
    case .cosineSum:
      similarities.addUp(history, weights: history.map { _ in 1 }, into: &scores)
    case .transitions:
      similarities.addUp(
        history, weights: Self.recency(history.count, Self.transitionDecay), into: &scores)
    case .ease:
      similarities.addUp(
        history, weights: Self.recency(history.count, Self.easeDecay), into: &scores)
    }
  }

  /// The rank of `target`, from 1, among all items that are not in the history.
  package func rank(of target: Int32, after history: ArraySlice<Int32>, scratch: inout [Float])
    -> Int
  {
    score(history, into: &scratch)
    for item in history { scratch[Int(item)] = -.infinity }
    let own = scratch[Int(target)]
    return 1
      + scratch.indices.count { item in
        scratch[item] > own || scratch[item] == own && item < Int(target)
      }
  }

  /// The places with the highest scores, the best first; of equal ones the lower.
  package func best(_ limit: Int, of scores: [Float]) -> [Int32] {
    var best: [Int32] = []
    for item in scores.indices {
      if best.count == limit, let last = best.last, scores[item] <= scores[Int(last)] { continue }
      if best.count == limit { best.removeLast() }
      let place = best.firstIndex { scores[Int($0)] < scores[item] } ?? best.count
      best.insert(Int32(item), at: place)
    }
    return best
  }

  /// 1 for the last, and `decay` times as much for each one before.
  private static func recency(_ count: Int, _ decay: Float) -> [Float] {
    var weights = [Float](repeating: 1, count: count)
    for place in stride(from: count - 2, through: 0, by: -1) {
      weights[place] = weights[place + 1] * decay
    }
    return weights
  }
}

extension CoUse {
  /// For each item, how many learners used each other item too.
  func counts(threads: Int) -> [[Similarities.Entry]] {
    rows(threads: threads, width: 1) { item, sums in
      forEachUse(of: item) { use in
        for place in use.begin..<use.end where place != use.place {
          sums.add(1, to: sequences.items[place])
        }
      }
      var row: [Similarities.Entry] = []
      sums.drain { row.append(Similarities.Entry(column: $0, value: $1[$1.startIndex])) }
      return row
    }
  }

  /// cos(i, j) = n(i, j) / sqrt(n(i) n(j)), of the columns of the matrix learners × items; times n / (n + shrinkage).
  func cosines(shrinkage: Float, threads: Int) -> Similarities {
    let roots = (0..<itemCount).map { Float(uses(of: $0)).squareRoot() }
    let rows = counts(threads: threads).enumerated().map { item, row in
      row.map { entry in
        let cosine = entry.value / (roots[item] * roots[Int(entry.column)])
        return Similarities.Entry(
          column: entry.column, value: cosine * (entry.value / (entry.value + shrinkage)))
      }
    }
    return Similarities(rows: rows)
  }

  /// The share of an item's successors that each item is: the next counts 1, the one behind it `decay`, and so on.
  func transitions(lags: Int, decay: Float, threads: Int) -> Similarities {
    let rows = rows(threads: threads, width: 1) { item, sums in
      forEachUse(of: item) { use in
        var weight: Float = 1
        for place in use.place + 1..<max(use.place + 1, min(use.end, use.place + 1 + lags)) {
          sums.add(weight, to: sequences.items[place])
          weight *= decay
        }
      }
      var row: [Similarities.Entry] = []
      sums.drain { row.append(Similarities.Entry(column: $0, value: $1[$1.startIndex])) }
      let total = row.reduce(Float(0)) { $0 + $1.value }
      return row.map { Similarities.Entry(column: $0.column, value: $0.value / total) }
    }
    return Similarities(rows: rows)
  }
}
