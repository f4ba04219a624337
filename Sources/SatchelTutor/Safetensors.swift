internal import SatchelCore

/// A safetensors file: u64 little-endian header length, a JSON header, then the numbers.
///
/// The header is one object: name -> {"dtype", "shape", "data_offsets": [begin, end]}, and `__metadata__` -> texts. A
/// file is valid when the header is at most ``headerBytesMax`` long and is such an object, every type is one of
/// ``NumberType``, every tensor is as long as its type and shape say, and the tensors lie one after another without gap
/// or overlap from 0 to the end of the file. Nothing is allocated by a number that was not checked against the
/// file's real length. (Format: huggingface/safetensors, README, "Format".)
struct Safetensors {
  static let headerBytesMax = 65_536
  static let tensorsMax = 64
  static let fileBytesMax = 16 << 20

  enum NumberType: String {
    case f32 = "F32"
    case i16 = "I16"
    case i8 = "I8"
    case u8 = "U8"

    var byteCount: Int {
      switch self {
      case .f32: 4
      case .i16: 2
      case .i8, .u8: 1
      }
    }
  }

  struct Tensor {
    var type: NumberType
    var shape: [Int]
    /// In the file's data, after the header.
    var range: Range<Int>
  }

  private(set) var tensors: [String: Tensor] = [:]
  private(set) var metadata: [String: String] = [:]
  private let data: ArraySlice<UInt8>

  /// - Throws: `model.malformed`.
  init(bytes: [UInt8]) throws(SatchelError) {
    guard bytes.count >= 8, bytes.count <= Self.fileBytesMax else {
      throw Self.malformed("the file is \(bytes.count) bytes long")
    }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(Self.headerBytesMax), length <= UInt64(bytes.count - 8) else {
      throw Self.malformed("a header of \(length) bytes")
    }
    data = bytes[(8 + Int(length))...]
    var reader = HeaderReader(Array(bytes[8..<8 + Int(length)]))
    guard let entries = reader.header() else { throw Self.malformed("the header is no valid JSON") }
    metadata = entries.metadata
    guard entries.tensors.count <= Self.tensorsMax else { throw Self.malformed("too many tensors") }
    for (name, entry) in entries.tensors {
      guard tensors[name] == nil else { throw Self.malformed("\(name) twice") }
      tensors[name] = try Self.tensor(name, entry)
    }
    try checkCover()
  }

  /// The numbers' bytes, as long as type and shape say.
  func bytes(of tensor: Tensor) -> ArraySlice<UInt8> {
    data[data.startIndex + tensor.range.lowerBound..<data.startIndex + tensor.range.upperBound]
  }

  static func malformed(_ cause: String) -> SatchelError {
    SatchelError(.modelMalformed, subject: "model", cause: cause)
  }

  private static func tensor(
    _ name: String, _ entry: HeaderReader.Entry
  ) throws(SatchelError) -> Tensor {
    guard let type = NumberType(rawValue: entry.type) else {
      throw malformed("\(name.prefix(40)) is of type \(entry.type.prefix(20))")
    }
    var size = type.byteCount
    for extent in entry.shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow, product <= fileBytesMax else { throw malformed("\(name) is too large") }
      size = product
    }
    guard entry.offsets.count == 2, entry.offsets[0] <= entry.offsets[1],
      entry.offsets[1] - entry.offsets[0] == size
    else { throw malformed("\(name) is not as long as its shape says") }
    return Tensor(type: type, shape: entry.shape, range: entry.offsets[0]..<entry.offsets[1])
  }

  private func checkCover() throws(SatchelError) {
    var end = 0
    for tensor in tensors.values.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      guard tensor.range.lowerBound == end else { throw Self.malformed("a gap or an overlap") }
      end = tensor.range.upperBound
    }
    guard end == data.count else { throw Self.malformed("the file is cut or too long") }
  }
}

/// Puts tensors into a file, in the order in which they are added.
struct SafetensorsWriter {
  private var entries: [String] = []
  private var data: [UInt8] = []

  mutating func add(_ name: String, shape: [Int], floats: some Sequence<Float>) {
    let begin = data.count
    for value in floats { data.appendLittleEndian(value.bitPattern) }
    enter(name, .f32, shape, from: begin)
  }

  mutating func add(_ name: String, shape: [Int], shorts: some Sequence<Int16>) {
    let begin = data.count
    for value in shorts { data.appendLittleEndian(value) }
    enter(name, .i16, shape, from: begin)
  }

  mutating func add(_ name: String, shape: [Int], smalls: some Sequence<Int8>) {
    let begin = data.count
    data.append(contentsOf: smalls.lazy.map { UInt8(bitPattern: $0) })
    enter(name, .i8, shape, from: begin)
  }

  mutating func add(_ name: String, shape: [Int], bytes: some Sequence<UInt8>) {
    let begin = data.count
    data.append(contentsOf: bytes)
    enter(name, .u8, shape, from: begin)
  }

  /// - Parameter metadata: plain texts without quotes, backslashes or control characters.
  func encoded(metadata: [(String, String)]) -> [UInt8] {
    let texts = metadata.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
    let header = "{\"__metadata__\":{\(texts)},\(entries.joined(separator: ","))}"
    // Spaces up to a multiple of eight, so that the numbers are aligned when the file is mapped.
    let padding = String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
    var out: [UInt8] = []
    out.appendLittleEndian(UInt64(header.utf8.count + padding.utf8.count))
    out.append(contentsOf: (header + padding).utf8)
    out.append(contentsOf: data)
    return out
  }

  private mutating func enter(
    _ name: String, _ type: Safetensors.NumberType, _ shape: [Int], from begin: Int
  ) {
    let extents = shape.map(String.init).joined(separator: ",")
    entries.append(
      "\"\(name)\":{\"dtype\":\"\(type.rawValue)\",\"shape\":[\(extents)],"
        + "\"data_offsets\":[\(begin),\(data.count)]}")
  }
}
