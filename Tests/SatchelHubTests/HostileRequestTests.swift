import Foundation
import SatchelCore
import SatchelStore
import SatchelSync
import SatchelTestSupport
import SatchelTransport
import SatchelWire
import Testing

@Suite struct `What a hub does not believe` {
  /// Sends what `change` made of an honest request, and expects a refusal that leaves the hub as it was.
  private func expectRefusal(
    _ status: Int, _ code: SatchelError.Code, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout SyncRequest) -> Void
  ) async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    for number in 0..<5 { try one.answer("a\(number)", by: mei) }
    let before = try hub.snapshot

    let reply = try await one.post(one.body(change), to: hub.url)

    #expect(reply.status == status, sourceLocation: sourceLocation)
    #expect(Wire.decodeFailure(reply.body)?.code == code, sourceLocation: sourceLocation)
    let after = try hub.snapshot
    #expect(after == before, sourceLocation: sourceLocation)
  }

  @Test func `a segment that its device did not sign is refused`() async throws {
    try await expectRefusal(409, .streamSignature) {
      $0.offered[0] = $0.offered[0].with(signature: [UInt8](repeating: 7, count: 64))
    }
  }

  @Test func `a record moved to another learner is refused`() async throws {
    try await expectRefusal(409, .streamSignature) {
      let old = $0.offered[0]
      $0.offered[0] = old.with(
        stream: RecordStream(publicKey: old.stream.publicKey, learner: tom))
    }
  }

  @Test func `a record claimed by another device is refused`() async throws {
    try await expectRefusal(409, .streamSignature) {
      let thief = SigningKey.random().publicKey
      $0.offered[0] = $0.offered[0].with(stream: RecordStream(publicKey: thief, learner: mei))
    }
  }

  @Test func `records without those before them are refused`() async throws {
    try await expectRefusal(409, .streamGap) {
      $0.offered[0] = $0.offered[0].with(first: 4)
    }
  }

  @Test func `a segment with any byte altered is refused`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    for number in 0..<5 { try one.answer("a\(number)", by: mei) }
    let before = try hub.snapshot
    let honest = try one.store.segments(
      after: 0, of: .everyone, notFrom: nil, bytesMax: Wire.offerBytesMax
    ).segments[0]

    for position in honest.bytes.indices {
      var bytes = honest.bytes
      bytes[position] ^= 1
      let body = try one.body { $0.offered[0] = honest.with(bytes: bytes) }
      let status = try await one.post(body, to: hub.url).status
      #expect(status == 400 || status == 409 || status == 413, "byte \(position): \(status)")
    }
    #expect(try hub.snapshot == before)
  }

  /// A hub proves a request once; its very bytes, come again, need no second proof, and nothing else is spared it.
  @Test func `a request that was proven before is asked for its grant, and its like is proven`()
    async throws
  {
    let (hub, one) = (try await Classroom(), try Laptop())
    let body = try one.body()
    #expect(try await one.post(body, to: hub.url).status == 200)
    #expect(try await one.post(body, to: hub.url).status == 200)

    for position in [12, body.count - 70, body.count - 1] {
      var like = body
      like[position] ^= 1
      #expect(try await one.post(like, to: hub.url).status != 200, "byte \(position)")
    }
    try hub.store.revoke(one.key.publicKey)

    #expect(try await one.post(body, to: hub.url).status == 403)
  }

  @Test func `a request with a broken signature is refused`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    try one.answer("a", by: mei)
    var body = try one.body()
    body[body.count - 1] ^= 1

    let reply = try await one.post(body, to: hub.url)

    #expect(reply.status == 401)
    #expect(Wire.decodeFailure(reply.body)?.code == .hubRefused)
    #expect(try hub.store.devices().isEmpty)
  }

  @Test(arguments: [
    "", "hello", "<html><body>Please log in</body></html>", "SATCHEL1", "SATCHEL1\u{7f}\u{7f}",
  ])
  func `a body that is no request is refused`(_ text: String) async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    let reply = try await one.post(Array(text.utf8), to: hub.url)
    #expect(reply.status == 400)
    #expect(Wire.decodeFailure(reply.body)?.code == .replyMalformed)
  }

  @Test func `a body over the limit is refused, whatever it says of its length`() async throws {
    let hub = try await Classroom()
    let big = [UInt8](repeating: 65, count: Wire.bodyBytesMax + 1)
    let head = "POST /v1/sync HTTP/1.1\r\nHost: hub\r\n"

    let declared = try await Laptop().post(big, to: hub.url)
    let onlyDeclared = try await rawExchange(
      hub.url, Array((head + "Content-Length: 99999999999\r\n\r\n").utf8))
    let chunk = Array("100001\r\n".utf8) + big + Array("\r\n0\r\n\r\n".utf8)
    let chunked = try await rawExchange(
      hub.url, Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8) + chunk)

    #expect(declared.status == 413)
    #expect(Wire.decodeFailure(declared.body)?.code == .inputTooLarge)
    for answer in [onlyDeclared, chunked] { #expect(answer.hasPrefix("HTTP/1.1 413")) }
  }
}

extension Segment {
  fileprivate func with(
    stream: RecordStream? = nil, first: UInt64? = nil, signature: [UInt8]? = nil,
    bytes: [UInt8]? = nil
  ) -> Segment {
    Segment(
      stream: stream ?? self.stream, first: first ?? self.first, count: count,
      signature: signature ?? self.signature, bytes: bytes ?? self.bytes)
  }
}
