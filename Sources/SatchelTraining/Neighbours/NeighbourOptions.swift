/// How a neighbour model is made of sequences; what is left to the data is chosen by ``NeighbourTrainer``.
package struct NeighbourOptions: Sendable {
  /// The whole file, with ids and header.
  package var bytesMax = 1_000_000
  /// How many of a learner's last items are looked at; also how far apart the items of a wide pair may lie.
  package var lags = 30
  /// What a wide pair counts, for each further step between its items.
  var wideDecay: Float = 0.8
  /// What a wide pair counts against the order of time.
  var wideBackward: Float = 0.3
  /// s and the exponents of ``Evidence``; s of near pairs is the shape's.
  var near = Smoothing(pseudoCount: 0, popularity: 1, row: 0.5)
  var wide = Smoothing(pseudoCount: 30, popularity: 0.75, row: 0.5)
  /// A learner's wide pairs count length^-½, so that who did everything does not drown the others.
  package var threads = 1
  /// A row keeps at most so many neighbours before the budget is dealt out.
  var rowMax = 512
  /// How many rankings choose the weights; with fewer learners each is asked for more than her last item.
  var trialsMax = 3000

  package init() {}

  /// evidence = ln(1 + n(h,i) / (s · P(i)^p · P̄^(1-p) · ((R(h) + 1) / 50)^r)), R the row's sum, P̄ = 1 / items.
  struct Smoothing: Sendable {
    var pseudoCount: Double
    var popularity: Double
    var row: Double
  }
}

/// What is chosen by trial on learners held back from training: by their last items, as the protocol asks.
struct NeighbourShape: Equatable, Sendable {
  /// How far apart the items of a near pair may lie; what it counts for each further step.
  var nearLags: Int
  static let nearDecay: Float = 0.2
  /// What a near pair counts against the order of time.
  var nearBackward: Float
  /// s of ``Evidence``.
  var nearPseudoCount: Double
  /// What a near pair counts for each step that lies between it and its learner's last item; at least
  /// ``endFloor``. Below 1, what learners did of late counts more.
  var endDecay: Float
  static let endFloor: Float = 0.01

  /// What learners go on to is the same all along their way; or it is what they went on to in the end.
  static let candidates = [
    NeighbourShape(nearLags: 3, nearBackward: 0.6, nearPseudoCount: 300, endDecay: 1),
    NeighbourShape(nearLags: 1, nearBackward: 0, nearPseudoCount: 30, endDecay: 0.1),
  ]
}

/// Where ``NeighbourTrainer`` stands in its search for weights: an index into each list.
struct NeighbourBlend: Equatable, Sendable {
  static let wide = [0.15, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 1.3]
  static let nearDecay = [0, 0.1, 0.2, 0.3, 0.45]
  static let wideDecay = [0.5, 0.6, 0.7, 0.8, 0.9]
  static let prior = [0, 0.2, 0.35, 0.5, 0.65, 0.8, 1]
  /// Of the last item's steps in the catalogue, and what they count for each item before it.
  static let step = [0, 0.2, 0.4, 0.6, 0.8, 1, 1.3]
  static let stepDecay = 0.2
  static let sizes = [wide.count, nearDecay.count, wideDecay.count, prior.count, step.count]

  var choice = [4, 2, 3, 3, 2]

  /// All blends that differ in one number by one step.
  var neighbours: [NeighbourBlend] {
    choice.indices.flatMap { part in
      [-1, 1].compactMap { step in
        let index = choice[part] + step
        guard (0..<Self.sizes[part]).contains(index) else { return nil }
        var other = self
        other.choice[part] = index
        return other
      }
    }
  }
}
