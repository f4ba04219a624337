import Glibc
import SatchelCore

/// Where one reading of a ``CSVFile`` stands: a window on the bytes, moved from row to row.
struct CSVRows: ~Copyable {
  private static let windowBytes = 512 << 10
  private static let badRowsKept = 1000

  private let file: DataFile
  private let path: String
  /// The window: `window[start..<end]` is read and not yet handed on.
  private let window = UnsafeMutableRawBufferPointer.allocate(
    byteCount: Self.windowBytes, alignment: 16)
  private var start = 0
  private var end = 0
  private var isFileRead = false
  /// The line that `start` is on.
  private var line = 1
  private var digest = SHA256Digest()

  /// The fields of the row at hand; they lie in `rowBytes`, which is the window or `unquoted`.
  private let ranges = UnsafeMutableBufferPointer<Range<Int>>.allocate(
    capacity: CSVFile.columnsMax + 1)
  private var fieldCount = 0
  private var rowBytes = UnsafeRawBufferPointer(start: nil, count: 0)
  private let unquoted = UnsafeMutableRawBufferPointer.allocate(
    byteCount: CSVFile.rowBytesMax + 1, alignment: 16)

  /// Why the row at hand is bad, where it is.
  private(set) var reason: BadRow.Reason?
  var summary = CSVSummary()

  init(file: DataFile, path: String) {
    self.file = file
    self.path = path
  }

  deinit {
    window.deallocate()
    ranges.deallocate()
    unquoted.deallocate()
  }

  /// The names on the first line.
  mutating func header() throws(SatchelError) -> [String] {
    try fill()
    skipByteOrderMark()
    guard try advance(), reason == nil, (1...CSVFile.columnsMax).contains(fieldCount) else {
      throw SatchelError(.fileMalformed, subject: path, cause: "no header")
    }
    var names: [String] = []
    for range in ranges[0..<fieldCount] {
      guard let name = String(validating: rowBytes[range], as: UTF8.self) else {
        throw SatchelError(.fileMalformed, subject: path, cause: "the header is not UTF-8")
      }
      names.append(name)
    }
    return names
  }

  /// Goes to the next row that is not blank, and says on which line it begins; `nil` at the end.
  mutating func next(width: Int) throws(SatchelError) -> Int? {
    let blankRow = 1
    while true {
      let first = line
      guard try advance() else { return nil }
      if reason == nil, fieldCount == blankRow, ranges[0].isEmpty, width > blankRow { continue }
      if reason == nil, fieldCount != width { reason = .fieldCount }
      return first
    }
  }

  func fields(_ places: [Int?]) -> CSVFields {
    CSVFields(bytes: rowBytes, ranges: UnsafeBufferPointer(ranges), places: places)
  }

  mutating func refuse(line: Int, reason: BadRow.Reason) throws(SatchelError) {
    summary.badRowCount += 1
    if summary.badRows.count < Self.badRowsKept {
      summary.badRows.append(BadRow(line: line, reason: reason))
    }
    guard summary.badRowCount <= CSVFile.badRowsMax else {
      throw SatchelError(.fileMalformed, subject: "\(path):\(line)", cause: "too many bad rows")
    }
  }

  func finished() -> CSVSummary {
    var summary = summary
    summary.digest = digest.bytes
    return summary
  }

  /// Takes the next row apart; false at the end of the file.
  private mutating func advance() throws(SatchelError) -> Bool {
    reason = nil
    var scanned = 0
    var quotes = 0
    var feeds = 0
    while true {
      let from = start + scanned
      if let feed = position(of: UInt8(ascii: "\n"), in: from..<end) {
        guard feed - start <= CSVFile.rowBytesMax else { return try skipLine(quotes) }
        quotes += count(of: UInt8(ascii: "\""), in: from..<feed)
        scanned = feed - start + 1
        // A line feed between quotes belongs to a field.
        if quotes.isMultiple(of: 2) {
          takeRow(length: feed - start, quotes: quotes)
          start = feed + 1
          line += feeds + 1
          return true
        }
        feeds += 1
      } else if end - start > CSVFile.rowBytesMax {
        return try skipLine(quotes)
      } else if isFileRead {
        guard end > start else { return false }
        quotes += count(of: UInt8(ascii: "\""), in: from..<end)
        guard quotes.isMultiple(of: 2) else { return try skipLine(quotes) }
        takeRow(length: end - start, quotes: quotes)
        start = end
        return true
      } else {
        try fill()
      }
    }
  }

  /// Gives up the row at hand, and goes on behind its first line feed: an open quote costs its own line alone.
  private mutating func skipLine(_ quotes: Int) throws(SatchelError) -> Bool {
    reason = quotes.isMultiple(of: 2) ? .length : .quoting
    while true {
      if let feed = position(of: UInt8(ascii: "\n"), in: start..<end) {
        start = feed + 1
        line += 1
        return true
      }
      start = end
      if isFileRead { return true }
      try fill()
    }
  }

  private mutating func takeRow(length: Int, quotes: Int) {
    var row = UnsafeRawBufferPointer(rebasing: window[start..<start + length])
    if row.last == UInt8(ascii: "\r") { row = UnsafeRawBufferPointer(rebasing: row.dropLast()) }
    if quotes == 0 {
      split(row)
    } else {
      splitQuoted(row)
    }
  }

  private mutating func split(_ row: UnsafeRawBufferPointer) {
    rowBytes = row
    fieldCount = 0
    var first = 0
    for index in 0..<row.count where row[index] == UInt8(ascii: ",") {
      addField(first..<index)
      first = index + 1
    }
    addField(first..<row.count)
  }

  private mutating func splitQuoted(_ row: UnsafeRawBufferPointer) {
    let quote = UInt8(ascii: "\"")
    let comma = UInt8(ascii: ",")
    fieldCount = 0
    var length = 0
    var index = 0
    while true {
      let first = length
      if index < row.count, row[index] == quote {
        index += 1
        while index < row.count {
          let isQuote = row[index] == quote
          if isQuote, index + 1 == row.count || row[index + 1] != quote { break }
          index += isQuote ? 1 : 0
          unquoted[length] = row[index]
          length += 1
          index += 1
        }
        index += 1
      } else {
        while index < row.count, row[index] != comma, row[index] != quote {
          unquoted[length] = row[index]
          length += 1
          index += 1
        }
      }
      addField(first..<length)
      guard index < row.count else { break }
      guard row[index] == comma else {
        reason = .quoting
        return
      }
      index += 1
    }
    rowBytes = UnsafeRawBufferPointer(rebasing: unquoted[0..<length])
  }

  /// One field more than any header may have is kept, enough to tell that the row is too wide.
  private mutating func addField(_ range: Range<Int>) {
    guard fieldCount < ranges.count else { return }
    ranges[fieldCount] = range
    fieldCount += 1
  }

  /// Moves what is left to the front and reads behind it.
  private mutating func fill() throws(SatchelError) {
    if start > 0, let base = window.baseAddress {
      memmove(base, base + start, end - start)
      end -= start
      start = 0
    }
    let free = UnsafeMutableRawBufferPointer(rebasing: window[end...])
    let count = try file.read(into: free)
    isFileRead = count == 0
    digest.update(UnsafeRawBufferPointer(rebasing: free[0..<count]))
    end += count
  }

  private mutating func skipByteOrderMark() {
    if end >= 3, window[0] == 0xEF, window[1] == 0xBB, window[2] == 0xBF { start = 3 }
  }

  private func position(of byte: UInt8, in range: Range<Int>) -> Int? {
    guard let base = window.baseAddress, !range.isEmpty,
      let found = memchr(base + range.lowerBound, Int32(byte), range.count)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(base)
  }

  private func count(of byte: UInt8, in range: Range<Int>) -> Int {
    guard position(of: byte, in: range) != nil else { return 0 }
    return window[range].count { $0 == byte }
  }
}
