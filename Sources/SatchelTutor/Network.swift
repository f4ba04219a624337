internal import SatchelCore

/// What the network foretells, in the order of its outputs.
package enum Head: Int, CaseIterable, Sendable {
  /// Logit of a right answer.
  case correctness
  /// ln(1 + seconds) that the answer takes.
  case responseTime
  /// Logit of going on after this answer.
  case engagement
  /// Logit of the discounted share of right answers to come on the item's skills.
  case pathValue
}

/// Features 100 and a recurrent state 48 -> 128 -> 64 -> heads 4, ReLU between, float32.
///
/// All numbers lie in one array, in the order of ``Part``; a matrix is [inputs, outputs], so that a kernel walks along
/// outputs. The last matrix is padded from 4 to 8 columns, of which the last 4 are 0 and stay 0: eight is one vector.
package struct Network: Equatable, Sendable {
  package static let inputs = FeatureSchema.count
  package static let hidden1 = 128
  package static let hidden2 = 64
  package static let heads = Head.allCases.count
  package static let headStride = 8
  /// Units of the recurrent state, and numbers of its three gates.
  package static let units = FeatureSchema.recurrent.count
  package static let gates = 3 * units

  package enum Part: Int, CaseIterable {
    case weights1, bias1, weights2, bias2, weights3, bias3
    /// Of the recurrent state: from an answer and from the state before to the gates r, z, n.
    case answerGates, gateBias, stateGates, candidateBias

    /// Rows and columns; a bias is one row.
    package var shape: (rows: Int, columns: Int) {
      switch self {
      case .weights1: (inputs, hidden1)
      case .bias1: (1, hidden1)
      case .weights2: (hidden1, hidden2)
      case .bias2: (1, hidden2)
      case .weights3: (hidden2, headStride)
      case .bias3: (1, headStride)
      case .answerGates: (FeatureSchema.answerCount, gates)
      case .gateBias: (1, gates)
      case .stateGates: (units, gates)
      case .candidateBias: (1, units)
      }
    }

    package var offset: Int { Self.offsets[rawValue] }

    package var range: Range<Int> { offset..<offset + shape.rows * shape.columns }

    private static let offsets: [Int] = allCases.reduce(into: []) { offsets, part in
      let before = part.rawValue == 0 ? nil : allCases[part.rawValue - 1].shape
      offsets.append((offsets.last ?? 0) + (before.map { $0.rows * $0.columns } ?? 0))
    }
  }

  /// How many numbers ``parameters`` holds, the padding among them.
  package static let parameterCount = Part.candidateBias.range.upperBound

  package var parameters: [Float]

  package init(parameters: [Float]) {
    precondition(parameters.count == Self.parameterCount)
    self.parameters = parameters
  }

  /// Runs rows of normalised features [count, 148] to outputs [count, 8], of which the first 4 are ``Head``s.
  package func outputs(of rows: [Float], kernel: Kernel = .serving) -> [Float] {
    let count = rows.count / Self.inputs
    var outputs = [Float](repeating: 0, count: count * Self.headStride)
    rows.withUnsafeBufferPointer { rows in
      outputs.withUnsafeMutableBufferPointer { out in
        guard let input = rows.baseAddress, let out = out.baseAddress else { return }
        run(input, count: count, into: out, kernel: kernel)
      }
    }
    return outputs
  }

  /// The same from and into the caller's memory, block by block; a block's sums lie on the stack.
  package func run(
    _ rows: UnsafePointer<Float>, count: Int, into outputs: UnsafeMutablePointer<Float>,
    kernel: Kernel = .serving
  ) {
    let block = min(count, 96)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: block * Self.hidden1) { first in
      guard let sums = first.baseAddress else { return }
      for start in stride(from: 0, to: count, by: max(1, block)) {
        let size = min(block, count - start)
        firstLayer(
          columns: 0..<Self.inputs, of: rows + start * Self.inputs, count: size, into: sums,
          isAdding: false, kernel: kernel)
        upperLayers(sums, count: size, into: outputs + start * Self.headStride, kernel: kernel)
      }
    }
  }

  /// What `columns` of the features add to the first layer, without its bias.
  ///
  /// `input` holds rows of only these columns, [count, columns.count]; `sums` is [count, 128].
  func firstLayer(
    columns: Range<Int>, of input: UnsafePointer<Float>, count: Int,
    into sums: UnsafeMutablePointer<Float>, isAdding: Bool, kernel: Kernel = .serving
  ) {
    parameters.withUnsafeBufferPointer { parameters in
      guard let base = parameters.baseAddress else { return }
      kernel.multiply(
        rows: count, columns: Self.hidden1, depth: columns.count, input, rowStride: columns.count,
        by: base + columns.lowerBound * Self.hidden1, rowStride: Self.hidden1,
        into: sums, rowStride: Self.hidden1, isAdding: isAdding)
    }
  }

  /// From the sums of the first layer, [count, 128] without bias, which are overwritten, to outputs [count, 8].
  func upperLayers(
    _ sums: UnsafeMutablePointer<Float>, count: Int, into outputs: UnsafeMutablePointer<Float>,
    kernel: Kernel = .serving
  ) {
    parameters.withUnsafeBufferPointer { parameters in
      guard let base = parameters.baseAddress else { return }
      addBiasAndRectify(sums, base + Part.bias1.offset, count: count, width: Self.hidden1)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: count * Self.hidden2) { second in
        guard let second = second.baseAddress else { return }
        kernel.multiply(
          rows: count, columns: Self.hidden2, depth: Self.hidden1, sums, rowStride: Self.hidden1,
          by: base + Part.weights2.offset, rowStride: Self.hidden2,
          into: second, rowStride: Self.hidden2, isAdding: false)
        addBiasAndRectify(second, base + Part.bias2.offset, count: count, width: Self.hidden2)
        for row in 0..<count {
          for head in 0..<Self.headStride {
            outputs[row * Self.headStride + head] = base[Part.bias3.offset + head]
          }
        }
        kernel.multiply(
          rows: count, columns: Self.headStride, depth: Self.hidden2, second,
          rowStride: Self.hidden2, by: base + Part.weights3.offset, rowStride: Self.headStride,
          into: outputs, rowStride: Self.headStride, isAdding: true)
      }
    }
  }

  private func addBiasAndRectify(
    _ values: UnsafeMutablePointer<Float>, _ bias: UnsafePointer<Float>, count: Int, width: Int
  ) {
    for row in 0..<count {
      for column in stride(from: 0, to: width, by: 8) {
        let place = UnsafeMutableRawPointer(values + row * width + column)
        let sum =
          place.loadUnaligned(as: SIMD8<Float>.self)
          + UnsafeRawPointer(bias + column).loadUnaligned(as: SIMD8<Float>.self)
        place.storeBytes(of: sum.replacing(with: 0, where: sum .< 0), as: SIMD8<Float>.self)
      }
    }
  }
}

/// 1 / (1 + e^-x) in float32, made of + - * / alone; absolute error below 1e-6.
package func logistic(_ x: Float) -> Float {
  let clamped = min(max(x, -30), 30)
  // Adding and taking away 1.5 * 2^23 rounds to the nearest whole number, without a call into the C library.
  let k = (clamped * -1.442695 + 12_582_912) - 12_582_912
  let r = (-clamped - k * 0.693145751953125) - k * 1.4286068203094173e-06
  // e^r for |r| <= ln 2 / 2 by its Taylor series to the sixth power: error below 2e-7.
  var e: Float = 1 / 720
  e = e * r + 1 / 120
  e = e * r + 1 / 24
  e = e * r + 1 / 6
  e = e * r + 0.5
  e = e * r + 1
  e = e * r + 1
  return 1 / (1 + e * Float(sign: .plus, exponent: Int(k), significand: 1))
}
