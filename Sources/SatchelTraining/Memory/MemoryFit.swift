package import SatchelCore

/// Which formulas are fitted.
package enum MemoryKind: String, CaseIterable, Sendable {
  /// 21 weights, whole days.
  case fsrs6
  /// 34 weights, fractional days.
  case fsrs7
}

/// How memory weights are fitted. The defaults are what the figures of `Docs` were measured with.
package struct MemoryFitOptions: Equatable, Sendable {
  /// How much the oldest prediction counts against the newest, 0...1.
  package var oldestShare = 0.5
  /// Passes over the data for one fit, at most.
  package var passesMax = 40
  /// Whether to judge by the future of the past, and to keep the defaults where they foretell it clearly better.
  package var isJudged = true
  /// With fewer scored reviews nothing is fitted.
  package var scoredMin = 64

  package init() {}
}

/// What came of fitting.
package struct MemoryFit: Equatable, Sendable {
  package let kind: MemoryKind
  /// 21 or 34, as `MemoryParameters` or `DualMemoryParameters` take them.
  package var weights: [Double]
  /// Whether ``weights`` are the defaults, because the log is too short or they foretold it clearly better than fits did.
  package var isDefault = true
  /// Of fits: five times the weights that the log's past gave foretell what came next. `nil` where it was not judged.
  package var judged: ReviewFigures?
  /// Of the defaults, over the same reviews as ``judged``.
  package var judgedDefault: ReviewFigures?
  /// Of ``weights`` over the log that they were fitted to: better than the future will be.
  package var fitted = ReviewFigures()
  /// Over the data, for the one fit to all of it.
  package var passes = 0
  /// Of that fit alone.
  package var fitSeconds = 0.0
}

extension MemoryKind {
  /// Fits the weights to a learner's, or many learners', reviews. O(reviews), some 20 passes; the same log gives the
  /// same weights.
  ///
  /// - Throws: `training.badData` for a log without reviews, `cancelled`.
  package func fit(
    _ log: ReviewLog, options: MemoryFitOptions = MemoryFitOptions(),
    isCancelled: () -> Bool = { false }
  ) throws(SatchelError) -> MemoryFit {
    guard log.count > 0 else {
      throw SatchelError(.trainingData, subject: "reviews", cause: "the log holds none")
    }
    return switch self {
    case .fsrs6:
      try MemoryFitter<SingleMemoryModel>(log, self, options).fit(isCancelled: isCancelled)
    case .fsrs7:
      try MemoryFitter<DualMemoryModel>(log, self, options).fit(isCancelled: isCancelled)
    }
  }

  /// The chance of recall that `weights` foretell for each review of the log; 1 for a card's first.
  ///
  /// - Parameter weights: legal ones, as many as the model has.
  package func recalls(_ log: ReviewLog, weights: [Double]) -> [Double] {
    switch self {
    case .fsrs6: MemoryFitter<SingleMemoryModel>.recalls(log, weights: weights)
    case .fsrs7: MemoryFitter<DualMemoryModel>.recalls(log, weights: weights)
    }
  }
}
