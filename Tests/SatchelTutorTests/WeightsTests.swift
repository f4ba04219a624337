import SatchelCore
import Testing

@testable import SatchelTutor

@Suite struct `A model file` {
  @Test func `reads back as it was written`() throws {
    let weights = Weights.random(seed: 1)
    let bytes = weights.encoded()
    let back = try Weights(bytes: bytes)
    #expect(back == weights)
    #expect(back.encoded() == bytes)
    #expect(try Weights(bytes: Weights.baseline.encoded()) == .baseline)
  }

  @Test func `keeps a matrix in one byte a number, close to what it was`() {
    var dice = Dice(state: 1)
    let exact = Network(
      parameters: (0..<Network.parameterCount).map { _ in Float.random(in: -1...1, using: &dice) })
    let rounded = exact.rounded()
    for part in Network.quantisedParts {
      let columns = part.shape.columns
      for column in 0..<columns {
        let places = stride(from: part.offset + column, to: part.range.upperBound, by: columns)
        let largest = places.map { exact.parameters[$0].magnitude }.max() ?? 0
        for place in places {
          let error = exact.parameters[place] - rounded.parameters[place]
          // Half a step of a 127th, and the scale's own rounding.
          #expect(error.magnitude <= largest / 127 * 0.51)
        }
      }
    }
    #expect(rounded.rounded() == rounded)
    #expect(Weights.baseline.network.rounded() == Weights.baseline.network)
    // Four matrices at a byte a number, the rest at four.
    let numbers = Network.quantisedParts.reduce(0) { $0 + $1.range.count }
    #expect(Weights.baseline.encoded().count < numbers + 25_000)
  }

  @Test func `of 20,000 items stays under a megabyte`() {
    #expect(weights(items: 20_000, vectors: 20_000).encoded().count <= 1_000_000)
  }

  @Test func `of twice as many items of which few have vectors stays under a megabyte as well`()
    throws
  {
    let many = weights(items: 40_000, vectors: 5_000)
    let bytes = many.encoded()
    #expect(bytes.count <= 1_000_000)
    #expect(try Weights(bytes: bytes).tables == many.tables)
  }

  @Test func `whose vectors belong to no item is refused`() throws {
    let bytes = weights(items: 2, vectors: 2).encoded()
    // Row numbers 0 and 1, big-endian; they stand before the vectors, whose numbers are all 0.5.
    let rows: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1]
    let place = try #require(
      bytes.indices.first {
        bytes[$0...].starts(with: rows + [0, 2, 0, 2])
      })
    for (byte, value) in [(3, UInt8(1)), (3, 9), (7, 2), (7, 0), (4, 255)] {
      var changed = bytes
      changed[place + byte] = value
      #expect(code(changed) == .modelMalformed, "byte \(byte) is \(value)")
    }
  }

  @Test func `of file version 3 is read`() throws {
    let weights = weights(items: 20, vectors: 5)
    let old = try rewritten(weights, version: "3") { tensors in
      (tensors["items.vectorRows"], tensors["items.vectors"]) = (nil, nil)
      tensors["items.values"] = .shorts(
        [20, tables.items.width], tables.items.values.map(Weights.fixed))
    }
    #expect(try Weights(bytes: old) == weights)
    // The layout of one version under the number of the other.
    #expect(try code(rewritten(weights, version: "3") { _ in }) == .modelShapeMismatch)
    #expect(try code(rewritten(weights, version: "5") { _ in }) == .modelShapeMismatch)

    var tables: ModelTables { weights.tables }
  }

  @Test func `whose vectors are missing, too many or of another type is refused`() throws {
    let weights = weights(items: 4, vectors: 2)
    let rows: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 2]
    let changes: [(String, Tensor?, SatchelError.Code)] = [
      ("items.vectors", nil, .modelMalformed), ("items.vectorRows", nil, .modelMalformed),
      ("items.vectors", .shorts([1, 8], Array(repeating: 1, count: 8)), .modelShapeMismatch),
      ("items.vectors", .bytes([2, 8], Array(repeating: 1, count: 16)), .modelShapeMismatch),
      ("items.vectorRows", .bytes([4, 2], rows), .modelShapeMismatch),
      ("items.vectorRows", .shorts([2, 4], Array(repeating: 0, count: 8)), .modelShapeMismatch),
      (
        "items.vectorRows", .bytes([400, 4], Array(repeating: 0, count: 1600)),
        .modelShapeMismatch
      ),
    ]
    #expect(try Weights(bytes: rewritten(weights, version: "4") { _ in }) == weights)
    for (name, tensor, expected) in changes {
      let bytes = try rewritten(weights, version: "4") { $0[name] = tensor }
      #expect(code(bytes) == expected, "\(name)")
    }
  }

  private enum Tensor {
    case floats([Int], [Float])
    case shorts([Int], [Int16])
    case smalls([Int], [Int8])
    case bytes([Int], [UInt8])
  }

  /// The file of `weights` with other tensors, under another number.
  private func rewritten(
    _ weights: Weights, version: String, _ change: (inout [String: Tensor]) -> Void
  ) throws -> [UInt8] {
    let file = try Safetensors(bytes: weights.encoded())
    var tensors = file.tensors.mapValues { tensor -> Tensor in
      let bytes = Array(file.bytes(of: tensor))
      return bytes.withUnsafeBytes { raw in
        switch tensor.type {
        case .f32:
          .floats(
            tensor.shape,
            (0..<raw.count / 4).map { raw.load(fromByteOffset: $0 * 4, as: Float.self) })
        case .i16:
          .shorts(
            tensor.shape,
            (0..<raw.count / 2).map { raw.load(fromByteOffset: $0 * 2, as: Int16.self) })
        case .i8: .smalls(tensor.shape, bytes.map { Int8(bitPattern: $0) })
        default: .bytes(tensor.shape, bytes)
        }
      }
    }
    change(&tensors)
    var writer = SafetensorsWriter()
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      switch tensor {
      case .floats(let shape, let numbers): writer.add(name, shape: shape, floats: numbers)
      case .shorts(let shape, let numbers): writer.add(name, shape: shape, shorts: numbers)
      case .smalls(let shape, let numbers): writer.add(name, shape: shape, smalls: numbers)
      case .bytes(let shape, let bytes): writer.add(name, shape: shape, bytes: bytes)
      }
    }
    return writer.encoded(metadata: [
      ("format", "satchel-model"), ("version", version), ("schema", "\(FeatureSchema.version)"),
    ])
  }

  private func weights(items: Int, vectors: Int) -> Weights {
    let width = ModelTables.itemNumbers + ModelTables.itemVector
    var tables = ModelTables.empty
    tables.items = KeyTable(
      width: width, sortedHashes: (0..<items).map { UInt64($0) << 40 },
      values: (0..<items * width).map { place in
        // Every so many-th item has a vector.
        place % width < ModelTables.itemNumbers || place / width % (items / vectors) == 0 ? 0.5 : 0
      })
    return Weights(
      means: Weights.baseline.means, scales: Weights.baseline.scales,
      network: Weights.baseline.network, tables: tables,
      calibration: Weights.Calibration(slope: 1, shift: 0))
  }

  @Test func `is refused when it is cut anywhere`() {
    let bytes = Weights.random(seed: 2).encoded()
    for length in [0, 7, 8, 9, 200, 2000, bytes.count - 1] {
      #expect(code(Array(bytes.prefix(length))) == .modelMalformed)
    }
    #expect(code(bytes + [0]) == .modelMalformed)
  }

  @Test(arguments: [UInt64.max, 1 << 40, 100_000_000, 65_537])
  func `is refused for a huge header`(length: UInt64) {
    var bytes: [UInt8] = []
    bytes.appendLittleEndian(length)
    bytes += [UInt8](repeating: 0x20, count: 70_000)
    #expect(code(bytes) == .modelMalformed)
  }

  @Test(arguments: [
    "", "{", "[]", "{}x", "nonsense", "{\"a\":1}", "{\"a\":{\"dtype\":\"F32\"}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[999999999,999999999,999999999],\"data_offsets\":[0,4]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}",
    "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,999999]}}",
    "{\"a\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
      + "\"b\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[2,6]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]},"
      + "\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}",
  ])
  func `is refused for a header that lies`(header: String) {
    var bytes: [UInt8] = []
    bytes.appendLittleEndian(UInt64(header.utf8.count))
    bytes += Array(header.utf8) + [UInt8](repeating: 0, count: 8)
    #expect(code(bytes) == .modelMalformed)
  }

  @Test(arguments: [
    ("\"shape\":[148,128]", "\"shape\":[128,148]"), ("\"shape\":[64,4]", "\"shape\":[4,64]"),
    ("\"schema\":\"3\"", "\"schema\":\"2\""), ("\"version\":\"4\"", "\"version\":\"3\""),
  ])
  func `is refused for another shape or schema`(from: String, to: String) {
    #expect(code(edited(from, to)) == .modelShapeMismatch)
  }

  @Test func `is refused for another type of numbers`() {
    #expect(code(edited("\"dtype\":\"F32\"", "\"dtype\":\"I32\"")) == .modelMalformed)
    #expect(code(edited("\"dtype\":\"F32\"", "\"dtype\":\"F16\"")) == .modelMalformed)
  }

  @Test func `is refused for another format or a missing tensor`() {
    #expect(code(edited("satchel-model", "another-model")) == .modelMalformed)
    #expect(code(edited("\"items.keys\"", "\"items.kezs\"")) == .modelMalformed)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity, 10_001])
  func `is refused for numbers that are not finite or too large`(bad: Float) {
    var bytes = Weights.random(seed: 3).encoded()
    let header = Int(bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    var number: [UInt8] = []
    number.appendLittleEndian(bad.bitPattern)
    bytes.replaceSubrange(8 + header..<12 + header, with: number)
    #expect(code(bytes) == .modelNotFinite)
  }

  @Test func `is refused when it does not compute what it computed where it was trained`() {
    var bytes = Weights.random(seed: 4).encoded()
    let header = Int(bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    // One weight of the first layer: after 3 scalars and 2 * 76 numbers.
    let place = 8 + header + 4 * (3 + 152)
    bytes.replaceSubrange(place..<place + 4, with: [0, 0, 0x80, 0x40])
    #expect(code(bytes) == .modelMalformed)
  }

  @Test(arguments: [31, 32] as [UInt64])
  func `never crashes the reader, whatever byte is wrong`(seed: UInt64) {
    var dice = Dice(state: seed)
    let whole = Weights.random(seed: 5).encoded()
    for _ in 0..<60 {
      var bytes = whole
      bytes[Int.random(in: 0..<2200, using: &dice)] = UInt8.random(in: 0...255, using: &dice)
      _ = code(bytes)
    }
  }

  private func code(_ bytes: [UInt8]) -> SatchelError.Code? {
    do {
      _ = try Weights(bytes: bytes)
      return nil
    } catch {
      return error.code
    }
  }

  /// A good file with one text of its header replaced by another of the same length.
  private func edited(_ from: String, _ to: String) -> [UInt8] {
    var bytes = Weights.random(seed: 6).encoded()
    let (old, new) = (Array(from.utf8), Array(to.utf8))
    precondition(old.count == new.count)
    for start in 0..<2500 where Array(bytes[start..<start + old.count]) == old {
      bytes.replaceSubrange(start..<start + old.count, with: new)
      return bytes
    }
    Issue.record("\(from) is not in the header")
    return bytes
  }
}
