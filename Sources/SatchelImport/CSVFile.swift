import Glibc
import SatchelCore

/// Reads a comma-separated file row by row in constant memory (RFC 4180; also LF line ends and a byte order mark).
///
/// A row is handed on as the bytes of its fields, which are valid during the call alone. What is no row, such as one with
/// an open quote, is counted as bad and the reading goes on with the next line.
struct CSVFile {
  /// The longest row, quoted line feeds among it.
  static let rowBytesMax = 64 << 10
  static let columnsMax = 256
  /// A file with more bad rows than this is of another kind.
  static let badRowsMax = 1_000_000
  static let defaultOutputBytesMax: Int64 = 64 << 30

  let path: String
  let outputBytesMax: Int64

  init(path: String, outputBytesMax: Int64 = Self.defaultOutputBytesMax) throws(SatchelError) {
    self.path = path
    self.outputBytesMax = outputBytesMax
    try FileFacts.requireRegular(path)
  }

  /// SHA-256 of all bytes, inflated.
  func contentDigest() throws(SatchelError) -> [UInt8] {
    let file = try DataFile(path: path, outputBytesMax: outputBytesMax)
    var digest = SHA256Digest()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count = try file.read(into: buffer)
      guard count > 0 else { return digest.bytes }
      digest.update(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
    }
  }

  /// The names of the columns.
  ///
  /// - Throws: `file.malformed` where there is no header, and whatever ``DataFile`` throws.
  func header() throws(SatchelError) -> [String] {
    var rows = try CSVRows(file: DataFile(path: path, outputBytesMax: outputBytesMax), path: path)
    return try rows.header()
  }

  /// Calls `row` for each row after the header, with the fields of `columns` in their order.
  ///
  /// - Parameters:
  ///   - columns: the names to look for in the header; those in `optional` may be missing, and are then always empty.
  ///   - row: the fields and the line that the row begins on (the header's is 1); gives the reason where the row is bad.
  /// - Throws: `file.malformed` without a header that names the columns, whatever ``DataFile`` throws, and what `row` throws.
  func read(
    columns: [String], optional: Set<String> = [],
    _ row: (_ fields: CSVFields, _ line: Int) throws -> BadRow.Reason?
  ) throws -> CSVSummary {
    var rows = try CSVRows(file: DataFile(path: path, outputBytesMax: outputBytesMax), path: path)
    let header = try rows.header()
    let places = try place(columns, optional: optional, in: header)
    while let line = try rows.next(width: header.count) {
      guard let reason = try rows.reason ?? row(rows.fields(places), line) else {
        rows.summary.rows += 1
        continue
      }
      try rows.refuse(line: line, reason: reason)
    }
    return rows.finished()
  }

  private func place(
    _ columns: [String], optional: Set<String>, in header: [String]
  ) throws(SatchelError) -> [Int?] {
    for (index, name) in header.enumerated() where header[..<index].contains(name) {
      throw SatchelError(.fileMalformed, subject: path, cause: "a column stands twice")
    }
    var places: [Int?] = []
    for column in columns {
      let place = header.firstIndex(of: column)
      if place == nil, !optional.contains(column) {
        throw SatchelError(.fileMalformed, subject: path, cause: "no column named \(column)")
      }
      places.append(place)
    }
    return places
  }
}

/// A row that was left out.
package struct BadRow: Hashable, Sendable {
  /// The line that it begins on; the header's is 1.
  package let line: Int
  package let reason: Reason

  package enum Reason: String, CaseIterable, Sendable {
    /// More or fewer fields than the header.
    case fieldCount = "number of fields"
    /// A quote that stands alone, or is never closed.
    case quoting
    /// Longer than 64 KiB.
    case length
    case learner, item, skill, correct, fold
    case timestamp = "timestamp_ms"
    case duration = "duration_ms"
    // Of a log of reviews.
    case card, rating, time, elapsed
  }
}

/// What a reading came to.
struct CSVSummary {
  var rows = 0
  var badRowCount = 0
  /// The first thousand.
  var badRows: [BadRow] = []
  var digest: [UInt8] = []
}

/// The fields of one row, in the order in which the columns were asked for.
struct CSVFields {
  let bytes: UnsafeRawBufferPointer
  let ranges: UnsafeBufferPointer<Range<Int>>
  let places: [Int?]

  /// Empty for a column that the file does not have.
  subscript(index: Int) -> UnsafeRawBufferPointer {
    guard let place = places[index] else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(rebasing: bytes[ranges[place]])
  }
}
