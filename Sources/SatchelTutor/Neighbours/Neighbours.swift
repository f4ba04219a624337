/// What learners went on to after each item, and how often, compact enough for a laptop: which items come next.
///
/// An item's row lists its neighbours with two levels of evidence each. *Near*: who did this item did that one right
/// after it. *Wide*: who did this item did that one within the next few dozen, the sooner the more. A level is
/// ln(1 + weight of the pairs / (s · expected weight)), so evidence against what popularity alone would give, and
///
///     score(i) = β · ln P(i) + Σ over the last L items h, lag d = 1...L:
///                  near[d] · near(h, i) + wide[d] · wide(h, i) + step[d] · step(place of i - place of h)
///
/// is a log-linear blend of independent witnesses (naive Bayes with weights): evidence multiplies. ``CatalogueSteps`` is
/// the third of them: what the places say. Sums of probabilities
/// ranked worse on every set that was tried, and a mean of similarities, as of the source document, cannot rank at all;
/// see Docs/decisions/0021. All of it is whole numbers in a fixed order, so that all devices rank alike (INV-merge has
/// no say here, but a class should see one order).
package struct Neighbours: Equatable, Sendable {
  package static let lagsMax = 32
  package static let entriesMax = 4_000_000
  /// Levels are in 1/256 nat, and at most this much.
  static let levelMax: Int16 = 4095
  /// Weights are in 1/1024, and at most this much.
  static let weightMax: Int16 = 4096
  /// Codes of a level are half a byte; 0 is no evidence.
  static let levelCount = 16
  /// Of ``prior``, in parts of a nat.
  static let priorSteps = 16

  package let items: ItemCatalogue
  package let rows: Rows
  package let steps: CatalogueSteps
  /// ln P(i) above the rarest item's, in 1/16 nat; one for each item.
  let prior: [UInt8]
  package let weights: LagWeights
  /// [lags, 256]: what an entry's code adds at each lag, in 1/2^18 nat.
  let additions: [Int32]
  /// [items]: what popularity adds, in 1/2^18 nat.
  let base: [Int32]

  /// How much each source has to say.
  package struct LagWeights: Equatable, Sendable {
    /// In 1/1024, 0...4096; one for each lag, the first that of the last item.
    package var near: [Int16]
    package var wide: [Int16]
    package var step: [Int16]
    /// β, in 1/1024.
    package var prior: Int16

    /// - Parameter step: `nil` is 0 for each lag.
    package init(near: [Int16], wide: [Int16], step: [Int16]? = nil, prior: Int16) {
      self.near = near
      self.wide = wide
      self.step = step ?? near.map { _ in 0 }
      self.prior = prior
    }
  }

  /// The neighbours of all items, one row after the other.
  package struct Rows: Equatable, Sendable {
    /// [items + 1]: where each row begins.
    let starts: [Int32]
    /// Places of neighbours, ascending within a row.
    let columns: [Int32]
    /// Code of the near level, and times 16 that of the wide one.
    let codes: [UInt8]
    /// [16] each, in 1/256 nat; the first is 0.
    let nearLevels: [Int16]
    let wideLevels: [Int16]

    package init(
      starts: [Int32], columns: [Int32], codes: [UInt8], nearLevels: [Int16], wideLevels: [Int16]
    ) {
      self.starts = starts
      self.columns = columns
      self.codes = codes
      self.nearLevels = nearLevels
      self.wideLevels = wideLevels
    }

    package var count: Int { columns.count }

    /// Rows without neighbours.
    package static func empty(itemCount: Int) -> Rows {
      let levels = [Int16](repeating: 0, count: levelCount)
      return Rows(
        starts: [Int32](repeating: 0, count: itemCount + 1), columns: [], codes: [],
        nearLevels: levels, wideLevels: levels)
    }

    /// The same rows as a number for each pair, for who wants to look at them: near and wide, in nats.
    package func levels(from item: Int32, to other: Int32) -> (near: Float, wide: Float)? {
      for entry in Int(starts[Int(item)])..<Int(starts[Int(item) + 1])
      where columns[entry] == other {
        let code = codes[entry]
        return (
          Float(nearLevels[Int(code & 15)]) / 256, Float(wideLevels[Int(code >> 4)]) / 256
        )
      }
      return nil
    }
  }

  /// - Parameters:
  ///   - rows: one for each item; levels and codes as ``Rows`` says.
  ///   - weights: of as many lags in all three lists, 1...``lagsMax``.
  package init(
    items: ItemCatalogue, rows: Rows, steps: CatalogueSteps = .none, prior: [UInt8],
    weights: LagWeights
  ) {
    precondition(rows.starts.count == items.count + 1 && prior.count == items.count)
    precondition(weights.near.count == weights.wide.count)
    precondition(weights.near.count == weights.step.count)
    self.items = items
    self.rows = rows
    self.steps = steps
    self.prior = prior
    self.weights = weights
    base = Self.base(prior, weights)
    additions = Self.additions(rows, weights)
  }

  /// The same rows with other weights.
  package func weighted(_ weights: LagWeights) -> Neighbours {
    Neighbours(items: items, rows: rows, steps: steps, prior: prior, weights: weights)
  }

  package var lags: Int { weights.near.count }

  /// 1/16 nat times 1/1024 is 1/2^14; times 16 it is in the units of ``additions``.
  private static func base(_ prior: [UInt8], _ weights: LagWeights) -> [Int32] {
    prior.map { Int32($0) * Int32(weights.prior) * 16 }
  }

  /// At most 2 · 4095 · 4096 a lag, and as much as half of it for ``steps``, so 32 lags and the prior stay below 2^31.
  private static func additions(_ rows: Rows, _ weights: LagWeights) -> [Int32] {
    zip(weights.near, weights.wide).flatMap { near, wide in
      (0..<256).map { code in
        Int32(near) * Int32(rows.nearLevels[code & 15])
          + Int32(wide) * Int32(rows.wideLevels[code >> 4])
      }
    }
  }
}
