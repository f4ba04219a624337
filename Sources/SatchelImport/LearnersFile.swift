package import SatchelCore

/// Reads who used which items, in the order of time: lines `learner<TAB>item item ...`, plain or gzip.
///
/// Items are parted by single spaces; an item that comes again is passed over. Read in constant memory beside one line.
package struct LearnersFile {
  /// A learner may have used as many items as a catalogue holds, of the longest ids.
  package static let lineBytesMax = 8 << 20
  package static let learnersMax = 10_000_000
  package static let itemsMax = 100_000
  package static let usesMax = 200_000_000

  private let path: String

  package init(path: String) { self.path = path }

  /// Calls `learner` for each line, in the file's order.
  ///
  /// - Throws: `file.missing`, `file.unreadable`; `file.malformed` for a cut or broken gzip, or a file without a line;
  ///   `rows.malformed` with the line's number for one that is no such line, or whose learner came before;
  ///   `input.tooLarge` for a gzip bomb or above a limit; whatever `learner` throws.
  package func read(_ learner: (_ name: String, _ items: [ItemID]) throws -> Void) throws {
    let file = try DataFile(path: path, outputBytesMax: 16 << 30)
    var lines = LineReader(file, subject: path, lineBytesMax: Self.lineBytesMax)
    var line = LearnersLine()
    while try lines.next({ line.read($0) }) != nil {
      if let cause = line.cause {
        throw SatchelError(.rowsMalformed, subject: lines.place, cause: cause)
      }
      if let limit = line.exceeded {
        throw SatchelError(.inputTooLarge, subject: lines.place, cause: limit)
      }
      try learner(line.name, line.items)
    }
    guard lines.number > 0 else {
      throw SatchelError(.fileMalformed, subject: path, cause: "no line in it")
    }
  }
}

/// One line, and what must be known of those before it.
private struct LearnersLine {
  private(set) var name = ""
  private(set) var items: [ItemID] = []
  /// Why the line is no good, where it is not.
  private(set) var cause: String?

  private var known = KeyCache<ItemID>()
  private var allItems: Set<ItemID> = []
  private var learners: Set<[UInt8]> = []
  private var uses = 0
  private var met: Set<ItemID> = []

  /// Which limit was passed.
  var exceeded: String? {
    if learners.count > LearnersFile.learnersMax {
      return "more than \(LearnersFile.learnersMax) learners"
    }
    if allItems.count > LearnersFile.itemsMax { return "more than \(LearnersFile.itemsMax) items" }
    return uses > LearnersFile.usesMax ? "more than \(LearnersFile.usesMax) uses" : nil
  }

  mutating func read(_ bytes: UnsafeRawBufferPointer) {
    items.removeAll(keepingCapacity: true)
    met.removeAll(keepingCapacity: true)
    guard let tab = bytes.firstIndex(of: UInt8(ascii: "\t")) else {
      cause = "no tab"
      return
    }
    readName(UnsafeRawBufferPointer(rebasing: bytes[..<tab]))
    if cause == nil { readItems(UnsafeRawBufferPointer(rebasing: bytes[(tab + 1)...])) }
  }

  private mutating func readName(_ bytes: UnsafeRawBufferPointer) {
    guard let text = String(validating: bytes, as: UTF8.self), ItemID.isValid(text) else {
      cause = "the learner is no name of 1 to 64 bytes of UTF-8"
      return
    }
    name = text
    if !learners.insert(Array(bytes)).inserted { cause = "the learner came before" }
  }

  private mutating func readItems(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty else {
      cause = "no items"
      return
    }
    var start = 0
    while start <= bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: " ")) ?? bytes.count
      let part = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
      guard let item = known.value(for: part, make: Self.item) else {
        cause = "item \(items.count + 1) is no key of 1 to 64 bytes of UTF-8"
        return
      }
      if met.insert(item).inserted {
        items.append(item)
        uses += 1
        if allItems.count <= LearnersFile.itemsMax { allItems.insert(item) }
      }
      start = end + 1
    }
  }

  private static func item(_ bytes: UnsafeRawBufferPointer) -> ItemID? {
    guard let text = String(validating: bytes, as: UTF8.self), ItemID.isValid(text) else {
      return nil
    }
    return ItemID(checked: text)
  }
}
