import Glibc
package import SatchelCore

/// Rows of any number, put aside on disk and given back learner by learner, in memory that does not grow with them.
///
/// Rows are dealt by their learner's hash to ``parts`` temporary files without names, which the system removes when the
/// program ends, however it ends. They need about 50 bytes a row where `TMPDIR` points; one file at a time is read back
/// whole. Not for two tasks at once.
package final class InteractionSpill {
  static let parts = 256
  private static let bufferBytes = 32 << 10

  private var files: [UnsafeMutablePointer<FILE>?] = []
  private var buffers: [[UInt8]]

  /// - Throws: `file.cannotCreate`, where there is no place for temporary files.
  package init() throws(SatchelError) {
    buffers = Array(repeating: [], count: Self.parts)
    for _ in 0..<Self.parts { files.append(try Self.nameless()) }
  }

  deinit { for file in files { if let file { fclose(file) } } }

  private static func nameless() throws(SatchelError) -> UnsafeMutablePointer<FILE> {
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var path = Array("\(folder)/satchel-XXXXXX".utf8CString)
    let descriptor = mkstemp(&path)
    guard descriptor >= 0, unlink(path) == 0, let file = fdopen(descriptor, "w+b") else {
      throw WholeTextFile.failure(.cannotCreate, folder)
    }
    return file
  }

  /// - Throws: `store.full`, `store.failed`.
  package func append(_ row: Interaction) throws(SatchelError) {
    let part = Int(CRC32.checksum(row.learner) % UInt32(Self.parts))
    SpilledRow.encode(row, into: &buffers[part])
    if buffers[part].count >= Self.bufferBytes { try flush(part) }
  }

  /// Calls `learner` once for each learner with a function that gives her rows one by one, in the order in which they
  /// were put in. Learners come in an order of their own, the same for the same rows.
  package func forEachLearner(
    _ learner: (_ rows: (_ row: (Interaction) throws -> Void) throws -> Void) throws -> Void
  ) throws {
    for part in 0..<Self.parts {
      try flush(part)
      let bytes = try contents(of: part)
      for places in try SpilledRow.placesByLearner(bytes) {
        try learner { row in
          for place in places { try row(try SpilledRow.decode(bytes, at: Int(place))) }
        }
      }
    }
  }

  private func flush(_ part: Int) throws(SatchelError) {
    guard let file = files[part], !buffers[part].isEmpty else { return }
    guard fwrite(buffers[part], 1, buffers[part].count, file) == buffers[part].count else {
      throw WholeTextFile.diskFailure("TMPDIR")
    }
    buffers[part].removeAll(keepingCapacity: true)
  }

  /// The whole of a file, which is closed then.
  private func contents(of part: Int) throws(SatchelError) -> [UInt8] {
    guard let file = files[part] else { return [] }
    guard fflush(file) == 0 else { throw WholeTextFile.diskFailure("TMPDIR") }
    let length = ftell(file)
    rewind(file)
    guard length >= 0 else { throw WholeTextFile.diskFailure("TMPDIR") }
    let bytes = [UInt8](unsafeUninitializedCapacity: length) { buffer, count in
      count = fread(buffer.baseAddress, 1, length, file)
    }
    fclose(file)
    files[part] = nil
    guard bytes.count == length else { throw WholeTextFile.diskFailure("TMPDIR") }
    return bytes
  }
}

/// A row as it is put aside: u32 length of what follows; u8 flags (1 right, 2 a time, 4 a duration); i64 time; u32
/// duration; then learner, item and each skill as u32 length and UTF-8.
private enum SpilledRow {
  static func encode(_ row: Interaction, into out: inout [UInt8]) {
    let start = out.count
    out.appendLittleEndian(UInt32(0))
    out.append(
      (row.isCorrect ? 1 : 0) | (row.timestampMilliseconds == nil ? 0 : 2)
        | (row.durationMilliseconds == nil ? 0 : 4))
    out.appendLittleEndian(UInt64(bitPattern: row.timestampMilliseconds ?? 0))
    out.appendLittleEndian(row.durationMilliseconds ?? 0)
    for text in [row.learner, row.item.text] + row.skills.map(\.text) {
      out.appendLittleEndian(UInt32(text.utf8.count))
      out.append(contentsOf: text.utf8)
    }
    var length = UInt32(out.count - start - 4)
    for place in 0..<4 {
      out[start + place] = UInt8(truncatingIfNeeded: length)
      length >>= 8
    }
  }

  /// Where each learner's rows begin, learners in the order of their first rows.
  static func placesByLearner(_ bytes: [UInt8]) throws(SatchelError) -> [[UInt32]] {
    var numbers: [String: Int] = [:]
    var places: [[UInt32]] = []
    var place = 0
    while place < bytes.count {
      var reader = SpillReader(bytes, at: place)
      let length = Int(reader.number(UInt32.self))
      reader.skip(13)
      let learner = reader.text()
      guard reader.isSound else { throw SatchelError(.storeFailed, subject: "TMPDIR") }
      let number = numbers[learner] ?? places.count
      if number == places.count {
        numbers[learner] = number
        places.append([])
      }
      places[number].append(UInt32(place))
      place += 4 + length
    }
    return places
  }

  static func decode(_ bytes: [UInt8], at place: Int) throws(SatchelError) -> Interaction {
    var reader = SpillReader(bytes, at: place)
    let end = place + 4 + Int(reader.number(UInt32.self))
    let flags = reader.number(UInt8.self)
    let time = Int64(bitPattern: reader.number(UInt64.self))
    let duration = reader.number(UInt32.self)
    let learner = reader.text()
    let item = try ItemID(reader.text())
    var skills: [SkillID] = []
    while reader.isSound, reader.place < end { skills.append(try SkillID(reader.text())) }
    guard reader.isSound else { throw SatchelError(.storeFailed, subject: "TMPDIR") }
    return Interaction(
      learner: learner, item: item, skills: skills, isCorrect: flags & 1 != 0,
      timestampMilliseconds: flags & 2 != 0 ? time : nil,
      durationMilliseconds: flags & 4 != 0 ? duration : nil)
  }
}

/// Reads numbers and texts; once it has run over the end, ``isSound`` is false.
private struct SpillReader {
  private let bytes: [UInt8]
  private(set) var place: Int
  private(set) var isSound = true

  init(_ bytes: [UInt8], at place: Int) {
    self.bytes = bytes
    self.place = place
  }

  mutating func skip(_ count: Int) {
    place += count
    isSound = isSound && place <= bytes.count
  }

  mutating func number<Value: FixedWidthInteger>(_: Value.Type) -> Value {
    let start = place
    skip(MemoryLayout<Value>.size)
    guard isSound else { return 0 }
    return bytes[start..<place].reversed().reduce(0) { $0 << 8 | Value($1) }
  }

  mutating func text() -> String {
    let length = Int(number(UInt32.self))
    let start = place
    skip(length)
    guard isSound else { return "" }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }
}
