import Glibc
import SatchelCore

/// Where the bytes of a pack come from: a file, or memory.
protocol PackSource {
  var remaining: Int { get }
  /// The next `count` bytes; `nil` where there are fewer, found out before memory is asked for.
  mutating func take(_ count: Int) throws(SatchelError) -> [UInt8]?
}

struct MemorySource: PackSource {
  private var reader: ByteReader

  init(_ bytes: [UInt8]) { reader = ByteReader(bytes) }

  var remaining: Int { reader.remaining }

  mutating func take(_ count: Int) -> [UInt8]? { reader.take(count).map(Array.init) }
}

/// A regular file, read from its start in pieces as they are asked for.
struct FileSource: PackSource {
  private let file: OpenFile
  private(set) var remaining: Int

  init(path: String) throws(SatchelError) {
    file = try OpenFile(path: path)
    remaining = try FileFacts.requireRegular(path)
  }

  mutating func take(_ count: Int) throws(SatchelError) -> [UInt8]? {
    guard count >= 0, count <= remaining else { return nil }
    let bytes = try file.read(count)
    remaining -= bytes.count
    return bytes.count == count ? bytes : nil
  }
}

/// Owns a stdio handle.
private final class OpenFile {
  private let handle: UnsafeMutablePointer<FILE>
  private let path: String

  init(path: String) throws(SatchelError) {
    // Asked first: to open a pipe would wait for whoever writes into it.
    try FileFacts.requireRegular(path)
    guard let handle = fopen(path, "rb") else {
      throw SatchelError(.fileUnreadable, subject: path, cause: String(cString: strerror(errno)))
    }
    self.handle = handle
    self.path = path
  }

  deinit { fclose(handle) }

  /// Fewer than `count` bytes only where the file ends.
  func read(_ count: Int) throws(SatchelError) -> [UInt8] {
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = fread(buffer.baseAddress, 1, count, handle)
    }
    guard ferror(handle) == 0 else {
      throw SatchelError(.fileUnreadable, subject: path, cause: String(cString: strerror(errno)))
    }
    return bytes
  }
}
