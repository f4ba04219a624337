package import SatchelCore
package import SatchelTransport
package import SatchelWire
internal import Synchronization

/// A hub over HTTP.
package final class HTTPPeer: Peer {
  private let client: HTTPClient
  private let base: String
  private let signer: Mutex<Signer>
  private let last: LastRequest
  private let counted = Mutex(Traffic())
  private let met = Mutex<PublicKey?>(nil)

  /// Who asks, and how it proves to be whom the hub may know under another key.
  private struct Signer {
    var key: SigningKey
    var credentials: Credentials?
    /// Whether the next request carries them.
    var presents: Bool

    init(_ key: SigningKey, _ credentials: Credentials?, presents: Bool) {
      self.key = key
      self.credentials = credentials.flatMap { $0.saySomething ? $0 : nil }
      self.presents = presents
    }
  }

  /// - Parameters:
  ///   - url: of the hub, such as `http://127.0.0.1:8090`; a trailing slash is dropped.
  ///   - key: what requests are signed with.
  ///   - credentials: what to show a hub that does not know `key`.
  ///   - presentsAtOnce: shows them with the first request: a hub that takes strangers would else never learn that this one
  ///     is the successor of a device that it knows.
  ///   - last: what was asked in the round before, on the same line.
  package init(
    url: String, key: SigningKey, client: HTTPClient, credentials: Credentials? = nil,
    presentsAtOnce: Bool = false, last: LastRequest = LastRequest()
  ) {
    base = url.hasSuffix("/") ? String(url.dropLast()) : url
    self.client = client
    self.last = last
    signer = Mutex(Signer(key, credentials, presents: presentsAtOnce))
  }

  package var traffic: Traffic { counted.withLock { $0 } }

  /// Whose reply came last; `nil` before the first.
  package var hubKey: PublicKey? { met.withLock { $0 } }

  /// Signs from now on with `key`, after the replica took a new identity, and shows at once whose successor it is.
  package func renew(_ key: SigningKey, credentials: Credentials? = nil) {
    signer.withLock { $0 = Signer(key, credentials, presents: true) }
  }

  package func exchange(_ request: SyncRequest) async throws(SatchelError) -> SyncReply {
    let now = signer.withLock { $0 }
    let asked = try last.signed(request, by: now.key)
    guard let credentials = now.credentials else { return try await exchange(asked, showing: nil) }
    if now.presents { return try await exchange(asked, showing: credentials) }
    do {
      return try await exchange(asked, showing: nil)
    } catch  where error.code == .deviceUnknown {
      // Once: a hub that has seen them and still says so means it.
      return try await exchange(asked, showing: credentials)
    }
  }

  private func exchange(
    _ asked: (bytes: [UInt8], digest: Wire.RequestDigest), showing credentials: Credentials?
  ) async throws(SatchelError) -> SyncReply {
    let start = ContinuousClock.now
    let body =
      if let credentials { try Wire.adding(credentials, to: asked.bytes) } else { asked.bytes }
    let reply = try await client.send(
      HTTPRequest(.post, url: base + "/v1/sync", body: body, bodyBytesMax: Wire.bodyBytesMax))
    count(reply, since: start)
    guard reply.status == 200 else { throw Self.failure(reply) }
    let answer = try decode(reply, to: asked.digest)
    // It knows this key now.
    signer.withLock { $0.presents = false }
    return answer
  }

  private func decode(_ reply: HTTPReply, to digest: Wire.RequestDigest) throws(SatchelError)
    -> SyncReply
  {
    do {
      let answer = try Wire.decodeReply(reply.body, to: digest)
      met.withLock { $0 = answer.hubKey }
      return answer
    } catch {
      guard !reply.hasEnd, Wire.isBeginning(reply.body) else { throw error }
      throw SatchelError(.hubUnreachable, cause: "the reply was cut")
    }
  }

  /// Enrols this peer's key with a one-time code; pins nothing by itself.
  ///
  /// - Throws: `enrolment.refused` for a code that the hub does not take, and when what answers does not know it;
  ///   `enrolment.tooMany`; and what a request throws.
  package func enrol(with code: EnrolmentCode) async throws(SatchelError) -> Enrol.Outcome {
    let (stretched, key) = (try code.stretched(), signer.withLock { $0.key })
    let request = Enrol.request(begins: code.begins, key: stretched, device: key.publicKey)
    let start = ContinuousClock.now
    let reply = try await client.send(
      HTTPRequest(
        .post, url: base + "/v1/enroll", body: try Wire.encode(request, signedBy: key),
        bodyBytesMax: Wire.enrolBytesMax))
    count(reply, since: start)
    guard reply.status == 200 else { throw Self.failure(reply) }
    return try Enrol.confirm(
      Wire.decodeEnrolReply(reply.body), key: stretched, device: key.publicKey)
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
    // Anybody may answer at a hub's address, and ask for a century.
    let retryAfter = reply.retryAfter.map { min($0, Backoff.retryAfterMax) }
    if let failure = Wire.decodeFailure(reply.body) {
      // A hub's full disk is not this device's: what is to be done about it is another's business, and waiting helps.
      return failure.code.rawValue.hasPrefix("store.")
        ? SatchelError(
          .hubFailed, cause: failure.code.rawValue, retryAfter: retryAfter)
        : SatchelError(failure.code, subject: failure.subject, retryAfter: retryAfter)
    }
    // 511 (RFC 6585, 6) is a portal that says so.
    let code: SatchelError.Code =
      reply.status >= 500 && reply.status != 511 ? .hubFailed : .hubNotAHub
    return SatchelError(code, cause: "HTTP \(reply.status)", retryAfter: retryAfter)
  }
}
