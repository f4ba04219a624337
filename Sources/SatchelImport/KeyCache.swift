/// Remembers what was made of some bytes, so that a key that comes a million times is made once.
///
/// A fixed number of places, each with the last key that fell on it: memory stays bounded, and keys chosen to collide
/// cost no more than having no cache.
struct KeyCache<Value> {
  private static var placeCount: Int { 1 << 15 }

  private struct Entry {
    let bytes: [UInt8]
    let value: Value
  }
  private var entries: [Entry?] = Array(repeating: nil, count: Self.placeCount)

  /// The value made of these bytes before, or now; `nil` where `make` gives none.
  mutating func value(
    for bytes: UnsafeRawBufferPointer, make: (UnsafeRawBufferPointer) -> Value?
  ) -> Value? {
    let place = Self.place(of: bytes)
    if let entry = entries[place], Self.same(entry.bytes, bytes) { return entry.value }
    guard let value = make(bytes) else { return nil }
    entries[place] = Entry(bytes: Array(bytes), value: value)
    return value
  }

  /// FNV-1a (Fowler, Noll and Vo, RFC 9923), its high bits folded in.
  private static func place(of bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: (hash ^ hash >> 32) & UInt64(placeCount - 1))
  }

  private static func same(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] { return false }
    return true
  }
}
