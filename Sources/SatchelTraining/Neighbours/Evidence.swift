internal import SatchelCore
internal import SatchelTutor

/// Near and wide evidence for pairs of items: what ``Neighbours`` keeps of it, before anything is cut or rounded.
struct Evidence: Sendable {
  let sequences: ItemSequences
  /// [items + 1]
  private(set) var starts: [Int] = [0]
  private(set) var columns: [Int32] = []
  /// In nats.
  private(set) var near: [Float] = []
  private(set) var wide: [Float] = []
  /// ln P of each item, add-half.
  let logShares: [Double]
  let steps: CatalogueSteps

  private struct Row: Sendable {
    var columns: [Int32] = []
    var near: [Float] = []
    var wide: [Float] = []
  }

  init(_ uses: CoUse, _ shape: NeighbourShape, _ options: NeighbourOptions) {
    sequences = uses.sequences
    steps = CatalogueSteps(sequences)
    let counts = sequences.uses().map { Double($0) + 0.5 }
    let total = counts.reduce(0, +)
    let shares = counts.map { $0 / total }
    logShares = shares.map(ExactMath.log)
    let counter = PairCounter(shape, options)
    var smoothing = options.near
    smoothing.pseudoCount = shape.nearPseudoCount
    let near = Expectation(smoothing, shares)
    let wide = Expectation(options.wide, shares)
    let rows = uses.rows(threads: options.threads, width: 2) { item, sums in
      counter.count(uses, item, &sums)
      return Self.row(&sums, near, wide, max: options.rowMax)
    }
    for row in rows {
      columns += row.columns
      self.near += row.near
      self.wide += row.wide
      starts.append(columns.count)
    }
  }

  /// How much a pair is worth keeping: its evidence in the blend, and a little more in rows that are used often.
  func importance(wideWeight: Float) -> [Float] {
    let uses = sequences.uses()
    var out = [Float](repeating: 0, count: columns.count)
    for item in 0..<starts.count - 1 {
      let often = Float(uses[item] + 1).squareRoot().squareRoot()
      for entry in starts[item]..<starts[item + 1] {
        out[entry] = (near[entry] + wideWeight * wide[entry]) * often
      }
    }
    return out
  }

  private static func row(
    _ sums: inout CoUse.Accumulator, _ near: Expectation, _ wide: Expectation, max: Int
  ) -> Row {
    var row = Row()
    sums.drain { column, sums in
      row.columns.append(column)
      row.near.append(sums[sums.startIndex])
      row.wide.append(sums[sums.startIndex + 1])
    }
    near.apply(to: &row.near, row.columns)
    wide.apply(to: &row.wide, row.columns)
    guard row.columns.count > max else { return row }
    let kept = row.columns.indices
      .sorted { (row.near[$1] + row.wide[$1], $0) < (row.near[$0] + row.wide[$0], $1) }
      .prefix(max).sorted()
    return Row(
      columns: kept.map { row.columns[$0] }, near: kept.map { row.near[$0] },
      wide: kept.map { row.wide[$0] })
  }

  /// What pairs would weigh if popularity alone were at work.
  private struct Expectation {
    /// 1 / (s · P^p · P̄^(1-p)) for each item.
    private let inverse: [Double]
    private let rowExponent: Double

    init(_ smoothing: NeighbourOptions.Smoothing, _ shares: [Double]) {
      let mean = ExactMath.pow(1 / Double(max(1, shares.count)), 1 - smoothing.popularity)
      inverse = shares.map {
        1 / (smoothing.pseudoCount * ExactMath.pow($0, smoothing.popularity) * mean)
      }
      rowExponent = smoothing.row
    }

    /// Turns the sums of a row into nats.
    func apply(to row: inout [Float], _ columns: [Int32]) {
      let total = row.reduce(0.0) { $0 + Double($1) }
      let scale = 1 / ExactMath.pow((total + 1) / 50, rowExponent)
      for index in row.indices where row[index] > 0 {
        let ratio = Double(row[index]) * inverse[Int(columns[index])] * scale
        row[index] = Float(ExactMath.log(1 + ratio))
      }
    }
  }
}

/// Weighs the pairs of one item: part 0 of the sums is near, part 1 wide.
private struct PairCounter: Sendable {
  private let shape: NeighbourShape
  private let options: NeighbourOptions
  /// By the distance of the pair less one.
  private let nearDecays: [Float]
  private let wideDecays: [Float]
  /// By the number of items behind the pair.
  private let ends: [Float]

  init(_ shape: NeighbourShape, _ options: NeighbourOptions) {
    self.shape = shape
    self.options = options
    nearDecays = Self.powers(NeighbourShape.nearDecay, floor: 0, count: shape.nearLags)
    wideDecays = Self.powers(options.wideDecay, floor: 0, count: options.lags)
    ends = Self.powers(shape.endDecay, floor: NeighbourShape.endFloor, count: 64)
  }

  func count(_ uses: CoUse, _ item: Int, _ sums: inout CoUse.Accumulator) {
    let items = uses.sequences.items
    uses.forEachUse(of: item) { use in
      let share = 1 / Float(use.end - use.begin).squareRoot()
      for distance in 1...options.lags {
        let next = use.place + distance
        guard next < use.end else { break }
        sums.add(share * wideDecays[distance - 1], to: items[next], part: 1)
        if distance <= shape.nearLags {
          sums.add(end(next, use) * nearDecays[distance - 1], to: items[next], part: 0)
        }
      }
      for distance in 1...options.lags {
        let before = use.place - distance
        guard before >= use.begin else { break }
        sums.add(
          share * wideDecays[distance - 1] * options.wideBackward, to: items[before], part: 1)
        if distance <= shape.nearLags, shape.nearBackward > 0 {
          sums.add(
            end(use.place, use) * nearDecays[distance - 1] * shape.nearBackward,
            to: items[before], part: 0)
        }
      }
    }
  }

  /// - Parameter later: the place of the pair's later item.
  private func end(_ later: Int, _ use: CoUse.Use) -> Float {
    ends[min(use.end - 1 - later, ends.count - 1)]
  }

  private static func powers(_ base: Float, floor: Float, count: Int) -> [Float] {
    var powers: [Float] = [1]
    while powers.count < count { powers.append(max(floor, powers[powers.count - 1] * base)) }
    return powers
  }
}
