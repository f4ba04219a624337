package import SatchelCore
package import SatchelTutor

/// Makes a neighbour model of sequences: count pairs, weigh evidence, cut to size, choose weights by trial.
///
/// The weights and one of two shapes are chosen on a fifth of the learners, by hash, with a model of the others; then the
/// model is made of all. So one configuration serves all data, and no figure of a test fold is looked at.
package struct NeighbourTrainer: Sendable {
  package let options: NeighbourOptions

  package init(options: NeighbourOptions = NeighbourOptions()) { self.options = options }

  /// What was chosen, to be told.
  package struct Report: Sendable {
    /// NDCG@10 of the trials that chose, which flatters: it is not a test.
    package var validationNDCG = 0.0
    package var trials = 0
    /// Whether what learners did last counts more than what they did before.
    package var endsCountMore = false
    package var seconds = 0.0
  }

  /// A shape or blend must be better than the one before by this share, or it is taken for luck.
  private static let gainMin = 1.002
  private static let stepsMax = 24

  /// - Throws: `training.badData` where no learner used two items, `input.tooLarge` for more items than a model may
  ///   have, or than fit into its bytes; `cancelled`.
  package func fit(
    _ sequences: ItemSequences, isCancelled: () -> Bool = { false }
  ) throws(SatchelError) -> (model: Neighbours, report: Report) {
    let start = ContinuousClock.now
    try check(sequences)
    var report = Report()
    let choice = try choose(sequences, &report, isCancelled)
    if isCancelled() { throw SatchelError(.cancelled) }
    let model = try compacted(Evidence(CoUse(sequences), choice.shape, options), choice.blend)
    report.endsCountMore = choice.shape.endDecay < 1
    report.seconds = (ContinuousClock.now - start) / .seconds(1)
    return (model, report)
  }

  private typealias Choice = (shape: NeighbourShape, blend: NeighbourBlend, value: Double)

  /// The shape and blend whose model of four fifths of the learners ranks best for the others.
  private func choose(
    _ sequences: ItemSequences, _ report: inout Report, _ isCancelled: () -> Bool
  ) throws(SatchelError) -> Choice {
    var best: Choice = (NeighbourShape.candidates[0], NeighbourBlend(), 0)
    let isTrial = sequences.learners.map { KeyHash.hash($0) % 5 == 0 }
    let known = sequences.filtered { !isTrial[$0] }
    let trials = Trials(sequences, isTrial, known.catalogue, countMax: options.trialsMax)
    report.trials = trials.count
    guard trials.count > 0, known.count > 0 else { return best }
    let uses = CoUse(known)
    for shape in NeighbourShape.candidates {
      if isCancelled() { throw SatchelError(.cancelled) }
      let evidence = Evidence(uses, shape, options)
      let first = search(try compacted(evidence, NeighbourBlend()), from: NeighbourBlend(), trials)
      // What is worth keeping depends on the blend, so with another blend other pairs are kept.
      let second = search(try compacted(evidence, first.blend), from: first.blend, trials)
      if second.value > best.value * Self.gainMin { best = (shape, second.blend, second.value) }
    }
    report.validationNDCG = best.value
    return best
  }

  private func check(_ sequences: ItemSequences) throws(SatchelError) {
    guard sequences.items.count > sequences.count else {
      throw SatchelError(.trainingData, subject: "learners", cause: "nobody used two items")
    }
    guard sequences.catalogue.count <= ItemCatalogue.itemsMax else {
      throw SatchelError(
        .inputTooLarge, subject: "items",
        cause: "\(sequences.catalogue.count) of at most \(ItemCatalogue.itemsMax)")
    }
  }

  /// A model of the pairs that matter most in a blend.
  private func compacted(
    _ evidence: Evidence, _ blend: NeighbourBlend
  ) throws(SatchelError) -> Neighbours {
    let items = evidence.sequences.catalogue
    let weights = blend.weights(lags: options.lags)
    let prior = Self.prior(evidence.logShares)
    let empty = Neighbours(
      items: items, rows: .empty(itemCount: items.count), prior: prior, weights: weights)
    let room = options.bytesMax - empty.encoded().count - Self.headerSlack
    guard room > items.count * 2 else {
      throw SatchelError(
        .inputTooLarge, subject: "items", cause: "\(items.count) in \(options.bytesMax) bytes")
    }
    let wideWeight = Float(NeighbourBlend.wide[blend.choice[0]])
    let rows = Compaction(evidence, wideWeight: wideWeight).rows(bytesMax: room)
    return Neighbours(
      items: items, rows: rows, steps: evidence.steps, prior: prior, weights: weights)
  }

  /// Numbers in the header may have more digits than those of a model without rows.
  private static let headerSlack = 128

  private static func prior(_ logShares: [Double]) -> [UInt8] {
    let lowest = logShares.min() ?? 0
    return logShares.map { UInt8(min(255, (($0 - lowest) * 16).rounded())) }
  }

  /// Climbs from blend to better blend, one step at a time.
  private func search(
    _ model: Neighbours, from start: NeighbourBlend, _ trials: Trials
  ) -> (blend: NeighbourBlend, value: Double) {
    func value(_ blend: NeighbourBlend) -> Double {
      trials.ndcg(model.weighted(blend.weights(lags: options.lags)), threads: options.threads)
    }
    var best = (blend: start, value: value(start))
    var tried = [best.blend]
    for _ in 0..<Self.stepsMax {
      let before = best.blend
      for blend in before.neighbours where !tried.contains(blend) {
        tried.append(blend)
        let own = value(blend)
        if own > best.value { best = (blend, own) }
      }
      if best.blend == before { break }
    }
    return best
  }
}

extension NeighbourBlend {
  func weights(lags: Int) -> Neighbours.LagWeights {
    Neighbours.LagWeights(
      near: Self.decaying(1, Self.nearDecay[choice[1]], lags),
      wide: Self.decaying(Self.wide[choice[0]], Self.wideDecay[choice[2]], lags),
      step: Self.decaying(Self.step[choice[4]], Self.stepDecay, lags),
      prior: Int16((Self.prior[choice[3]] * 1024).rounded()))
  }

  private static func decaying(_ first: Double, _ decay: Double, _ count: Int) -> [Int16] {
    var weight = first
    return (0..<count).map { _ in
      defer { weight *= decay }
      return Int16((weight * 1024).rounded())
    }
  }
}
