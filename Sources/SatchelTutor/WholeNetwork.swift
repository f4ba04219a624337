/// The layers of a ``Network`` as they serve: in whole numbers (Jacob et al. 2018, section 2.1 and 2.2).
///
/// A weight is a byte, an input two bytes, a sum four, and sums are exact: the first layer may be summed in parts, in any
/// order, on any processor, and comes out the same to the last bit. So a ranking, which adds up what depends on the
/// learner, on the skill and on the item, foretells of each item what `predict` does. Only between layers is anything
/// rounded, in the same few steps everywhere.
///
/// 28,000 products a row; 55 kB.
package struct WholeNetwork: Equatable, Sendable {
  /// Inputs are whole numbers of 1/4096, within ±8: what is normalised is within ±5.
  static let inputScale: Float = 4096
  /// Outputs of both hidden layers are whole numbers of 1/1024, within 0...32.
  static let hiddenScale: Float = 1024

  /// A part of the inputs that is summed by itself. Where its width is odd, one number of 0 fills it up.
  package enum Stretch: CaseIterable {
    case learner, skill, pair, content, recurrent

    package var columns: Range<Int> {
      switch self {
      case .learner: FeatureSchema.learner
      case .skill: FeatureSchema.skill
      case .pair: FeatureSchema.pair
      case .content: FeatureSchema.content
      case .recurrent: FeatureSchema.recurrent
      }
    }

    var pairs: Int { (columns.count + 1) / 2 }

    /// Pairs before it.
    var start: Int {
      switch self {
      case .learner: 0
      case .skill: Self.learner.start + Self.learner.pairs
      case .pair: Self.skill.start + Self.skill.pairs
      case .content: Self.pair.start + Self.pair.pairs
      case .recurrent: Self.content.start + Self.content.pairs
      }
    }
  }

  /// Of a whole row.
  static let pairs = Stretch.recurrent.start + Stretch.recurrent.pairs

  private let first: Layer
  private let second: Layer
  private let heads: Layer

  /// A layer's weights [pairs, columns, 2], and what makes of a sum the layer's output: output = sum * factor + bias.
  private struct Layer: Equatable {
    var weights: [Int16]
    var factors: [Float]
    var biases: [Float]

    /// - Parameters:
    ///   - numbers: [inputs, columns].
    ///   - places: for each input its place in the pairs.
    init(
      _ numbers: [Int16], columns: Int, places: [Int], pairs: Int, padded width: Int,
      factors: [Float], biases: [Float]
    ) {
      weights = [Int16](repeating: 0, count: 2 * pairs * width)
      for (input, place) in places.enumerated() {
        for column in 0..<columns {
          weights[(place / 2 * width + column) * 2 + place % 2] = numbers[input * columns + column]
        }
      }
      self.factors = factors
      self.biases = biases
    }
  }

  /// The last layer's columns, filled up to what the kernel takes.
  private static let headColumns = 16
  /// The largest weight of the last layer: 64 products with inputs of 15 bits stay within 32.
  private static let headWeightMax: Float = 1023

  package init(_ network: Network) {
    let places = Stretch.allCases.flatMap { stretch in
      (0..<stretch.columns.count).map { 2 * stretch.start + $0 }
    }
    let (weights1, scales1) = network.quantised(.weights1)
    first = Layer(
      weights1.map { Int16($0) }, columns: Network.hidden1, places: places, pairs: Self.pairs,
      padded: Network.hidden1, factors: scales1.map { $0 / Self.inputScale * Self.hiddenScale },
      biases: network.numbers(.bias1).map { $0 * Self.hiddenScale })
    let (weights2, scales2) = network.quantised(.weights2)
    second = Layer(
      weights2.map { Int16($0) }, columns: Network.hidden2, places: Array(0..<Network.hidden1),
      pairs: Network.hidden1 / 2, padded: Network.hidden2, factors: scales2,
      biases: network.numbers(.bias2).map { $0 * Self.hiddenScale })
    heads = Self.heads(of: network)
  }

  private static func heads(of network: Network) -> Layer {
    let (rows, columns) = Network.Part.weights3.shape
    let weights = network.numbers(.weights3)
    let scales = (0..<columns).map { column in
      (0..<rows).reduce(Float(0)) { max($0, weights[$1 * columns + column].magnitude) }
        / headWeightMax
    }
    let numbers = weights.indices.map { index -> Int16 in
      let scale = scales[index % columns]
      return scale > 0
        ? Int16(min(max((weights[index] / scale).rounded(), -headWeightMax), headWeightMax)) : 0
    }
    return Layer(
      numbers, columns: columns, places: Array(0..<rows), pairs: rows / 2, padded: headColumns,
      factors: scales.map { $0 / hiddenScale }, biases: network.numbers(.bias3))
  }

  /// Runs rows of normalised features [count, 148] to outputs [count, 8], of which the first 4 are ``Head``s.
  package func outputs(of rows: [Float], kernel: Kernel = .serving) -> [Float] {
    let count = rows.count / Network.inputs
    var outputs = [Float](repeating: 0, count: count * Network.headStride)
    run(rows, count: count, into: &outputs, kernel: kernel)
    return outputs
  }

  /// The same from and into the caller's memory, block by block; nothing is allocated on the heap.
  package func run(
    _ rows: UnsafePointer<Float>, count: Int, into outputs: UnsafeMutablePointer<Float>,
    kernel: Kernel = .serving
  ) {
    let block = min(count, Self.blockRows)
    let width = 2 * Self.pairs
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: block * width) { inputs in
      withUnsafeTemporaryAllocation(of: Int32.self, capacity: block * Network.hidden1) { sums in
        guard let inputs = inputs.baseAddress, let sums = sums.baseAddress else { return }
        for start in stride(from: 0, to: count, by: max(1, block)) {
          let size = min(block, count - start)
          for row in 0..<size {
            Self.round(
              rows + (start + row) * Network.inputs, into: inputs + row * width, kernel)
          }
          first.weights.withUnsafeBufferPointer { weights in
            guard let weights = weights.baseAddress else { return }
            kernel.multiply(
              rows: size, columns: Network.hidden1, pairs: Self.pairs, inputs, rowStride: width,
              by: weights, into: sums, isAdding: false)
          }
          upperLayers(
            count: size, into: outputs + start * Network.headStride, kernel: kernel
          ) { FirstSums(first: sums + $0 * Network.hidden1) }
        }
      }
    }
  }

  /// As many as the second layer's numbers leave room for beside its weights in the nearest cache.
  private static let blockRows = 96

  /// One row's inputs, stretch by stretch, as whole numbers.
  private static func round(
    _ row: UnsafePointer<Float>, into out: UnsafeMutablePointer<Int16>, _ kernel: Kernel
  ) {
    for stretch in Stretch.allCases {
      round(row + stretch.columns.lowerBound, stretch, into: out + 2 * stretch.start, kernel)
    }
  }

  private static func round(
    _ values: UnsafePointer<Float>, _ stretch: Stretch, into out: UnsafeMutablePointer<Int16>,
    _ kernel: Kernel
  ) {
    let count = stretch.columns.count
    kernel.round(values, count: count, scale: inputScale, into: out)
    if count % 2 == 1 { out[count] = 0 }
  }

  /// What `stretch` of the features adds to the first layer's sums.
  ///
  /// `input` holds rows of only these columns, [count, columns.count]; `sums` is [count, 128].
  func sum(
    _ stretch: Stretch, of input: UnsafePointer<Float>, count: Int,
    into sums: UnsafeMutablePointer<Int32>, isAdding: Bool, kernel: Kernel = .serving
  ) {
    let width = 2 * stretch.pairs
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: count * width) { inputs in
      first.weights.withUnsafeBufferPointer { weights in
        guard let inputs = inputs.baseAddress, let weights = weights.baseAddress else { return }
        for row in 0..<count {
          Self.round(
            input + row * stretch.columns.count, stretch, into: inputs + row * width, kernel)
        }
        kernel.multiply(
          rows: count, columns: Network.hidden1, pairs: stretch.pairs, inputs, rowStride: width,
          by: weights + 2 * stretch.start * Network.hidden1, into: sums, isAdding: isAdding)
      }
    }
  }

  /// From the first layer's sums of `count` rows to outputs [count, 8].
  @inline(__always)
  func upperLayers(
    count: Int, into outputs: UnsafeMutablePointer<Float>, kernel: Kernel = .serving,
    sums: (Int) -> FirstSums
  ) {
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: count * Network.hidden1) { hidden in
      guard let hidden = hidden.baseAddress else { return }
      for row in 0..<count {
        kernel.rectify(
          width: Network.hidden1, sums(row), first.factors, first.biases,
          into: hidden + row * Network.hidden1)
      }
      upperLayers(hidden, count: count, into: outputs, kernel)
    }
  }

  /// - Parameter hidden: the first layer's outputs, [count, 128]; overwritten.
  private func upperLayers(
    _ hidden: UnsafeMutablePointer<Int16>, count: Int,
    into outputs: UnsafeMutablePointer<Float>, _ kernel: Kernel
  ) {
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: count * Network.hidden2) { sums in
      guard let sums = sums.baseAddress else { return }
      kernel.multiply(
        rows: count, columns: Network.hidden2, pairs: Network.hidden1 / 2, hidden,
        rowStride: Network.hidden1, by: second.weights, into: sums, isAdding: false)
      for row in 0..<count {
        kernel.rectify(
          width: Network.hidden2, FirstSums(first: sums + row * Network.hidden2), second.factors,
          second.biases, into: hidden + row * Network.hidden2)
      }
      kernel.multiply(
        rows: count, columns: Self.headColumns, pairs: Network.hidden2 / 2, hidden,
        rowStride: Network.hidden2, by: heads.weights, into: sums, isAdding: false)
      // In C, where nothing can be read from `sums` after its place on the stack is given back: with the loop written
      // here, the optimiser of Swift 6.3 does that.
      kernel.scale(
        rows: count, sums, stride: Self.headColumns, heads.factors, heads.biases, into: outputs)
    }
  }
}

extension Network {
  fileprivate func numbers(_ part: Part) -> [Float] { Array(parameters[part.range]) }
}
