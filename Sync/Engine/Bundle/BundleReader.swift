package import Foundation
package import SatchelCore
package import SatchelWire

/// Walks the frames of a bundle over all its parts, and proves at the end that it is whole and signed.
///
/// Nothing that it gives is proven before ``next()`` gave `nil`: who uses it earlier must be able to undo what it did.
package final class BundleReader {
  package struct Frame: Equatable, Sendable {
    package let kind: BundleWire.Kind
    package let bytes: [UInt8]
    package let place: BundlePlace
  }

  private let bundle: URL
  private var part: BundlePart?
  private var number = 0
  private var digest = SHA256Digest()
  private var frames: UInt64 = 0
  private var lastKind: BundleWire.Kind?
  /// Of part 1; true once ``trailer`` is there.
  package private(set) var head: BundleHead?
  /// Set when the whole bundle was read and proved.
  package private(set) var trailer: BundleTrailer?
  /// Of the parts that were opened.
  package private(set) var byteCount = 0

  package init(_ bundle: URL) { self.bundle = bundle }

  /// The next frame but continuations and the trailer; `nil` at the end of a bundle that is whole and signed.
  ///
  /// - Throws: `file.missing`, `file.unreadable`; `bundle.incomplete` where anything is missing, `bundle.malformed` where anything
  ///   is wrong; `protocol.newer`.
  package func next() throws(SatchelError) -> Frame? {
    while trailer == nil {
      let isNewPart = part.map { $0.remaining == 0 } ?? true
      if isNewPart { try openNextPart() }
      let frame = try readFrame()
      guard isNewPart == (frame.kind == .head || frame.kind == .continuation) else {
        throw isNewPart && number > 1 ? incomplete("part \(number)") : BundleWire.malformed("order")
      }
      switch frame.kind {
      case .head: return try take(head: frame)
      case .continuation: try check(continuation: frame)
      case .trailer: try check(trailer: frame)
      case .batch, .manifest, .piece: return try take(frame)
      }
    }
    return nil
  }

  private func openNextPart() throws(SatchelError) {
    number += 1
    guard number <= BundleWire.partsMax else { throw BundleWire.malformed("parts") }
    let url = BundleParts.url(of: number, bundle)
    guard let opened = try BundlePart(url) else {
      throw number == 1
        ? SatchelError(.fileMissing, subject: url.path) : incomplete("part \(number) is missing")
    }
    part = opened
    byteCount += opened.byteCount
    let magic = BundleWire.magic
    let start = try opened.read(min(magic.count, opened.byteCount)) ?? []
    guard magic.starts(with: start) else {
      throw number == 1 ? BundleWire.malformed("magic") : incomplete("part \(number)")
    }
    guard start.count == magic.count else { throw incomplete("cut") }
    digest.update(start)
  }

  private func readFrame() throws(SatchelError) -> Frame {
    guard let part else { throw incomplete("cut") }
    let place = BundlePlace(part: number, offset: part.offset)
    guard let prefix = try part.read(BundleWire.prefixBytes) else { throw incomplete("cut") }
    let (kind, count) = try BundleWire.prefix(prefix)
    guard let bytes = try part.read(count) else { throw incomplete("cut") }
    if kind != .trailer {
      digest.update(prefix)
      digest.update(bytes)
      frames += 1
    }
    return Frame(kind: kind, bytes: bytes, place: place)
  }

  private func take(head frame: Frame) throws(SatchelError) -> Frame {
    guard number == 1 else { throw incomplete("part \(number) is another bundle") }
    head = try BundleWire.head(in: frame.bytes)
    lastKind = .head
    return frame
  }

  private func check(continuation frame: Frame) throws(SatchelError) {
    let (id, part) = try BundleWire.continuation(in: frame.bytes)
    guard let head, head.id == id, part == number else {
      throw incomplete(number == 1 ? "this is part \(part)" : "part \(number) is another one")
    }
  }

  private func take(_ frame: Frame) throws(SatchelError) -> Frame {
    let isInOrder =
      switch frame.kind {
      case .batch: lastKind == .head || lastKind == .batch
      case .piece: lastKind == .manifest || lastKind == .piece
      default: true
      }
    guard isInOrder else { throw BundleWire.malformed("order") }
    lastKind = frame.kind
    return frame
  }

  private func check(trailer frame: Frame) throws(SatchelError) {
    guard let head, let part else { throw BundleWire.malformed("order") }
    let found = try BundleWire.trailer(in: frame.bytes, of: head.writer)
    guard part.remaining == 0 else { throw BundleWire.malformed("bytes after the end") }
    guard found.frames == frames, found.parts == UInt32(number) else {
      throw incomplete("\(frames) of \(found.frames) frames")
    }
    guard found.sha256 == digest.bytes else { throw BundleWire.malformed("hash") }
    trailer = found
  }

  private func incomplete(_ what: String) -> SatchelError {
    SatchelError(.bundleIncomplete, subject: bundle.path, cause: what)
  }
}

/// Where a frame begins.
package struct BundlePlace: Hashable, Sendable {
  package let part: Int
  package let offset: Int
}

extension BundleReader {
  /// The pieces from `place` on, up to the first frame that is none, handed to `sink` one by one.
  ///
  /// Nothing of them is proven: whoever takes them checks the hash that the signed manifest names.
  static func pieces(
    of bundle: URL, from place: BundlePlace, _ sink: ([UInt8]) throws -> Void
  ) throws {
    var number = place.part
    guard var part = try BundlePart(BundleParts.url(of: number, bundle)) else {
      throw SatchelError(.bundleIncomplete, subject: bundle.path)
    }
    try part.seek(to: place.offset)
    while true {
      if part.remaining == 0 {
        number += 1
        guard let next = try BundlePart(BundleParts.url(of: number, bundle)) else { return }
        part = next
        _ = try part.read(BundleWire.magic.count)
      }
      guard let prefix = try part.read(BundleWire.prefixBytes) else { return }
      let (kind, count) = try BundleWire.prefix(prefix)
      guard kind == .piece || kind == .continuation, let bytes = try part.read(count) else {
        return
      }
      if kind == .piece { try sink(bytes) }
    }
  }
}
