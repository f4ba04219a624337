import Foundation
import Synchronization

/// Standard output: in blocks, because a line at a time to a pipe costs a system call each.
final class Output: Sendable {
  static let standard = Output()
  private static let blockBytes = 64 << 10

  private let buffer = Mutex<[UInt8]>([])

  func line(_ text: String) { line(text.utf8) }

  /// - Parameter bytes: UTF-8 without a line feed.
  func line(_ bytes: some Sequence<UInt8>) {
    let isFull = buffer.withLock { buffer in
      buffer.append(contentsOf: bytes)
      buffer.append(UInt8(ascii: "\n"))
      return buffer.count >= Self.blockBytes
    }
    if isFull { flush() }
  }

  /// A line that must be out when this returns, such as the id of a record that is safe.
  func lineAtOnce(_ text: String) {
    line(text)
    flush()
  }

  func flush() {
    let bytes = buffer.withLock { buffer in
      defer { buffer.removeAll(keepingCapacity: true) }
      return buffer
    }
    guard !bytes.isEmpty, let failure = Descriptor.write(bytes, to: STDOUT_FILENO) else { return }
    // A reader that has seen enough, such as `head`, is no error.
    if failure == EPIPE { Program.leave(0) }
    Messages.line("satchel: stdout: \(String(cString: strerror(failure)))")
    Program.leave(74)
  }
}

/// Standard error: what is not the answer.
enum Messages {
  static func line(_ text: String) { write(text + "\n") }

  /// A failure to complain is not complained about: there is nowhere left to say it.
  static func write(_ text: String) { _ = Descriptor.write(Array(text.utf8), to: STDERR_FILENO) }
}

private enum Descriptor {
  /// Writes all of it; the system's error number where that fails.
  static func write(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { raw in
        Foundation.write(descriptor, raw.baseAddress.map { $0 + written }, raw.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return errno }
      written += count
    }
    return nil
  }
}
