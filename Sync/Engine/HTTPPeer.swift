package import SatchelCore
package import SatchelTransport
package import SatchelWire
internal import Synchronization

/// A hub over HTTP.
package final class HTTPPeer: Peer {
  private let client: HTTPClient
  private let base: String
  private let key: Mutex<SigningKey>
  private let counted = Mutex(Traffic())

  /// - Parameters:
  ///   - url: of the hub, such as `http://127.0.0.1:8090`; a trailing slash is dropped.
  ///   - key: what requests are signed with.
  package init(url: String, key: SigningKey, client: HTTPClient) {
    base = url.hasSuffix("/") ? String(url.dropLast()) : url
    self.key = Mutex(key)
    self.client = client
  }

  package var traffic: Traffic { counted.withLock { $0 } }

  /// Signs from now on with `key`, after the replica took a new identity.
  package func renew(_ key: SigningKey) { self.key.withLock { $0 = key } }

  package func exchange(_ request: SyncRequest) async throws(SatchelError) -> SyncReply {
    let (body, digest) = try Wire.encode(request, signedBy: key.withLock { $0 })
    let start = ContinuousClock.now
    let reply = try await client.send(
      HTTPRequest(.post, url: base + "/v1/sync", body: body, bodyBytesMax: Wire.bodyBytesMax))
    count(reply, since: start)
    guard reply.status == 200 else { throw Self.failure(reply) }
    do {
      return try Wire.decodeReply(reply.body, to: digest)
    } catch {
      guard !reply.hasEnd, Wire.isBeginning(reply.body) else { throw error }
      throw SatchelError(.hubUnreachable, cause: "the reply was cut")
    }
  }

  package func manifest(_ kind: Manifest.Kind, channel: String, known: String?)
    async throws(SatchelError) -> [UInt8]?
  {
    var headers = HTTPHeaders()
    let start = ContinuousClock.now
    if let known { headers.append("If-None-Match", known) }
    let reply = try await client.send(
      HTTPRequest(
        .get, url: "\(base)/v1/\(kind.rawValue)s/\(channel)", headers: headers,
        bodyBytesMax: Manifest.bytesMax))
    count(reply, since: start)
    switch reply.status {
    case 200 where !reply.isPage: return reply.body
    case 304: return nil
    case 404 where Wire.decodeFailure(reply.body) != nil: return nil
    default: throw Self.failure(reply)
    }
  }

  package func blob(
    sha256 digest: [UInt8], from offset: Int64, bytesMax: Int,
    into sink: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws(SatchelError) {
    let request = HTTPRequest(
      .get, url: "\(base)/v1/blobs/\(Hex.encode(digest))", resumeFrom: offset > 0 ? offset : nil,
      bodyBytesMax: bytesMax)
    let start = ContinuousClock.now
    let reply = try await client.download(request, into: sink)
    count(reply, since: start)
    // A server without ranges answers 200; the client has then dropped what was here already.
    guard reply.status == 200 || reply.status == 206, !reply.isPage else {
      throw Self.failure(reply)
    }
  }

  private func count(_ reply: HTTPReply, since start: ContinuousClock.Instant) {
    counted.withLock {
      $0.elapsed += .now - start
      $0.requests += 1
      $0.bytesSent += reply.bytesSent
      $0.bytesReceived += reply.bytesReceived
    }
  }

  /// A hub says why in its own form; whatever else answers is a portal, a proxy or a server that is no hub.
  private static func failure(_ reply: HTTPReply) -> SatchelError {
    if let failure = Wire.decodeFailure(reply.body) {
      // A hub's full disk is not this device's: what is to be done about it is another's business, and waiting helps.
      return failure.code.rawValue.hasPrefix("store.")
        ? SatchelError(.hubFailed, cause: failure.code.rawValue)
        : SatchelError(failure.code, subject: failure.subject)
    }
    // 511 (RFC 6585, 6) is a portal that says so.
    let code: SatchelError.Code =
      reply.status >= 500 && reply.status != 511 ? .hubFailed : .hubNotAHub
    return SatchelError(code, cause: "HTTP \(reply.status)")
  }
}
