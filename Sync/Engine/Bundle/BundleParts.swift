package import Foundation
internal import Glibc
internal import SatchelCore
internal import SatchelWire

/// The files that a bundle lies in: `FILE`, `FILE.2`, `FILE.3` ..., plain files without links, as FAT32 wants them.
package enum BundleParts {
  package static func url(of part: Int, _ bundle: URL) -> URL {
    part == 1 ? bundle : URL(fileURLWithPath: "\(bundle.path).\(part)")
  }

  static func draft(of part: Int, _ bundle: URL) -> URL {
    URL(fileURLWithPath: url(of: part, bundle).path + ".partial")
  }

  /// What the file system said, as a Satchel error.
  static func failure(_ url: URL, _ number: Int32 = errno) -> SatchelError {
    let code: SatchelError.Code =
      switch number {
      case ENOSPC, EDQUOT, EFBIG: .storeFull
      case EIO: .storeFailed
      case EROFS, EACCES, EPERM: .storeReadOnly
      case EWOULDBLOCK: .storeBusy
      default: .cannotCreate
      }
    return SatchelError(code, subject: url.path, cause: String(cString: strerror(number)))
  }
}

/// One part while it is read: a regular file, through a block of memory that does not grow with it.
final class BundlePart {
  private static let blockBytes = 256 << 10

  private let url: URL
  private let descriptor: Int32
  private var block: [UInt8] = []
  private var blockOffset = 0
  /// Bytes of the file that were not handed out yet.
  private(set) var remaining: Int
  let byteCount: Int

  /// `nil` when there is no such file.
  /// - Throws: `file.unreadable` also for what is no regular file, such as a pipe that would never end.
  init?(_ url: URL) throws(SatchelError) {
    self.url = url
    descriptor = open(url.path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    if descriptor < 0 {
      remaining = 0
      byteCount = 0
      if errno == ENOENT { return nil }
      throw Self.unreadable(url)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      remaining = 0
      byteCount = 0
      throw SatchelError(.fileUnreadable, subject: url.path, cause: "not a plain file")
    }
    byteCount = Int(status.st_size)
    remaining = byteCount
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  var offset: Int { byteCount - remaining }

  /// The next `count` bytes; `nil` where the file has fewer, then or by now.
  func read(_ count: Int) throws(SatchelError) -> [UInt8]? {
    guard count <= remaining else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(count)
    while out.count < count {
      if blockOffset == block.count {
        try refill()
        if block.isEmpty { return nil }
      }
      let taken = min(count - out.count, block.count - blockOffset)
      out += block[blockOffset..<blockOffset + taken]
      blockOffset += taken
    }
    remaining -= count
    return out
  }

  /// Goes to `offset`, which an earlier reading gave.
  func seek(to offset: Int) throws(SatchelError) {
    guard (0...byteCount).contains(offset), lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else {
      throw Self.unreadable(url)
    }
    (block, blockOffset, remaining) = ([], 0, byteCount - offset)
  }

  private func refill() throws(SatchelError) {
    if block.count != Self.blockBytes { block = [UInt8](repeating: 0, count: Self.blockBytes) }
    var count: Int
    repeat {
      count = Glibc.read(descriptor, &block, Self.blockBytes)
    } while count < 0
      && errno == EINTR
    guard count >= 0 else { throw Self.unreadable(url) }
    block.removeLast(Self.blockBytes - count)
    blockOffset = 0
  }

  private static func unreadable(_ url: URL) -> SatchelError {
    SatchelError(.fileUnreadable, subject: url.path, cause: String(cString: strerror(errno)))
  }
}
