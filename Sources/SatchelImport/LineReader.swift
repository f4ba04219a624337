package import SatchelCore

/// Where lines come from, block after block.
package protocol LineSource {
  /// Fills `buffer` from its start, as far as there are bytes; 0 means the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SatchelError) -> Int
}

extension DataFile: LineSource {}

/// Hands out lines in constant memory, whatever the size of the whole.
///
/// A line ends with LF or CR LF; the last may end with the file. A byte order mark before the first is passed over.
package struct LineReader: ~Copyable {
  private static let blockBytes = 256 << 10

  private let source: any LineSource
  private let subject: String
  private let lineBytesMax: Int
  private let window: UnsafeMutableRawBufferPointer
  /// `window[start..<end]` is read and not yet handed on.
  private var start = 0
  private var end = 0
  private var isRead = false
  /// Of the line handed out last, from 1.
  package private(set) var number = 0

  /// - Parameters:
  ///   - subject: what errors say that they happened to; a line's number is put behind it.
  ///   - lineBytesMax: a longer line is refused; no more memory than this and a block is used.
  package init(_ source: some LineSource, subject: String, lineBytesMax: Int) {
    self.source = source
    self.subject = subject
    self.lineBytesMax = lineBytesMax
    window = .allocate(byteCount: lineBytesMax + 2 + Self.blockBytes, alignment: 16)
  }

  deinit { window.deallocate() }

  /// What errors say of the line handed out last.
  package var place: String { "\(subject):\(number)" }

  /// Calls `line` with the bytes of the next line, without its end; they are valid during the call alone.
  ///
  /// - Returns: `nil` when there are no more.
  /// - Throws: `input.tooLarge` for a line that is too long; whatever source and `line` throw.
  package mutating func next<Value>(
    _ line: (UnsafeRawBufferPointer) throws -> Value
  ) throws -> Value? {
    guard let range = try nextRange() else { return nil }
    number += 1
    guard range.count <= lineBytesMax else {
      throw SatchelError(
        .inputTooLarge, subject: place, cause: "a line of more than \(lineBytesMax) bytes")
    }
    return try line(UnsafeRawBufferPointer(rebasing: window[range]))
  }

  private mutating func nextRange() throws(SatchelError) -> Range<Int>? {
    var searched = start
    while true {
      if let feed = window[searched..<end].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = feed + 1 }
        return trimmed(start..<feed)
      }
      searched = end
      // A line that fills all but a block is too long, and its bytes are enough to say so.
      guard !isRead, end - start <= lineBytesMax + 2 else {
        defer { start = end }
        return start < end ? trimmed(start..<end) : nil
      }
      searched -= start
      try fill()
    }
  }

  /// Moves what is left to the front and reads a block behind it.
  private mutating func fill() throws(SatchelError) {
    if start > 0 {
      window.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[start..<end]))
      end -= start
      start = 0
    }
    let isFirst = number == 0 && end == 0
    let rest = UnsafeMutableRawBufferPointer(rebasing: window[end...])
    let count = try source.read(into: rest)
    isRead = count == 0
    end += count
    if isFirst, window[..<end].starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    guard let last = range.last, window[last] == UInt8(ascii: "\r") else { return range }
    return range.lowerBound..<last
  }
}
