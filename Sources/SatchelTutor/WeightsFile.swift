package import SatchelCore

extension Weights {
  private static let format = "satchel-model"
  private static let formatVersion = "4"
  /// Every item had a vector in its row, most of them zeros.
  private static let denseVersion = "3"

  /// Reads a model file; see ``Weights`` for the layout.
  ///
  /// - Throws: `model.malformed`, `model.shapeMismatch` (another schema, type or shape), `model.notFinite`.
  package init(bytes: [UInt8]) throws(SatchelError) {
    let file = try Safetensors(bytes: bytes)
    guard file.metadata["format"] == Self.format else {
      throw Safetensors.malformed("not a model of Satchel")
    }
    let (version, schema) = (file.metadata["version"] ?? "?", file.metadata["schema"] ?? "?")
    guard version == Self.formatVersion || version == Self.denseVersion,
      schema == String(FeatureSchema.version)
    else {
      throw Self.mismatch("file version \(version.prefix(20)), schema \(schema.prefix(20))")
    }
    let scalars = try file.floats("model.scalars", [3])
    let selfTest = SelfTest(
      inputs: try file.floats("selftest.inputs", [SelfTest.rows, SelfTest.columns]),
      windows: try file.floats("selftest.windows", Self.windowShape),
      outputs: try file.floats("selftest.outputs", [SelfTest.rows, Network.heads]))
    let network = try Self.network(file)
    let serving = WholeNetwork(network)
    guard selfTest.holds(for: network, serving) else {
      throw Safetensors.malformed("the self-test failed")
    }
    let tables = ModelTables(
      items: try file.itemTable(isDense: version == Self.denseVersion),
      skills: try file.table(
        "skills", width: ModelTables.skillNumbers + ModelTables.skillVector, rowsMax: Self.skillsMax
      ),
      baseLogit: scalars[0])
    self.init(
      read: try file.floats("features.mean", [FeatureSchema.computed]),
      scales: try file.floats("features.scale", [FeatureSchema.computed]), network: network,
      serving: serving, tables: tables,
      calibration: Calibration(slope: scalars[1], shift: scalars[2]),
      neighbours: try Neighbours(from: file), selfTest: selfTest)
  }

  /// The file's bytes; the same weights give the same bytes.
  package func encoded() -> [UInt8] {
    var file = SafetensorsWriter()
    file.add(
      "model.scalars", shape: [3],
      floats: [tables.baseLogit, calibration.slope, calibration.shift])
    file.add("features.mean", shape: [means.count], floats: means)
    file.add("features.scale", shape: [scales.count], floats: scales)
    for (name, part, shape) in Self.parts {
      guard Network.quantisedParts.contains(part) else {
        file.add(name, shape: shape, floats: unpadded(part, columns: shape[shape.count - 1]))
        continue
      }
      let (numbers, scales) = network.quantised(part)
      file.add(name, shape: shape, smalls: numbers)
      file.add("\(name).scales", shape: [scales.count], floats: scales)
    }
    file.add(items: tables.items)
    file.add("skills", tables.skills)
    if let neighbours { file.add(neighbours) }
    file.add(
      "selftest.inputs", shape: [SelfTest.rows, SelfTest.columns], floats: selfTest.inputs)
    file.add("selftest.windows", shape: Self.windowShape, floats: selfTest.windows)
    file.add(
      "selftest.outputs", shape: [SelfTest.rows, Network.heads], floats: selfTest.outputs)
    return file.encoded(metadata: [
      ("format", Self.format), ("version", Self.formatVersion),
      ("schema", String(FeatureSchema.version)),
    ])
  }

  /// The network's tensors as the file names them; the padding of the last layer is not written.
  private static let parts: [(name: String, part: Network.Part, shape: [Int])] = [
    ("network.weights1", .weights1, [Network.inputs, Network.hidden1]),
    ("network.bias1", .bias1, [Network.hidden1]),
    ("network.weights2", .weights2, [Network.hidden1, Network.hidden2]),
    ("network.bias2", .bias2, [Network.hidden2]),
    ("network.weights3", .weights3, [Network.hidden2, Network.heads]),
    ("network.bias3", .bias3, [Network.heads]),
    ("recurrence.answerGates", .answerGates, [FeatureSchema.answerCount, Network.gates]),
    ("recurrence.gateBias", .gateBias, [Network.gates]),
    ("recurrence.stateGates", .stateGates, [Network.units, Network.gates]),
    ("recurrence.candidateBias", .candidateBias, [Network.units]),
  ]

  private static let windowShape = [
    SelfTest.rows, Network.windowLength, FeatureSchema.answerCount,
  ]

  private static func network(_ file: Safetensors) throws(SatchelError) -> Network {
    var network = Network(parameters: [Float](repeating: 0, count: Network.parameterCount))
    for (name, part, shape) in parts {
      if Network.quantisedParts.contains(part) {
        let scales = try file.floats("\(name).scales", [shape[1]])
        guard scales.allSatisfy({ (0...magnitudeMax / 127).contains($0) }) else {
          throw SatchelError(.modelNotFinite, subject: name)
        }
        network.setQuantised(part, try file.smalls(name, shape), scales)
        continue
      }
      let values = try file.floats(name, shape)
      let columns = shape[shape.count - 1]
      for (index, value) in values.enumerated() {
        network.parameters[part.offset + index / columns * part.shape.columns + index % columns] =
          value
      }
    }
    return network
  }

  private func unpadded(_ part: Network.Part, columns: Int) -> [Float] {
    (0..<part.shape.rows * columns).map {
      network.parameters[part.offset + $0 / columns * part.shape.columns + $0 % columns]
    }
  }

  static func mismatch(_ cause: String) -> SatchelError {
    SatchelError(.modelShapeMismatch, subject: "model", cause: cause)
  }
}

extension Safetensors {
  fileprivate func tensor(
    _ name: String, _ type: NumberType, shape: [Int?]
  ) throws(SatchelError) -> Tensor {
    guard let tensor = tensors[name] else { throw Self.malformed("\(name) is missing") }
    let fits =
      tensor.type == type && tensor.shape.count == shape.count
      && zip(tensor.shape, shape).allSatisfy { $1 == nil || $0 == $1 }
    guard fits else { throw Weights.mismatch(name) }
    return tensor
  }

  fileprivate func floats(_ name: String, _ shape: [Int]) throws(SatchelError) -> [Float] {
    let bytes = bytes(of: try tensor(name, .f32, shape: shape))
    let values = bytes.withUnsafeBytes { raw in
      (0..<raw.count / 4).map {
        Float(
          bitPattern: UInt32(
            littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
    guard values.allSatisfy({ $0.magnitude <= Weights.magnitudeMax }) else {
      throw SatchelError(.modelNotFinite, subject: name)
    }
    return values
  }

  fileprivate func smalls(_ name: String, _ shape: [Int]) throws(SatchelError) -> [Int8] {
    let numbers = bytes(of: try tensor(name, .i8, shape: shape)).map { Int8(bitPattern: $0) }
    guard !numbers.contains(.min) else { throw Self.malformed("\(name) holds -128") }
    return numbers
  }

  fileprivate func table(
    _ name: String, width: Int, rowsMax: Int
  ) throws(SatchelError) -> KeyTable {
    let keys = try tensor("\(name).keys", .u8, shape: [nil, 8])
    guard keys.shape[0] <= rowsMax else { throw Weights.mismatch("\(name): too many rows") }
    let hashes = bytes(of: keys).withUnsafeBytes { raw in
      (0..<raw.count / 8).map {
        UInt64(bigEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
      }
    }
    guard zip(hashes, hashes.dropFirst()).allSatisfy({ $0 < $1 }) else {
      throw Self.malformed("\(name).keys are not in order")
    }
    return KeyTable(
      width: width, sortedHashes: hashes,
      values: try fixedNumbers("\(name).values", [keys.shape[0], width]))
  }

  /// Items' numbers, and behind them the vectors of those that have one, zeros for the others.
  fileprivate func itemTable(isDense: Bool) throws(SatchelError) -> KeyTable {
    let (numbers, vector) = (ModelTables.itemNumbers, ModelTables.itemVector)
    if isDense {
      return try table("items", width: numbers + vector, rowsMax: Weights.itemsMax)
    }
    let table = try table("items", width: numbers, rowsMax: Weights.itemsMax)
    let keys = try tensor("items.vectorRows", .u8, shape: [nil, 4])
    guard keys.shape[0] <= table.hashes.count else {
      throw Weights.mismatch("items.vectorRows: too many rows")
    }
    let rows = bytes(of: keys).withUnsafeBytes { raw in
      (0..<raw.count / 4).map {
        Int(UInt32(bigEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
      }
    }
    guard zip(rows, rows.dropFirst()).allSatisfy({ $0 < $1 }),
      rows.last.map({ $0 < table.hashes.count }) ?? true
    else { throw Self.malformed("items.vectorRows are not in order") }
    let vectors = try fixedNumbers("items.vectors", [rows.count, vector])
    let width = numbers + vector
    var values = [Float](repeating: 0, count: table.hashes.count * width)
    for row in table.hashes.indices {
      for column in 0..<numbers { values[row * width + column] = table.value(row, column) }
    }
    for (place, row) in rows.enumerated() {
      for column in 0..<vector {
        values[row * width + numbers + column] = vectors[place * vector + column]
      }
    }
    return KeyTable(width: width, sortedHashes: table.hashes, values: values)
  }

  private func fixedNumbers(_ name: String, _ shape: [Int]) throws(SatchelError) -> [Float] {
    bytes(of: try tensor(name, .i16, shape: shape)).withUnsafeBytes { raw in
      (0..<raw.count / 2).map {
        Float(Int16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self)))
          / Weights.fixedPoint
      }
    }
  }
}

extension SafetensorsWriter {
  /// Most items have too few answers for a vector of their own, so vectors stand apart.
  fileprivate mutating func add(items: KeyTable) {
    let (numbers, width) = (ModelTables.itemNumbers, items.width)
    var (values, rows, vectors): ([Float], [UInt8], [Int16]) = ([], [], [])
    for row in items.hashes.indices {
      values += items.values[row * width..<row * width + numbers]
      let vector = items.values[row * width + numbers..<(row + 1) * width].map(Weights.fixed)
      guard vector.contains(where: { $0 != 0 }) else { continue }
      rows.appendBigEndian(UInt32(row))
      vectors += vector
    }
    add("items", KeyTable(width: numbers, sortedHashes: items.hashes, values: values))
    add("items.vectorRows", shape: [rows.count / 4, 4], bytes: rows)
    add("items.vectors", shape: [rows.count / 4, width - numbers], shorts: vectors)
  }

  fileprivate mutating func add(_ name: String, _ table: KeyTable) {
    var keys: [UInt8] = []
    for hash in table.hashes { keys.appendBigEndian(hash) }
    add("\(name).keys", shape: [table.hashes.count, 8], bytes: keys)
    add(
      "\(name).values", shape: [table.hashes.count, table.width],
      shorts: table.values.map(Weights.fixed))
  }
}
