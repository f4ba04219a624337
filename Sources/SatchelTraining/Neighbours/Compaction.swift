internal import SatchelTutor

/// Cuts evidence down to a number of bytes and rounds it to sixteen levels.
struct Compaction {
  private let evidence: Evidence
  private let importance: [Float]

  init(_ evidence: Evidence, wideWeight: Float) {
    self.evidence = evidence
    importance = evidence.importance(wideWeight: wideWeight)
  }

  /// The most important pairs that fit, in rows as ``Neighbours`` holds them.
  ///
  /// - Parameter bytesMax: of neighbours' distances and codes alone.
  func rows(bytesMax: Int) -> Neighbours.Rows {
    let threshold = threshold(bytesMax: bytesMax)
    var starts: [Int32] = [0]
    var kept: [Int] = []
    for item in 0..<evidence.starts.count - 1 {
      for entry in evidence.starts[item]..<evidence.starts[item + 1]
      where importance[entry] > threshold {
        kept.append(entry)
      }
      starts.append(Int32(kept.count))
    }
    let near = Levels(kept.lazy.map { evidence.near[$0] })
    let wide = Levels(kept.lazy.map { evidence.wide[$0] })
    return Neighbours.Rows(
      starts: starts, columns: kept.map { evidence.columns[$0] },
      codes: kept.map {
        near.code(evidence.near[$0]) | wide.code(evidence.wide[$0]) << 4
      }, nearLevels: near.values, wideLevels: wide.values)
  }

  /// Floats above 0 are in the order of their bits, so halving the bits finds the threshold in 31 steps. What is equal to
  /// it goes, all of it: the result does not depend on an order.
  private func threshold(bytesMax: Int) -> Float {
    var low: UInt32 = 0
    var high = Float.greatestFiniteMagnitude.bitPattern
    while low < high {
      let middle = low + (high - low) / 2
      if byteCount(above: Float(bitPattern: middle)) <= bytesMax {
        high = middle
      } else {
        low = middle + 1
      }
    }
    return Float(bitPattern: low)
  }

  /// A code for each pair that is kept, and the distances as varints: see `Neighbours.Rows.encodedColumns`.
  private func byteCount(above threshold: Float) -> Int {
    var bytes = 0
    for item in 0..<evidence.starts.count - 1 {
      var next: Int32 = 0
      var length = 0
      for entry in evidence.starts[item]..<evidence.starts[item + 1]
      where importance[entry] > threshold {
        bytes += 1 + Self.varintBytes(evidence.columns[entry] - next)
        next = evidence.columns[entry] + 1
        length += 1
      }
      bytes += Self.varintBytes(Int32(length))
    }
    return bytes
  }

  private static func varintBytes(_ value: Int32) -> Int {
    value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : 3
  }
}

/// Sixteen levels, the first of them nothing, that lie where the values lie (Lloyd, "Least squares quantization in PCM",
/// IEEE Transactions on Information Theory 28, 1982; found in memoranda of 1957).
struct Levels {
  /// [16], in 1/256 nat, ascending.
  let values: [Int16]
  /// For each value in 1/256 nat, 0...4095.
  private let codes: [UInt8]

  init(_ evidence: some Sequence<Float>) {
    var histogram = [Int](repeating: 0, count: 4096)
    for value in evidence where value > 0 { histogram[Self.fixed(value)] += 1 }
    var centres = Self.quantiles(histogram)
    for _ in 0..<20 { centres = Self.moved(centres, histogram) }
    let values = [0] + centres
    self.values = values.map { Int16($0) }
    codes = Self.nearest(values).map { UInt8($0) }
  }

  func code(_ evidence: Float) -> UInt8 { evidence > 0 ? codes[Self.fixed(evidence)] : 0 }

  private static func fixed(_ evidence: Float) -> Int {
    min(4095, Int((evidence * 256).rounded()))
  }

  /// Fifteen values with as much between each two: the start.
  private static func quantiles(_ histogram: [Int]) -> [Int] {
    let total = histogram.reduce(0, +)
    var centres: [Int] = []
    var seen = 0
    for (value, count) in histogram.enumerated() {
      seen += count
      while centres.count < 15, total > 0, seen * 30 >= total * (2 * centres.count + 1) {
        centres.append(value)
      }
    }
    return centres.isEmpty ? [Int](repeating: 0, count: 15) : centres
  }

  private static func moved(_ centres: [Int], _ histogram: [Int]) -> [Int] {
    var sums = [Int](repeating: 0, count: centres.count)
    var counts = sums
    for (value, centre) in nearest(centres).enumerated() {
      sums[centre] += value * histogram[value]
      counts[centre] += histogram[value]
    }
    return centres.indices.map {
      counts[$0] > 0 ? (2 * sums[$0] + counts[$0]) / (2 * counts[$0]) : centres[$0]
    }
  }

  /// For each value the index of the centre next to it; of two as near, the lower.
  private static func nearest(_ centres: [Int]) -> [Int] {
    var index = 0
    return (0..<4096).map { value in
      while index + 1 < centres.count,
        abs(centres[index + 1] - value) < abs(centres[index] - value)
          || centres[index + 1] == centres[index]
      {
        index += 1
      }
      return index
    }
  }
}
