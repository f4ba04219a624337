internal import SatchelCore

/// A trained model: the network, how its inputs are normalised, and what it knows of items and skills.
///
/// The file is ``Safetensors`` with the metadata `format` = satchel-model, `version` = 4, `schema` =
/// ``FeatureSchema/version``, and exactly these tensors:
///
///     features.mean, features.scale         F32 [76]
///     network.weights1, .bias1              I8 [148, 128], F32 [128]
///     network.weights2, .bias2              I8 [128, 64], F32 [64]
///     network.weights3, .bias3              F32 [64, 4], [4]
///     recurrence.answerGates, .gateBias     I8 [20, 144], F32 [144]
///     recurrence.stateGates, .candidateBias I8 [48, 144], F32 [48]
///     items.keys, skills.keys               U8  [n, 8]   KeyHash of each key, big-endian, strictly ascending
///     items.values                          I16 [n, 5]   in 1/1024: see ModelTables
///     items.vectorRows                      U8  [k, 4]   rows of the items that have a vector, big-endian, ascending
///     items.vectors                         I16 [k, 8]   in 1/1024
///     skills.values                         I16 [m, 18]
///     model.scalars                         F32 [3]      base logit; slope and shift of the calibrated logit
///     neighbours...                         what learners went on to; may be missing: see Neighbours
///     selftest.inputs, .windows, .outputs   F32 [4, 100], [4, 28, 20], [4, 4]
///
/// In version 3, which is read as well, `items.values` is I16 [n, 13] with the vectors in it.
///
/// Beside each matrix of I8 lies a tensor `<name>.scales` F32 [columns].
///
/// A model is valid when all shapes are these, all numbers are finite and within ±10,000, and the network turns the
/// test inputs into the test outputs: then it computes here what it computed where it was trained.
package struct Weights: Equatable, Sendable {
  package static let itemsMax = 100_000
  package static let skillsMax = 10_000
  /// What a model file should not exceed: it comes over lines of a few kilobytes a second.
  package static let fileBytesMax = 1_000_000
  static let magnitudeMax: Float = 10_000
  static let fixedPoint: Float = 1024

  /// [76] each; a feature that never varied has scale 0 and so no voice.
  package let means: [Float]
  package let scales: [Float]
  /// As the file gives it back.
  package let network: Network
  /// The same, as it foretells.
  package let serving: WholeNetwork
  package let tables: ModelTables
  /// Probability = logistic(slope * logit + shift).
  package let calibration: Calibration
  /// What learners went on to after each item, where the model knows.
  package let neighbours: Neighbours?
  let selfTest: SelfTest

  package struct Calibration: Equatable, Sendable {
    package var slope: Float
    package var shift: Float

    package init(slope: Float, shift: Float) {
      self.slope = slope
      self.shift = shift
    }
  }

  struct SelfTest: Equatable {
    /// [4, 100]
    var inputs: [Float]
    /// [4, 28, 20], of which each row uses some.
    var windows: [Float]
    var outputs: [Float]
  }

  /// Network and tables are rounded to what the file holds, so that a model is the same before and after it is written.
  package init(
    means: [Float], scales: [Float], network: Network,
    tables: ModelTables, calibration: Calibration, neighbours: Neighbours? = nil
  ) {
    precondition(means.count == FeatureSchema.computed && scales.count == means.count)
    self.means = means
    self.scales = scales
    let network = network.rounded()
    self.network = network
    serving = WholeNetwork(network)
    self.calibration = calibration
    self.neighbours = neighbours
    self.tables = Self.roundedTables(tables)
    selfTest = SelfTest(of: network, serving)
  }

  init(
    read means: [Float], scales: [Float], network: Network, serving: WholeNetwork,
    tables: ModelTables, calibration: Calibration, neighbours: Neighbours?, selfTest: SelfTest
  ) {
    self.means = means
    self.scales = scales
    self.network = network
    self.serving = serving
    self.tables = tables
    self.calibration = calibration
    self.neighbours = neighbours
    self.selfTest = selfTest
  }

  /// The same model with other neighbours.
  package func with(_ neighbours: Neighbours) -> Weights {
    Weights(
      read: means, scales: scales, network: network, serving: serving, tables: tables,
      calibration: calibration, neighbours: neighbours, selfTest: selfTest)
  }

  /// Normalises, in place, the inputs `columns` of ``FeatureSchema``, the first of which is at `row`.
  ///
  /// Five deviations is as far as the network was shown anything worth learning from.
  package func normalise(_ row: UnsafeMutablePointer<Float>, columns: Range<Int>) {
    let end = min(columns.upperBound, FeatureSchema.computed)
    var place = 0
    for column in columns.lowerBound..<end {
      row[place] = min(max((row[place] - means[column]) * scales[column], -5), 5)
      place += 1
    }
  }

  /// - Parameter shift: what is added to the calibrated logit: a ``PersonalBias``.
  package func probability(logit: Float, shift: Float = 0) -> Float {
    logistic(calibrated(logit) + shift)
  }

  func calibrated(_ logit: Float) -> Float { calibration.slope * logit + calibration.shift }

  static func fixed(_ value: Float) -> Int16 {
    Int16(min(max((value * fixedPoint).rounded(), -32_767), 32_767))
  }

  /// `tables` as a file would hold them.
  package static func roundedTables(_ tables: ModelTables) -> ModelTables {
    var rounded = tables
    rounded.items.values = Self.rounded(tables.items.values)
    rounded.skills.values = Self.rounded(tables.skills.values)
    return rounded
  }

  private static func rounded(_ values: [Float]) -> [Float] {
    values.map { Float(fixed($0)) / fixedPoint }
  }
}

extension Weights.SelfTest {
  static let rows = 4
  /// Descending, as ``Network/recur(over:lengths:into:stride:kernel:)`` wants them.
  private static let lengths = [28, 9, 1, 0]
  static let columns = FeatureSchema.recurrent.lowerBound

  /// Four rows that no two networks are likely to treat alike.
  init(of network: Network, _ serving: WholeNetwork) {
    func numbers(_ count: Int) -> [Float] {
      (0..<count).map { Float(($0 * 37 + 11) % 101 - 50) / 25 }
    }
    inputs = numbers(Self.rows * Self.columns)
    windows = numbers(Self.rows * Network.windowLength * FeatureSchema.answerCount)
    outputs = []
    outputs = computed(by: network, serving)
  }

  func holds(for network: Network, _ serving: WholeNetwork) -> Bool {
    zip(computed(by: network, serving), outputs).allSatisfy {
      ($0 - $1).magnitude <= 1e-4 * max(1, $1.magnitude)
    }
  }

  private func computed(by network: Network, _ serving: WholeNetwork) -> [Float] {
    var states = [Float](repeating: 0, count: Self.rows * Network.units)
    network.recur(over: windows, lengths: Self.lengths, into: &states, stride: Network.units)
    var rows: [Float] = []
    for row in 0..<Self.rows {
      rows += inputs[row * Self.columns..<(row + 1) * Self.columns]
      rows += states[row * Network.units..<(row + 1) * Network.units]
    }
    let padded = serving.outputs(of: rows)
    return (0..<Self.rows * Network.heads).map {
      padded[$0 / Network.heads * Network.headStride + $0 % Network.heads]
    }
  }
}
