internal import SatchelCore
internal import SatchelTutor

/// One batch through the network and back.
///
/// Mean over the batch of: binary cross-entropy of correctness, plus small shares of the other heads' losses where the
/// data tell what they should have said (``HeadShares``). Gradients are of that mean.
struct Backpropagation {
  let capacity: Int
  /// [capacity, 148]
  var inputs: [Float]
  /// [capacity, 8]: in the order of `Head`; below 0 is unknown.
  var targets: [Float]
  /// As `Network.parameters`; the recurrent part is ``RecurrentPass``'s to add.
  var gradient: [Float]
  /// Of the learned inputs, vectors and recurrent state: [capacity, 72].
  private(set) var vectorGradient: [Float]
  private var first: [Float]
  private var second: [Float]
  private(set) var outputs: [Float]
  private var outputSlope: [Float]
  private var secondSlope: [Float]
  private var firstSlope: [Float]
  private var transposed: [Float]

  static let vectors = FeatureSchema.count - FeatureSchema.computed
  /// How much each head's loss counts, in the order of `Head`.
  static let headShares: [Float] = [1, 0.05, 0.05, 0.1]

  init(capacity: Int) {
    self.capacity = capacity
    inputs = [Float](repeating: 0, count: capacity * Network.inputs)
    targets = [Float](repeating: -1, count: capacity * Network.headStride)
    gradient = [Float](repeating: 0, count: Network.parameterCount)
    vectorGradient = [Float](repeating: 0, count: capacity * Self.vectors)
    first = [Float](repeating: 0, count: capacity * Network.hidden1)
    firstSlope = first
    second = [Float](repeating: 0, count: capacity * Network.hidden2)
    secondSlope = second
    outputs = [Float](repeating: 0, count: capacity * Network.headStride)
    outputSlope = outputs
    transposed = [Float](repeating: 0, count: Network.hidden1 * Network.inputs)
  }

  /// Fills ``outputs`` for the first `count` rows of ``inputs``.
  mutating func forward(_ parameters: [Float], count: Int) {
    Self.layer(parameters, .weights1, .bias1, from: inputs, count, into: &first)
    Self.rectify(&first, count * Network.hidden1)
    Self.layer(parameters, .weights2, .bias2, from: first, count, into: &second)
    Self.rectify(&second, count * Network.hidden2)
    Self.layer(parameters, .weights3, .bias3, from: second, count, into: &outputs)
  }

  /// Fills ``gradient`` and ``vectorGradient`` after ``forward(_:count:)``; answers the mean loss of correctness.
  mutating func backward(_ parameters: [Float], count: Int) -> Float {
    let loss = takeOutputSlopes(count)
    for place in Network.Part.answerGates.offset..<gradient.count { gradient[place] = 0 }
    gradients(.weights3, .bias3, inputs: second, slopes: outputSlope, count)
    transpose(parameters, .weights3, rows: 0..<Network.hidden2)
    Self.pull(.weights3, outputSlope, transposed, through: second, count, into: &secondSlope)
    gradients(.weights2, .bias2, inputs: first, slopes: secondSlope, count)
    transpose(parameters, .weights2, rows: 0..<Network.hidden1)
    Self.pull(.weights2, secondSlope, transposed, through: first, count, into: &firstSlope)
    gradients(.weights1, .bias1, inputs: inputs, slopes: firstSlope, count)
    pullToVectors(parameters, count)
    return loss
  }

  /// Scales the whole gradient down to a Euclidean length of at most `limit` (Pascanu et al. 2013, algorithm 1).
  mutating func clipGradient(to limit: Float) {
    var squares: Float = 0
    for slope in gradient { squares += slope * slope }
    guard squares > limit * limit else { return }
    let scale = limit / squares.squareRoot()
    for place in gradient.indices { gradient[place] *= scale }
  }

  private mutating func takeOutputSlopes(_ count: Int) -> Float {
    var loss: Float = 0
    let scale = 1 / Float(count)
    for row in 0..<count {
      for head in Head.allCases {
        let place = row * Network.headStride + head.rawValue
        let target = targets[place]
        guard target >= 0 else {
          outputSlope[place] = 0
          continue
        }
        let share = Self.headShares[head.rawValue] * scale
        if head == .responseTime {
          outputSlope[place] = share * (outputs[place] - target)
        } else {
          let probability = logistic(outputs[place])
          outputSlope[place] = share * (probability - target)
          if head == .correctness {
            loss -= logOfProbability(target > 0.5 ? probability : 1 - probability)
          }
        }
      }
    }
    return loss * scale
  }

  private static func layer(
    _ parameters: [Float], _ weights: Network.Part, _ bias: Network.Part, from input: [Float],
    _ count: Int, into output: inout [Float]
  ) {
    let (depth, columns) = weights.shape
    for row in 0..<count {
      for column in 0..<columns {
        output[row * columns + column] = parameters[bias.offset + column]
      }
    }
    parameters.withUnsafeBufferPointer { parameters in
      guard let base = parameters.baseAddress else { return }
      Kernel.serving.multiply(
        rows: count, columns: columns, depth: depth, input, rowStride: depth,
        by: base + weights.offset, rowStride: columns, into: &output, rowStride: columns,
        isAdding: true)
    }
  }

  private static func rectify(_ values: inout [Float], _ count: Int) {
    for index in 0..<count { values[index] = max(0, values[index]) }
  }

  /// dW = inputs^T slopes; db = the sum of slopes.
  private mutating func gradients(
    _ weights: Network.Part, _ bias: Network.Part, inputs: [Float], slopes: [Float], _ count: Int
  ) {
    let (rows, columns) = weights.shape
    gradient.withUnsafeMutableBufferPointer { gradient in
      guard let base = gradient.baseAddress else { return }
      Kernel.serving.multiply(
        rows: rows, columns: columns, depth: count, inputs, rowStride: 1, columnStride: rows,
        by: slopes, rowStride: columns, into: base + weights.offset, rowStride: columns,
        isAdding: false)
      for column in 0..<columns { base[bias.offset + column] = 0 }
      for row in 0..<count {
        for column in 0..<columns {
          base[bias.offset + column] += slopes[row * columns + column]
        }
      }
    }
  }

  /// W^T of some rows of W, [columns, rows.count], into ``transposed``.
  private mutating func transpose(
    _ parameters: [Float], _ weights: Network.Part, rows: Range<Int>
  ) {
    let columns = weights.shape.columns
    for (place, row) in rows.enumerated() {
      for column in 0..<columns {
        transposed[column * rows.count + place] =
          parameters[weights.offset + row * columns + column]
      }
    }
  }

  /// The slopes one layer down: slopes W^T, where the unit was above 0.
  private static func pull(
    _ weights: Network.Part, _ slopes: [Float], _ transposed: [Float], through units: [Float],
    _ count: Int, into lower: inout [Float]
  ) {
    let (rows, columns) = weights.shape
    Kernel.serving.multiply(
      rows: count, columns: rows, depth: columns, slopes, rowStride: columns, by: transposed,
      rowStride: rows, into: &lower, rowStride: rows, isAdding: false)
    for index in 0..<count * rows where units[index] <= 0 { lower[index] = 0 }
  }

  private mutating func pullToVectors(_ parameters: [Float], _ count: Int) {
    let width = Self.vectors
    transpose(parameters, .weights1, rows: FeatureSchema.computed..<FeatureSchema.count)
    Kernel.serving.multiply(
      rows: count, columns: width, depth: Network.hidden1, firstSlope, rowStride: Network.hidden1,
      by: transposed, rowStride: width, into: &vectorGradient, rowStride: width, isAdding: false)
  }
}

/// ln p for 0...1, clipped at 1e-6.
func logOfProbability(_ probability: Float) -> Float {
  Float(ExactMath.log(Double(max(probability, 1e-6))))
}
