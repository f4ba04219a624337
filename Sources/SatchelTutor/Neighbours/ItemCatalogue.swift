package import SatchelCore

/// The items that a neighbour model knows, in the order that breaks ties.
///
/// The order is that of numbers when every id is a whole decimal number as it is usually written (no sign, no leading
/// zero, at most 18 digits), else that of the ids' bytes. A place in it is what rows and rankings hold.
package struct ItemCatalogue: Sendable {
  package static let itemsMax = 100_000

  /// Ascending; no id twice.
  package let ids: [ItemID]
  package let areNumbers: Bool
  private let places: [ItemID: Int32]

  /// - Parameter ids: any order; an id that comes twice counts once.
  package init(_ ids: some Sequence<ItemID>) {
    let unique = Array(Set(ids))
    let numbers = unique.compactMap { id in Self.number(id.text).map { (number: $0, id: id) } }
    let areNumbers = numbers.count == unique.count && !unique.isEmpty
    let sorted =
      areNumbers ? numbers.sorted { $0.number < $1.number }.map(\.id) : unique.sorted()
    self.init(sorted: sorted, areNumbers: areNumbers)
  }

  /// - Parameter ids: already in order, none twice.
  init(sorted ids: [ItemID], areNumbers: Bool) {
    self.ids = ids
    self.areNumbers = areNumbers
    var places: [ItemID: Int32] = [:]
    places.reserveCapacity(ids.count)
    for (place, id) in ids.enumerated() { places[id] = Int32(place) }
    self.places = places
  }

  package var count: Int { ids.count }

  /// `nil` for an item that the model never saw.
  package func place(of id: ItemID) -> Int32? { places[id] }

  /// Whether the first id comes before the second in the catalogue's order.
  package func precedes(_ left: ItemID, _ right: ItemID) -> Bool {
    guard areNumbers, let a = Self.number(left.text), let b = Self.number(right.text) else {
      return left < right
    }
    return a < b
  }

  /// The value of a whole decimal number as it is usually written; `nil` for any other text.
  package static func number(_ id: String) -> UInt64? {
    let digits = id.utf8
    guard (1...18).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
      digits.count == 1 || digits.first != 0x30
    else { return nil }
    return UInt64(id)
  }
}

extension ItemCatalogue: Equatable {
  package static func == (left: Self, right: Self) -> Bool {
    left.areNumbers == right.areNumbers && left.ids == right.ids
  }
}

/// Bytes: numbers as the varint of their distance to the one before, less one; texts as u8 shared with the one before,
/// u8 rest, the rest. So 17,708 numbers take some 18 kB, and ids that begin alike little more than their ends.
extension ItemCatalogue {
  func encoded() -> [UInt8] {
    var out: [UInt8] = []
    if areNumbers {
      var next: UInt64 = 0
      for number in ids.compactMap({ Self.number($0.text) }) {
        Varint.append(number - next, to: &out)
        next = number + 1
      }
      return out
    }
    var before: [UInt8] = []
    for id in ids {
      let bytes = Array(id.text.utf8)
      let shared = zip(before, bytes).prefix { $0 == $1 }.count
      out.append(UInt8(shared))
      out.append(UInt8(bytes.count - shared))
      out.append(contentsOf: bytes[shared...])
      before = bytes
    }
    return out
  }

  /// - Throws: `model.malformed` for what is no such list of `count` ids.
  init(bytes: ArraySlice<UInt8>, count: Int, areNumbers: Bool) throws(SatchelError) {
    let ids = areNumbers ? Self.numbers(bytes, count) : Self.texts(bytes, count)
    guard let ids else { throw Safetensors.malformed("the list of items") }
    self.init(sorted: ids, areNumbers: areNumbers)
  }

  private static func numbers(_ bytes: ArraySlice<UInt8>, _ count: Int) -> [ItemID]? {
    var reader = Varint.Reader(bytes)
    var next: UInt64 = 0
    var ids: [ItemID] = []
    for _ in 0..<count {
      guard let distance = reader.next(), distance < 1_000_000_000_000_000_000 - next else {
        return nil
      }
      ids.append(ItemID(checked: String(next + distance)))
      next += distance + 1
    }
    return reader.isAtEnd ? ids : nil
  }

  private static func texts(_ bytes: ArraySlice<UInt8>, _ count: Int) -> [ItemID]? {
    var place = bytes.startIndex
    var before: [UInt8] = []
    var ids: [ItemID] = []
    for _ in 0..<count {
      guard bytes.endIndex - place >= 2 else { return nil }
      let shared = Int(bytes[place])
      let rest = Int(bytes[place + 1])
      place += 2
      guard shared <= before.count, shared + rest <= ItemID.bytesMax, bytes.endIndex - place >= rest
      else { return nil }
      let id = before[..<shared] + bytes[place..<place + rest]
      place += rest
      guard ids.isEmpty || before.lexicographicallyPrecedes(id),
        let text = String(validating: id, as: UTF8.self), ItemID.isValid(text)
      else { return nil }
      ids.append(ItemID(checked: text))
      before = Array(id)
    }
    return place == bytes.endIndex ? ids : nil
  }
}

/// Natural numbers in seven bits a byte, the lowest first, the eighth bit set where more follow (LEB128).
enum Varint {
  static func append(_ value: UInt64, to out: inout [UInt8]) {
    var rest = value
    while rest >= 0x80 {
      out.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    out.append(UInt8(rest))
  }

  struct Reader {
    private let bytes: ArraySlice<UInt8>
    private var place: Int

    init(_ bytes: ArraySlice<UInt8>) {
      self.bytes = bytes
      place = bytes.startIndex
    }

    var isAtEnd: Bool { place == bytes.endIndex }

    /// `nil` at the end, above nine bytes, and for a number that is written longer than it need be.
    mutating func next() -> UInt64? {
      var value: UInt64 = 0
      for shift in stride(from: 0, through: 56, by: 7) {
        guard place < bytes.endIndex else { return nil }
        let byte = bytes[place]
        place += 1
        value |= UInt64(byte & 0x7F) << UInt64(shift)
        if byte < 0x80 { return byte == 0 && shift > 0 ? nil : value }
      }
      return nil
    }
  }
}
