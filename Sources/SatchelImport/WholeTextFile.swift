import Glibc
package import SatchelCore

/// Writes a text of any length: the file stands under its name only once ``finish()`` returned, and then whole and on
/// disk; a writer that is dropped before leaves nothing. Not for two tasks at once.
package final class WholeTextFile {
  private static let flushBytes = 64 << 10

  private let path: String
  private let partPath: String
  private var handle: UnsafeMutablePointer<FILE>?
  private var buffer: [UInt8] = []

  /// - Throws: `file.cannotCreate`.
  package init(path: String) throws(SatchelError) {
    self.path = path
    partPath = "\(path).part"
    handle = fopen(partPath, "wb")
    if handle == nil { throw Self.failure(.cannotCreate, path) }
  }

  deinit {
    guard let handle else { return }
    // Nobody was promised this file, so whether removing it succeeds changes nothing.
    fclose(handle)
    unlink(partPath)
  }

  /// - Throws: `store.full` or `store.failed`.
  package func append(_ text: String) throws(SatchelError) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.flushBytes { try flush() }
  }

  /// Writes what is left, and gives the file its name.
  package func finish() throws(SatchelError) {
    try flush()
    guard let open = handle else { return }
    guard fflush(open) == 0, fsync(fileno(open)) == 0 else { throw Self.diskFailure(path) }
    handle = nil
    guard fclose(open) == 0, rename(partPath, path) == 0 else {
      let failure = Self.diskFailure(path)
      unlink(partPath)
      throw failure
    }
  }

  private func flush() throws(SatchelError) {
    guard let handle else { return }
    guard fwrite(buffer, 1, buffer.count, handle) == buffer.count else {
      throw Self.diskFailure(path)
    }
    buffer.removeAll(keepingCapacity: true)
  }

  static func diskFailure(_ path: String) -> SatchelError {
    failure(errno == ENOSPC ? .storeFull : .storeFailed, path)
  }

  static func failure(_ code: SatchelError.Code, _ path: String) -> SatchelError {
    SatchelError(code, subject: path, cause: String(cString: strerror(errno)))
  }
}
