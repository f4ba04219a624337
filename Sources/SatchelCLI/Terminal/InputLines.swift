import Foundation
import Satchel

/// The lines of a descriptor, one by one, in memory for the longest of them.
struct InputLines {
  private static let blockBytes = 256 << 10

  private let descriptor: Int32
  private let lineBytesMax: Int
  private var buffer: [UInt8] = []
  /// What is read and not handed on: `buffer[start...]`.
  private var start = 0
  private var isAtEnd = false
  private var number = 0

  /// - Parameter lineBytesMax: a longer line is refused.
  init(descriptor: Int32, lineBytesMax: Int) {
    self.descriptor = descriptor
    self.lineBytesMax = lineBytesMax
  }

  /// The next line that is not blank, without its end, and its number from 1; `nil` at the end.
  ///
  /// - Throws: `input.tooLarge` naming the line, or `file.unreadable`.
  mutating func next() throws(SatchelError) -> (bytes: ArraySlice<UInt8>, number: Int)? {
    var scanned = start
    while true {
      if let feed = buffer[scanned...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = buffer[start..<feed]
        start = feed + 1
        scanned = start
        number += 1
        if let text = Self.text(of: line) { return (text, number) }
      } else if isAtEnd {
        let line = buffer[start...]
        start = buffer.count
        number += 1
        return Self.text(of: line).map { ($0, number) }
      } else {
        guard buffer.count - start <= lineBytesMax else {
          throw SatchelError(.inputTooLarge, subject: "line \(number + 1)")
        }
        scanned = buffer.count - start
        try fill()
      }
    }
  }

  /// `nil` where there is nothing but blanks.
  private static func text(of line: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    line.contains { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") && $0 != 13 } ? line : nil
  }

  private mutating func fill() throws(SatchelError) {
    buffer.removeFirst(start)
    start = 0
    let kept = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: Self.blockBytes))
    let descriptor = descriptor
    var count = -1
    repeat {
      count = buffer.withUnsafeMutableBytes { raw in
        read(descriptor, raw.baseAddress.map { $0 + kept }, Self.blockBytes)
      }
    } while count < 0 && errno == EINTR
    buffer.removeLast(Self.blockBytes - max(0, count))
    guard count >= 0 else {
      throw SatchelError(
        .fileUnreadable, subject: "stdin", cause: String(cString: strerror(errno)))
    }
    isAtEnd = count == 0
  }
}
