/// Remembers what was made of some bytes, so that a key that comes a million times is made once.
///
/// Every key has one place, which keeps the last key that fell on it; there are more places as more keys come, up to a
/// limit. So memory stays bounded, and keys chosen to collide cost no more than having no cache.
struct KeyCache<Value> {
  private static var placesMax: Int { 1 << 15 }

  private struct Entry {
    let bytes: [UInt8]
    let value: Value
  }
  private var entries: [Entry?] = Array(repeating: nil, count: 64)
  private var misses = 0

  /// The value made of these bytes before, or now; `nil` where `make` gives none.
  mutating func value(
    for bytes: UnsafeRawBufferPointer, make: (UnsafeRawBufferPointer) -> Value?
  ) -> Value? {
    let hash = Self.hash(bytes)
    if let entry = entries[hash & (entries.count - 1)], Self.same(entry.bytes, bytes) {
      return entry.value
    }
    guard let value = make(bytes) else { return nil }
    misses += 1
    if misses > entries.count, entries.count < Self.placesMax { grow() }
    entries[hash & (entries.count - 1)] = Entry(bytes: Array(bytes), value: value)
    return value
  }

  /// The few keys that are forgotten here come again by themselves.
  private mutating func grow() {
    entries = Array(repeating: nil, count: min(entries.count * 4, Self.placesMax))
    misses = 0
  }

  /// FNV-1a (Fowler, Noll and Vo, RFC 9923), its high bits folded in.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return Int(truncatingIfNeeded: hash ^ hash >> 32)
  }

  private static func same(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    for index in left.indices where left[index] != right[index] { return false }
    return true
  }
}
