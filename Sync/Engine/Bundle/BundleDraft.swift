package import Foundation
internal import Glibc
package import SatchelCore
internal import SatchelWire

/// A bundle while it is written: under names that end in `.partial`, until all of it is on the stick.
///
/// ``finish(_:)`` flushes every part and the folder, and only then gives the parts their names, part 1 last. Until
/// then a bundle of that name is as it was. A draft that is not finished takes its files with it.
package final class BundleDraft {
  private let bundle: URL
  private let id: [UInt8]
  private let partBytesMax: Int
  private var descriptors: [Int32] = []
  private var partBytes = 0
  private var opening = 0
  private var digest = SHA256Digest()
  private var frames: UInt64 = 0
  package private(set) var byteCount = 0
  private var isFinished = false

  /// - Parameter partBytesMax: the most bytes of one part; a part holds at least one frame, whatever it says.
  /// - Throws: `file.cannotCreate` also when there is a file of that name that is no bundle; `store.full`, `store.busy`
  ///   when somebody writes that very bundle just now.
  package init(_ bundle: URL, id: [UInt8], partBytesMax: Int) throws(SatchelError) {
    self.bundle = bundle
    self.id = id
    // Room for a trailer, which never starts a part of its own.
    self.partBytesMax = max(0, partBytesMax) - BundleWire.Kind.trailer.bytesMax
    try Self.refuseForeign(bundle)
    try openPart()
  }

  deinit {
    if !isFinished {
      for part in descriptors.indices { unlink(BundleParts.draft(of: part + 1, bundle).path) }
    }
    for descriptor in descriptors { close(descriptor) }
  }

  /// Appends one frame, in a new part where this one has no room.
  package func write(_ frame: [UInt8]) throws(SatchelError) {
    if partBytes > opening, partBytes + frame.count > partBytesMax {
      try openPart()
      try append(try BundleWire.encodeContinuation(of: id, part: descriptors.count))
      opening = partBytes
    }
    try append(frame)
    if frames == 1 { opening = partBytes }
  }

  /// Writes the trailer that `seal` makes of hash, frames and parts, and gives the bundle its name.
  package func finish(
    _ seal: (_ sha256: [UInt8], _ frames: UInt64, _ parts: UInt32) throws(SatchelError) -> [UInt8]
  ) throws(SatchelError) {
    let frame = try seal(digest.bytes, frames, UInt32(descriptors.count))
    try put(frame)
    for (index, descriptor) in descriptors.enumerated() {
      guard fsync(descriptor) == 0 else {
        throw BundleParts.failure(BundleParts.draft(of: index + 1, bundle))
      }
    }
    try publish()
  }

  private func append(_ frame: [UInt8]) throws(SatchelError) {
    digest.update(frame)
    frames += 1
    try put(frame)
  }

  private func put(_ bytes: [UInt8]) throws(SatchelError) {
    guard let descriptor = descriptors.last else { return }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { raw in
        Glibc.write(descriptor, raw.baseAddress.map { $0 + written }, raw.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw BundleParts.failure(BundleParts.draft(of: descriptors.count, bundle))
      }
      written += count
    }
    partBytes += bytes.count
    byteCount += bytes.count
  }

  private func openPart() throws(SatchelError) {
    guard descriptors.count < BundleWire.partsMax else {
      throw SatchelError(.inputTooLarge, subject: bundle.path, cause: "parts")
    }
    let url = BundleParts.draft(of: descriptors.count + 1, bundle)
    let descriptor = open(url.path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw BundleParts.failure(url) }
    // Held until the draft goes: what a killed writer left is written over, what a living one writes is not.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      close(descriptor)
      throw BundleParts.failure(url, number)
    }
    descriptors.append(descriptor)
    guard ftruncate(descriptor, 0) == 0 else { throw BundleParts.failure(url) }
    partBytes = 0
    digest.update(BundleWire.magic)
    try put(BundleWire.magic)
    opening = partBytes
  }

  // MARK: Names

  private func publish() throws(SatchelError) {
    for part in 1...descriptors.count {
      try Self.refuseForeign(BundleParts.url(of: part, bundle))
    }
    // Drafts and names must be on the stick before the last rename makes them the bundle.
    try flushFolder()
    for part in (1...descriptors.count).reversed() {
      let (from, to) = (BundleParts.draft(of: part, bundle), BundleParts.url(of: part, bundle))
      guard rename(from.path, to.path) == 0 else { throw BundleParts.failure(to) }
    }
    isFinished = true
    removeLeftovers()
    try flushFolder()
  }

  /// Parts of a longer bundle that had this name, and drafts of a killed one. That they go is tidy, not needed: the trailer
  /// says how many parts count.
  private func removeLeftovers() {
    var part = descriptors.count + 1
    while unlink(BundleParts.draft(of: part, bundle).path) == 0 { part += 1 }
    part = descriptors.count + 1
    while Self.isBundle(BundleParts.url(of: part, bundle)) {
      guard unlink(BundleParts.url(of: part, bundle).path) == 0 else { return }
      part += 1
    }
  }

  private func flushFolder() throws(SatchelError) {
    let folder = bundle.deletingLastPathComponent()
    let descriptor = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw BundleParts.failure(folder) }
    defer { close(descriptor) }
    // Some file systems of other makers cannot flush a folder and say EINVAL; all that can be done was then done.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw BundleParts.failure(folder) }
  }

  /// A file of that name which is no bundle, such as the store itself, is somebody's and is not written over.
  private static func refuseForeign(_ url: URL) throws(SatchelError) {
    guard access(url.path, F_OK) == 0, !isBundle(url) else { return }
    throw SatchelError(
      .cannotCreate, subject: url.path, cause: "there is a file of that name that is no bundle")
  }

  private static func isBundle(_ url: URL) -> Bool {
    guard let part = try? BundlePart(url) else { return false }
    return part.byteCount == 0 || (try? part.read(BundleWire.magic.count)) == BundleWire.magic
  }
}
