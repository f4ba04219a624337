package import Foundation
internal import Glibc
package import SatchelCore

/// A file that only its owner may read, written whole and flushed before it has its name.
package enum PrivateFile {
  /// Makes `url` with `bytes`; throws `file.cannotCreate` if it exists or cannot be made.
  package static func create(_ url: URL, bytes: [UInt8]) throws(SatchelError) {
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure(url) }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { raw in
        write(descriptor, raw.baseAddress.map { $0 + written }, raw.count - written)
      }
      guard count > 0 else { throw failure(url) }
      written += count
    }
    guard fsync(descriptor) == 0 else { throw failure(url) }
    try flushFolder(of: url)
  }

  /// Makes a new name in a folder survive a power cut.
  package static func flushFolder(of url: URL) throws(SatchelError) {
    let folder = open(url.deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw failure(url) }
    defer { close(folder) }
    guard fsync(folder) == 0 else { throw failure(url) }
  }

  private static func failure(_ url: URL) -> SatchelError {
    SatchelError(.cannotCreate, subject: url.path, cause: String(cString: strerror(errno)))
  }
}
