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

/// Features 100 and a recurrent state 48 -> 128 -> 64 -> heads 4, ReLU between: the numbers that training finds. What serves
/// is the ``WholeNetwork`` made of them.
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
