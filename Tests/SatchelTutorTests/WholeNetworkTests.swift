import CKernels
import SatchelCore
import Testing

@testable import SatchelTutor

@Suite struct `The network in whole numbers` {
  private static let rows: [Float] = {
    var dice = Dice(state: 3)
    return (0..<40 * Network.inputs).map { _ in Float.random(in: -5...5, using: &dice) }
  }()

  @Test(arguments: [
    (1, 16, 3), (3, 64, 64), (5, 128, 75), (13, 128, 75), (29, 48, 2), (40, 16, 32),
  ])
  func `multiplies the same in every kernel that this processor runs`(
    rows: Int, columns: Int, pairs: Int
  ) {
    var dice = Dice(state: UInt64(rows * columns * pairs))
    // The largest that a layer knows: inputs of 15 bits, weights of a byte.
    let a = (0..<rows * 2 * pairs).map { _ in Int16.random(in: -32_767...32_767, using: &dice) }
    let b = (0..<2 * pairs * columns).map { _ in Int16.random(in: -127...127, using: &dice) }
    let start = (0..<rows * columns).map { _ in Int32.random(in: -1000...1000, using: &dice) }
    for isAdding in [false, true] {
      var wanted = start
      Kernel.portable.multiply(
        rows: rows, columns: columns, pairs: pairs, a, rowStride: 2 * pairs, by: b, into: &wanted,
        isAdding: isAdding)
      for body in -1..<ckernels_whole_bodies() {
        var c = start
        ckernels_multiply_whole(
          body, rows, columns, pairs, a, 2 * pairs, b, &c, isAdding ? 1 : 0)
        #expect(c == wanted, "body \(body)")
      }
    }
  }

  @Test(arguments: [1, 7, 8, 15, 48])
  func `rounds to the nearest, ties to even, and stops at the ends`(count: Int) {
    let values = (0..<count).map { [0.5, 1.5, 2.4, -0.5, -1.5, 1e9, -1e9, 0][$0 % 8] as Float }
    let wanted = (0..<count).map { [0, 2, 2, 0, -2, 32_767, -32_767, 0][$0 % 8] as Int16 }
    for kernel in Kernel.allCases {
      var whole = [Int16](repeating: 1, count: count)
      kernel.round(values, count: count, scale: 1, into: &whole)
      #expect(whole == wanted)
    }
  }

  @Test func `foretells the same in both kernels and beside any others, to the last bit`() {
    let serving = Weights.random(seed: 7).serving
    let together = serving.outputs(of: Self.rows)
    #expect(serving.outputs(of: Self.rows, kernel: .portable) == together)
    for row in 0..<40 {
      let alone = serving.outputs(
        of: Array(Self.rows[row * Network.inputs..<(row + 1) * Network.inputs]))
      #expect(alone == Array(together[row * Network.headStride..<(row + 1) * Network.headStride]))
    }
  }

  @Test func `adds up in parts to what it is as a whole, to the last bit`() {
    let serving = Weights.random(seed: 8).serving
    var sums = [Int32](repeating: 0, count: 40 * Network.hidden1)
    // In another order than that of the inputs: whole sums do not care.
    for stretch in WholeNetwork.Stretch.allCases.reversed() {
      let part = (0..<40).flatMap { row in
        stretch.columns.map { Self.rows[row * Network.inputs + $0] }
      }
      serving.sum(stretch, of: part, count: 40, into: &sums, isAdding: true)
    }
    var outputs = [Float](repeating: 0, count: 40 * Network.headStride)
    sums.withUnsafeBufferPointer { sums in
      guard let base = sums.baseAddress else { return }
      serving.upperLayers(count: 40, into: &outputs) {
        FirstSums(first: base + $0 * Network.hidden1)
      }
    }
    #expect(outputs == serving.outputs(of: Self.rows))
  }

  @Test func `is the network that was trained, but for rounding`() {
    let weights = Weights.random(seed: 9)
    let outputs = weights.serving.outputs(of: Self.rows)
    for row in 0..<40 {
      let inputs = Self.rows[row * Network.inputs..<(row + 1) * Network.inputs].map(Double.init)
      let exact = Self.exact(weights.network, inputs)
      for head in 0..<Network.heads {
        let error = Double(outputs[row * Network.headStride + head]) - exact[head]
        // Numbers of 1/1024, summed over layers of 128 and 64 with weights up to 0.2.
        #expect(error.magnitude < 0.01, "row \(row), head \(head)")
      }
    }
  }

  @Test func `stays within its bits whatever a model holds`() {
    let rows = [Float](repeating: 5, count: Network.inputs)
    for extreme in [Weights.magnitudeMax, -Weights.magnitudeMax] {
      let serving = WholeNetwork(
        Network(parameters: [Float](repeating: extreme, count: Network.parameterCount)))
      let results = Kernel.allCases.map { serving.outputs(of: rows, kernel: $0) }
      #expect(results[0] == results[1])
      #expect(!results[0].contains { !$0.isFinite })
    }
  }

  /// The layers in float64, as one does them by hand.
  private static func exact(_ network: Network, _ inputs: [Double]) -> [Double] {
    func layer(_ weights: Network.Part, _ bias: Network.Part, _ inputs: [Double]) -> [Double] {
      let columns = weights.shape.columns
      return (0..<columns).map { column in
        inputs.indices.reduce(Double(network.parameters[bias.offset + column])) {
          $0 + inputs[$1] * Double(network.parameters[weights.offset + $1 * columns + column])
        }
      }
    }
    let first = layer(.weights1, .bias1, inputs).map { max(0, $0) }
    let second = layer(.weights2, .bias2, first).map { max(0, $0) }
    return layer(.weights3, .bias3, second)
  }
}
