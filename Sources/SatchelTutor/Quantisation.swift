// Matrices are kept in one byte a number and one scale an output: w = scale * q, q in -127...127 (symmetric, per channel:
// Jacob et al. 2018, section 2.1). Biases and the last layer are kept in float32.

extension Network {
  /// The parts that are kept so: nearly all of the network.
  static let quantisedParts: [Part] = [.weights1, .weights2, .answerGates, .stateGates]

  /// The network as a file gives it back; rounding twice changes nothing.
  package func rounded() -> Network {
    var rounded = self
    for part in Self.quantisedParts {
      let (numbers, scales) = quantised(part)
      rounded.setQuantised(part, numbers, scales)
    }
    return rounded
  }

  /// [rows, columns] whole numbers, and a scale for each column.
  func quantised(_ part: Part) -> (numbers: [Int8], scales: [Float]) {
    let (rows, columns) = part.shape
    let scales = (0..<columns).map { column in
      Self.scale(
        (0..<rows).reduce(Float(0)) {
          max($0, parameters[part.offset + $1 * columns + column].magnitude)
        })
    }
    let numbers = (0..<rows * columns).map { index -> Int8 in
      let scale = scales[index % columns]
      guard scale > 0 else { return 0 }
      return Int8(min(max((parameters[part.offset + index] / scale).rounded(), -127), 127))
    }
    return (numbers, scales)
  }

  /// - Parameters: as ``quantised(_:)`` answers them.
  mutating func setQuantised(_ part: Part, _ numbers: [Int8], _ scales: [Float]) {
    for (index, number) in numbers.enumerated() {
      parameters[part.offset + index] = Float(number) * scales[index % scales.count]
    }
  }

  /// A 127th of the largest number, rounded up to 12 bits: then 127 times it is exact, and the same scale comes out of
  /// the rounded numbers again.
  private static func scale(_ largest: Float) -> Float {
    guard largest > 0 else { return 0 }
    let exact = largest / 127
    let cut = Float(bitPattern: exact.bitPattern & ~0xFFF)
    return cut == exact ? cut : Float(bitPattern: cut.bitPattern + 0x1000)
  }
}
