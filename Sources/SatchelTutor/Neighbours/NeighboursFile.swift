package import SatchelCore

/// A neighbour model as a file: ``Safetensors`` with the metadata `format` = satchel-neighbours, `version` = 2, and
/// exactly these tensors, which may also stand in another model's file:
///
///     neighbours.numbers or .texts   U8  [bytes]    the items' ids, as ``ItemCatalogue`` codes them
///     neighbours.prior               U8  [n]        ln P above the rarest item's, in 1/16 nat
///     neighbours.columns             U8  [bytes]    for each item: varint of the row's length, then of each neighbour's
///                                                   distance to the one before, less one
///     neighbours.codes               U8  [entries]  near code, and 16 times the wide code
///     neighbours.levels              I16 [2, 16]    near and wide levels in 1/256 nat, 0...4095, the first 0
///     neighbours.steps               I16 [2, 9]     levels of steps forward and backward in 1/256 nat, 0...4095
///     neighbours.lags                I16 [3, L]     near, wide and step weights in 1/1024, 0...4096, of the last L items
///     neighbours.beta                I16 [1]        weight of the prior in 1/1024, 0...4096
///
/// Version 1 knew no steps and had two rows of lags; it is refused for its number, and in another model for its shape.
///
/// A model is valid when ids ascend, rows cover all items, each row's neighbours ascend and are items, and all numbers
/// lie in their ranges. Then every sum of ``NeighbourRanker`` stays below 2^31, and nothing more can go wrong.
extension Neighbours {
  private static let format = "satchel-neighbours"
  private static let formatVersion = "2"

  /// The file's bytes; the same model gives the same bytes.
  package func encoded() -> [UInt8] {
    var file = SafetensorsWriter()
    file.add(self)
    return file.encoded(metadata: [
      ("format", Self.format), ("version", Self.formatVersion),
    ])
  }

  /// - Throws: `model.malformed`, `model.shapeMismatch`, `model.notFinite` for numbers out of their ranges.
  package init(bytes: [UInt8]) throws(SatchelError) {
    let file = try Safetensors(bytes: bytes)
    guard file.metadata["format"] == Self.format else {
      throw Safetensors.malformed("not a neighbour model of Satchel")
    }
    guard file.metadata["version"] == Self.formatVersion else {
      throw Weights.mismatch("version \(file.metadata["version"]?.prefix(20) ?? "?")")
    }
    guard let model = try Neighbours(from: file) else {
      throw Safetensors.malformed("no neighbours in it")
    }
    self = model
  }

  /// The neighbours that stand in a model's file beside other tensors; `nil` where there are none.
  ///
  /// - Throws: as ``init(bytes:)``.
  init?(from file: Safetensors) throws(SatchelError) {
    guard file.tensors.keys.contains(where: { $0.hasPrefix("neighbours.") }) else { return nil }
    let prior = try file.bytes("neighbours.prior")
    guard prior.count <= ItemCatalogue.itemsMax else { throw Weights.mismatch("too many items") }
    let items = try file.catalogue(count: prior.count)
    let lags = try file.shorts("neighbours.lags", rows: 3, in: 0...Self.weightMax)
    let count = lags.count / 3
    guard (1...Self.lagsMax).contains(count) else { throw Weights.mismatch("lags") }
    let levels = try file.shorts("neighbours.steps", rows: 2, in: 0...Self.levelMax)
    let octaves = CatalogueSteps.octaves
    guard levels.count == 2 * octaves else { throw Weights.mismatch("neighbours.steps") }
    let beta = try file.shorts("neighbours.beta", rows: nil, in: 0...Self.weightMax)
    guard beta.count == 1 else { throw Weights.mismatch("beta") }
    self.init(
      items: items, rows: try Rows(file, itemCount: prior.count),
      steps: CatalogueSteps(
        forward: Array(levels[..<octaves]), backward: Array(levels[octaves...])),
      prior: Array(prior),
      weights: LagWeights(
        near: Array(lags[..<count]), wide: Array(lags[count..<2 * count]),
        step: Array(lags[(2 * count)...]), prior: beta[0]))
  }
}

extension SafetensorsWriter {
  /// Puts a neighbour model among the tensors of a file.
  mutating func add(_ model: Neighbours) {
    let ids = model.items.encoded()
    let kind = model.items.areNumbers ? "numbers" : "texts"
    let columns = model.rows.encodedColumns()
    add("neighbours.levels", shape: [2, Neighbours.levelCount], shorts: model.rows.levelTables)
    add(
      "neighbours.steps", shape: [2, CatalogueSteps.octaves],
      shorts: model.steps.forward + model.steps.backward)
    add(
      "neighbours.lags", shape: [3, model.lags],
      shorts: model.weights.near + model.weights.wide + model.weights.step)
    add("neighbours.beta", shape: [1], shorts: [model.weights.prior])
    add("neighbours.\(kind)", shape: [ids.count], bytes: ids)
    add("neighbours.prior", shape: [model.prior.count], bytes: model.prior)
    add("neighbours.columns", shape: [columns.count], bytes: columns)
    add("neighbours.codes", shape: [model.rows.count], bytes: model.rows.codes)
  }
}

extension Neighbours.Rows {
  fileprivate var levelTables: [Int16] { nearLevels + wideLevels }

  func encodedColumns() -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(columns.count + columns.count / 2)
    for item in 0..<starts.count - 1 {
      let row = columns[Int(starts[item])..<Int(starts[item + 1])]
      Varint.append(UInt64(row.count), to: &out)
      var next: Int32 = 0
      for column in row {
        Varint.append(UInt64(column - next), to: &out)
        next = column + 1
      }
    }
    return out
  }

  fileprivate init(_ file: Safetensors, itemCount: Int) throws(SatchelError) {
    let codes = try file.bytes("neighbours.codes")
    guard codes.count <= Neighbours.entriesMax else { throw Weights.mismatch("too many entries") }
    let levels = try file.shorts("neighbours.levels", rows: 2, in: 0...Neighbours.levelMax)
    let count = Neighbours.levelCount
    guard levels.count == 2 * count, levels[0] == 0, levels[count] == 0 else {
      throw Weights.mismatch("neighbours.levels")
    }
    var reader = Varint.Reader(try file.bytes("neighbours.columns"))
    var starts: [Int32] = [0]
    var columns: [Int32] = []
    columns.reserveCapacity(codes.count)
    for _ in 0..<itemCount {
      try Self.readRow(&reader, itemCount: itemCount, entryCount: codes.count, into: &columns)
      starts.append(Int32(columns.count))
    }
    guard reader.isAtEnd, columns.count == codes.count else {
      throw Safetensors.malformed("rows of neighbours")
    }
    self.init(
      starts: starts, columns: columns, codes: Array(codes), nearLevels: Array(levels[..<count]),
      wideLevels: Array(levels[count...]))
  }

  private static func readRow(
    _ reader: inout Varint.Reader, itemCount: Int, entryCount: Int, into columns: inout [Int32]
  ) throws(SatchelError) {
    guard let length = reader.next(), length <= UInt64(entryCount - columns.count) else {
      throw Safetensors.malformed("a row of neighbours is too long")
    }
    var next = 0
    for _ in 0..<length {
      guard let distance = reader.next(), distance < UInt64(itemCount - next) else {
        throw Safetensors.malformed("a neighbour is no item")
      }
      columns.append(Int32(next + Int(distance)))
      next += Int(distance) + 1
    }
  }
}

extension Safetensors {
  fileprivate func bytes(_ name: String) throws(SatchelError) -> ArraySlice<UInt8> {
    guard let tensor = tensors[name] else { throw Self.malformed("\(name) is missing") }
    guard tensor.type == .u8, tensor.shape.count == 1 else { throw Weights.mismatch(name) }
    return bytes(of: tensor)
  }

  /// - Parameter rows: of a matrix; `nil` for a list.
  fileprivate func shorts(
    _ name: String, rows: Int?, in range: ClosedRange<Int16>
  ) throws(SatchelError) -> [Int16] {
    guard let tensor = tensors[name] else { throw Self.malformed("\(name) is missing") }
    guard tensor.type == .i16, tensor.shape.count == (rows == nil ? 1 : 2),
      rows == nil || tensor.shape[0] == rows
    else { throw Weights.mismatch(name) }
    let values = bytes(of: tensor).withUnsafeBytes { raw in
      (0..<raw.count / 2).map {
        Int16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self))
      }
    }
    guard values.allSatisfy(range.contains) else {
      throw SatchelError(.modelNotFinite, subject: name)
    }
    return values
  }

  fileprivate func catalogue(count: Int) throws(SatchelError) -> ItemCatalogue {
    let areNumbers = tensors["neighbours.numbers"] != nil
    guard areNumbers != (tensors["neighbours.texts"] != nil) else {
      throw Self.malformed("the list of items")
    }
    return try ItemCatalogue(
      bytes: try bytes(areNumbers ? "neighbours.numbers" : "neighbours.texts"), count: count,
      areNumbers: areNumbers)
  }
}
