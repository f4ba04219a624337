internal import SatchelCore

/// Adam with decoupled weight decay (Kingma and Ba 2015, algorithm 1; Loshchilov and Hutter 2019, algorithm 2).
struct Adam {
  private var mean: [Float]
  private var square: [Float]
  private var steps = 0
  private var meanCorrection: Float = 1
  private var squareCorrection: Float = 1
  static let beta1: Float = 0.9
  static let beta2: Float = 0.999

  init(count: Int) {
    mean = [Float](repeating: 0, count: count)
    square = mean
  }

  /// To be called once before the updates of a batch.
  mutating func beginStep() {
    steps += 1
    meanCorrection = 1 / (1 - Float(ExactMath.pow(Double(Self.beta1), Double(steps))))
    squareCorrection = 1 / (1 - Float(ExactMath.pow(Double(Self.beta2), Double(steps))))
  }

  /// Moves `values[range]` against `gradient`, whose first number belongs to the first of `range`.
  mutating func update(
    _ values: inout [Float], _ range: Range<Int>, gradient: UnsafePointer<Float>, rate: Float,
    decay: Float
  ) {
    values.withUnsafeMutableBufferPointer { values in
      mean.withUnsafeMutableBufferPointer { mean in
        square.withUnsafeMutableBufferPointer { square in
          for index in range {
            let slope = gradient[index - range.lowerBound]
            mean[index] += (1 - Self.beta1) * (slope - mean[index])
            square[index] += (1 - Self.beta2) * (slope * slope - square[index])
            let step =
              mean[index] * meanCorrection
              / ((square[index] * squareCorrection).squareRoot() + 1e-8)
            values[index] -= rate * (step + decay * values[index])
          }
        }
      }
    }
  }
}
