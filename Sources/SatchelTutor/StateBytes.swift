/// Reads and writes the fixed little-endian layouts of folded rows.
///
/// A row has one length and one version; anything else is malformed. So a reader needs one check at the start and
/// none at each field.
struct StateReader {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  /// The caller has compared the length of `bytes` with the layout's.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  mutating func next<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value {
    defer { offset += MemoryLayout<Value>.size }
    return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
  }

  mutating func nextFloat() -> Float { Float(bitPattern: next(UInt32.self)) }

  /// Three bytes, as the keys of recent items are kept.
  mutating func nextKey() -> UInt32 {
    let low = UInt32(next(UInt16.self))
    return low | UInt32(next(UInt8.self)) << 16
  }
}

struct StateWriter {
  private(set) var bytes: [UInt8] = []

  init(capacity: Int) { bytes.reserveCapacity(capacity) }

  mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ value: Float) { append(value.bitPattern) }

  mutating func append(key: UInt32) {
    append(UInt16(truncatingIfNeeded: key))
    append(UInt8(truncatingIfNeeded: key >> 16))
  }
}

extension FixedWidthInteger {
  /// One more, staying at the largest value once it is reached.
  var incremented: Self { self == .max ? self : self + 1 }
}

extension Float {
  /// Finite and within ±`bound`: what a fold can have written.
  func isWithin(_ bound: Float) -> Bool { magnitude <= bound }
}
