internal import Hummingbird
internal import SatchelCore
internal import SatchelStore
internal import SatchelSync

/// What a hub has published: manifests by channel, and the bytes that they name.
///
/// Each request reads the store, which another process may have published into a moment ago.
struct Releases: Sendable {
  /// What is written at once.
  private static let chunkBytes = 64 << 10
  /// What is read at once: SQLite finds a place in a blob by walking to it, so few long steps beat many short ones.
  private static let sliceBytes = 1 << 20

  let store: Store
  let threads: StoreThreads

  /// The signed manifest of the newest version, or 304 when the client has that one.
  func manifest(_ kind: Manifest.Kind, channel: String, _ request: Request) async throws -> Response
  {
    let signed = try await threads.read { [store] in
      guard let bytes = try store.publishedManifest(kind, channel: channel) else {
        throw SatchelError(.modelUnknown, subject: String(channel.prefix(64)))
      }
      return try SignedManifest(bytes: bytes)
    }
    let tag = Refresh.entityTag(kind, channel: channel, version: signed.manifest.version)
    let headers: HTTPFields = [.eTag: tag]
    if Self.names(request.headers[.ifNoneMatch], tag) {
      return Response(status: .notModified, headers: headers)
    }
    return Response(
      status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: signed.encoded)))
  }

  /// The bytes with that SHA-256, or the rest of them.
  func blob(_ name: String, _ request: Request) async throws -> Response {
    guard let digest = Hex.decode(name), digest.count == 32,
      let total = try await threads.read({ [store] in try store.blobByteCount(sha256: digest) })
    else { throw SatchelError(.fileMissing, subject: String(name.prefix(64))) }
    let tag = "\"\(Hex.encode(digest))\""
    var headers: HTTPFields = [.eTag: tag, .acceptRanges: "bytes"]
    if Self.names(request.headers[.ifNoneMatch], tag) {
      return Response(status: .notModified, headers: headers)
    }
    guard let range = ByteRange(request, tag: tag) else {
      return Response(status: .ok, headers: headers, body: body(digest, 0..<total))
    }
    guard let part = range.clamped(to: total) else {
      headers[.contentRange] = "bytes */\(total)"
      return Response(status: .rangeNotSatisfiable, headers: headers)
    }
    headers[.contentRange] = "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(total)"
    return Response(status: .partialContent, headers: headers, body: body(digest, part))
  }

  /// A slice at a time, the next when the last was taken: memory does not grow with the blob.
  private func body(_ digest: [UInt8], _ range: Range<Int>) -> ResponseBody {
    ResponseBody(contentLength: range.count) { [store, threads] writer in
      var offset = range.lowerBound
      while offset < range.upperBound {
        let (from, count) = (offset, min(Self.sliceBytes, range.upperBound - offset))
        let slice = try await threads.read {
          try store.blob(sha256: digest, from: from, count: count)
        }
        guard slice.count == count else { throw SatchelError(.storeDamaged, subject: "blob") }
        for start in stride(from: 0, to: count, by: Self.chunkBytes) {
          let chunk = slice[start..<min(start + Self.chunkBytes, count)]
          try await writer.write(ByteBuffer(bytes: chunk))
        }
        offset += count
      }
      try await writer.finish(nil)
    }
  }

  /// Whether the list of entity tags in a header names `tag` (RFC 9110, 13.1.2).
  private static func names(_ header: String?, _ tag: String) -> Bool {
    guard let header else { return false }
    return header.split(separator: ",").contains {
      let one = $0.drop(while: \.isWhitespace)
      let strong = one.hasPrefix("W/") ? one.dropFirst(2) : one
      return strong.prefix(while: { !$0.isWhitespace }) == tag || strong == "*"
    }
  }
}

/// `Range: bytes=N-` or `bytes=N-M`. Any other form is answered with the whole, as RFC 9110, 14.2 allows.
private struct ByteRange {
  let first: Int
  let last: Int

  init?(_ request: Request, tag: String) {
    guard let header = request.headers[.range], header.hasPrefix("bytes=") else { return nil }
    if let condition = request.headers[.ifRange], condition != tag { return nil }
    let ends = header.dropFirst("bytes=".count)
      .split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2, let first = Int(ends[0]), first >= 0 else { return nil }
    guard let last = ends[1].isEmpty ? Int.max : Int(ends[1]), last >= first else { return nil }
    self.first = first
    self.last = last
  }

  func clamped(to total: Int) -> Range<Int>? {
    first < total ? first..<(min(last, total - 1) + 1) : nil
  }
}
