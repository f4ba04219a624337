internal import SatchelTutor

/// The recurrent state along the stretches of one batch, and the gradient back through time.
///
/// Rows are in the order of ``StretchBatch``. A row's state is what the network made of the answers before it in its
/// stretch; the first of a stretch has a state of zeros.
struct RecurrentPass {
  /// [capacity, 20]: what is told of each answer.
  var answers: [Float]
  /// [capacity, 48]
  private(set) var states: [Float]
  /// [capacity, 16]: the gradient of the skill's vector in ``answers``.
  private(set) var vectorGradient: [Float]
  /// [capacity, 4 * 48]: the gates r, z, n and the kept part of n, of the step that leaves each row.
  private var saved: [Float]
  private var answerGates: [Float]
  private var stateGates: [Float]
  private var carried: [Float]
  private var transposed: [Float]

  private static let units = Network.units
  private static let gates = Network.gates

  init(capacity: Int) {
    answers = [Float](repeating: 0, count: capacity * FeatureSchema.answerCount)
    states = [Float](repeating: 0, count: capacity * Self.units)
    vectorGradient = [Float](repeating: 0, count: capacity * ModelTables.skillVector)
    saved = [Float](repeating: 0, count: capacity * 4 * Self.units)
    answerGates = [Float](repeating: 0, count: capacity * Self.gates)
    stateGates = answerGates
    carried = states
    transposed = [Float](repeating: 0, count: Self.gates * Self.units)
  }

  /// Fills ``states`` from ``answers``.
  mutating func forward(_ network: Network, _ batch: StretchBatch) {
    let (units, width) = (Self.units, FeatureSchema.answerCount)
    for place in 0..<batch.count(at: 0) * units { states[place] = 0 }
    answers.withUnsafeBufferPointer { answers in
      states.withUnsafeMutableBufferPointer { states in
        saved.withUnsafeMutableBufferPointer { saved in
          answerGates.withUnsafeMutableBufferPointer { answerGates in
            stateGates.withUnsafeMutableBufferPointer { stateGates in
              guard let answers = answers.baseAddress, let states = states.baseAddress,
                let saved = saved.baseAddress, let answerGates = answerGates.baseAddress,
                let stateGates = stateGates.baseAddress
              else { return }
              for step in 0..<max(0, batch.steps - 1) {
                let (from, to) = (batch.starts[step], batch.starts[step + 1])
                network.advance(
                  batch.count(at: step + 1), answers: answers + from * width, rowStride: width,
                  state: states + from * units, next: states + to * units, stride: units,
                  answerGates: answerGates, stateGates: stateGates, saved: saved + from * 4 * units)
              }
            }
          }
        }
      }
    }
  }

  /// Adds to `gradient`, which is laid out as the network's parameters, and fills ``vectorGradient``.
  ///
  /// - Parameter slopes: of each row's state, [rows, 48]: what the layers above ask of it.
  mutating func backward(
    _ network: Network, _ batch: StretchBatch, slopes: [Float], into gradient: inout [Float]
  ) {
    let count = batch.rows.count
    for place in 0..<count * Self.gates { (answerGates[place], stateGates[place]) = (0, 0) }
    for place in 0..<count * Self.units { carried[place] = slopes[place] }
    transposed = Self.transposed(network, .stateGates)
    for step in (0..<max(0, batch.steps - 1)).reversed() { pull(batch, step) }
    take(.answerGates, .gateBias, from: answers, answerGates, count, into: &gradient)
    take(.stateGates, nil, from: states, stateGates, count, into: &gradient)
    for row in 0..<count {
      for unit in 0..<Self.units {
        gradient[Network.Part.candidateBias.offset + unit] +=
          stateGates[row * Self.gates + 2 * Self.units + unit]
      }
    }
    pullToVectors(network, count)
  }

  /// From the states after `step` to those before it, and to the gates between.
  private mutating func pull(_ batch: StretchBatch, _ step: Int) {
    let (units, gates) = (Self.units, Self.gates)
    let (from, to) = (batch.starts[step], batch.starts[step + 1])
    let count = batch.count(at: step + 1)
    for row in 0..<count {
      for unit in 0..<units {
        let slope = carried[(to + row) * units + unit]
        let place = (from + row) * 4 * units + unit
        let (reset, update) = (saved[place], saved[place + units])
        let (candidate, kept) = (saved[place + 2 * units], saved[place + 3 * units])
        let before = states[(from + row) * units + unit]
        let candidateSlope = slope * (1 - update) * (1 - candidate * candidate)
        let resetSlope = candidateSlope * kept * reset * (1 - reset)
        let updateSlope = slope * (before - candidate) * update * (1 - update)
        let gate = (from + row) * gates + unit
        answerGates[gate] = resetSlope
        answerGates[gate + units] = updateSlope
        answerGates[gate + 2 * units] = candidateSlope
        stateGates[gate] = resetSlope
        stateGates[gate + units] = updateSlope
        stateGates[gate + 2 * units] = candidateSlope * reset
        carried[(from + row) * units + unit] += slope * update
      }
    }
    carried.withUnsafeMutableBufferPointer { carried in
      stateGates.withUnsafeBufferPointer { slopes in
        guard let carried = carried.baseAddress, let slopes = slopes.baseAddress else { return }
        Kernel.serving.multiply(
          rows: count, columns: units, depth: gates, slopes + from * gates, rowStride: gates,
          by: transposed, rowStride: units, into: carried + from * units, rowStride: units,
          isAdding: true)
      }
    }
  }

  private func take(
    _ weights: Network.Part, _ bias: Network.Part?, from inputs: [Float], _ slopes: [Float],
    _ count: Int, into gradient: inout [Float]
  ) {
    let (rows, columns) = weights.shape
    gradient.withUnsafeMutableBufferPointer { gradient in
      guard let base = gradient.baseAddress else { return }
      Kernel.serving.multiply(
        rows: rows, columns: columns, depth: count, inputs, rowStride: 1, columnStride: rows,
        by: slopes, rowStride: columns, into: base + weights.offset, rowStride: columns,
        isAdding: true)
      guard let bias else { return }
      for row in 0..<count {
        for column in 0..<columns { base[bias.offset + column] += slopes[row * columns + column] }
      }
    }
  }

  private mutating func pullToVectors(_ network: Network, _ count: Int) {
    let width = ModelTables.skillVector
    let all = Self.transposed(network, .answerGates)
    let columns = FeatureSchema.answerCount
    let vectors = (0..<Self.gates).flatMap { all[$0 * columns..<$0 * columns + width] }
    Kernel.serving.multiply(
      rows: count, columns: width, depth: Self.gates, answerGates, rowStride: Self.gates,
      by: vectors, rowStride: width, into: &vectorGradient, rowStride: width, isAdding: false)
  }

  /// [columns, rows] of a part.
  private static func transposed(_ network: Network, _ part: Network.Part) -> [Float] {
    let (rows, columns) = part.shape
    return (0..<columns * rows).map {
      network.parameters[part.offset + $0 % rows * columns + $0 / rows]
    }
  }
}
