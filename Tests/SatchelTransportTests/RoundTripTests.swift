import SatchelCore
import SatchelTestSupport
import SatchelTransport
import Synchronization
import Testing

@Suite struct `A request and its reply` {
  let client = HTTPClient(policy: TransportPolicy())

  @Test func `bytes come back as they were sent`() async throws {
    let server = try ScriptedServer { $0.reply("200 OK", $0.read()?.body ?? []) }
    let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }

    let reply = try await client.send(
      .init(.post, url: server.url(), body: bytes, bodyBytesMax: 300_000))

    #expect(reply.status == 200)
    #expect(reply.body == bytes)
  }

  @Test func `a small post sends three header lines and nothing more`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reply("200 OK")
    }

    _ = try await client.send(
      .init(
        .post, url: server.url("/v1/sync"), headers: ["Content-Type": "application/x-satchel"],
        body: [1, 2, 3], bodyBytesMax: 0))

    let request = try #require(await server.nextRequest())
    #expect(
      request.head.split(separator: "\r\n").sorted() == [
        "Content-Length: 3", "Content-Type: application/x-satchel",
        "Host: 127.0.0.1:\(server.port)",
        "POST /v1/sync HTTP/1.1",
      ])
  }

  @Test func `an empty post says that it is empty`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reply("200 OK")
    }

    _ = try await client.send(.init(.post, url: server.url(), bodyBytesMax: 0))

    let request = try #require(await server.nextRequest())
    #expect(
      request.head
        == "POST / HTTP/1.1\r\nHost: 127.0.0.1:\(server.port)\r\nContent-Length: 0\r\n\r\n")
  }

  @Test func `headers are found in any case, and an empty one is sent`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reply("200 OK", headers: ["eTaG: \"abc\"", "Retry-After: 7"])
    }

    let reply = try await client.send(
      .init(.get, url: server.url(), headers: ["X-Empty": "", "accept": "a/b"], bodyBytesMax: 0))

    #expect(reply.headers["ETag"] == "\"abc\"")
    #expect(reply.headers["etag"] == "\"abc\"")
    #expect(reply.headers["absent"] == nil)
    #expect(reply.retryAfter == .seconds(7))
    let head = try #require(await server.nextRequest()).head
    #expect(head.contains("\r\nX-Empty:\r\n") && head.contains("\r\naccept: a/b\r\n"))
  }

  @Test func `a header cannot smuggle in another`() async throws {
    let server = try ScriptedServer { $0.read() }

    let error = await #expect(throws: SatchelError.self) {
      try await client.send(
        .init(.get, url: server.url(), headers: ["ETag": "a\r\nX-Other: b"], bodyBytesMax: 0))
    }

    #expect(error?.code == .usage)
    #expect(server.connections == 0)
  }

  @Test func `not modified is a reply without a body`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.send("HTTP/1.1 304 Not Modified\r\nETag: \"abc\"\r\n\r\n")
      $0.stall()
    }

    let reply = try await client.send(
      .init(.get, url: server.url(), headers: ["If-None-Match": "\"abc\""], bodyBytesMax: 100))

    #expect(reply.status == 304)
    #expect(reply.body.isEmpty)
  }

  @Test(arguments: ["500 Internal Server Error", "503 Service Unavailable", "404 Not Found"])
  func `a refusal is a reply with its words`(_ status: String) async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reply(status, Array("sorry".utf8))
    }

    let reply = try await client.send(.init(.get, url: server.url(), bodyBytesMax: 100))

    #expect(reply.status == Int(status.prefix(3)))
    #expect(reply.body == Array("sorry".utf8))
  }

  @Test func `a captive portal's page is handed up as it came`() async throws {
    let page = Array("<html>Please sign in</html>".utf8)
    let server = try ScriptedServer {
      $0.read()
      $0.reply("200 OK", headers: ["Content-Type: text/html"], page)
    }

    let reply = try await client.send(.init(.post, url: server.url(), body: [1], bodyBytesMax: 100))

    #expect(reply.status == 200)
    #expect(reply.headers["content-type"] == "text/html")
    #expect(reply.body == page)
  }

  @Test func `a kept connection that died is replaced unseen`() async throws {
    let server = try ScriptedServer {
      let body = $0.read()?.body ?? []
      $0.reply("200 OK", body)
    }

    for number in 0..<5 as Range<UInt8> {
      let reply = try await client.send(
        .init(.post, url: server.url(), body: [number], bodyBytesMax: 1))
      #expect(reply.body == [number])
    }

    #expect(server.connections == 5)
  }

  @Test func `fifty requests at once each get their own reply`() async throws {
    let server = try ScriptedServer { connection in
      while let request = connection.read() { connection.reply("200 OK", request.body) }
    }

    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<50 as Range<UInt8> {
        group.addTask {
          let body = [UInt8](repeating: number, count: 5000)
          let reply = try await client.send(
            .init(.post, url: server.url(), body: body, bodyBytesMax: 5000))
          #expect(reply.body == body)
        }
      }
      try await group.waitForAll()
    }
  }

  @Test(arguments: [0, 10, 200_000])
  func `the byte counters are what the server saw`(_ bodyBytes: Int) async throws {
    let server = try ScriptedServer { connection in
      let body = connection.read()?.body ?? []
      connection.reply("200 OK", headers: ["X-One: two"], body)
    }
    let body = [UInt8](repeating: 9, count: bodyBytes)

    let reply = try await client.send(
      .init(.post, url: server.url(), body: body, bodyBytesMax: bodyBytes))

    #expect(reply.bytesSent == (await server.nextRequest())?.bytes)
    #expect(reply.bytesReceived == (await server.ended()))
  }

  @Test func `the byte counters hold for a reply in chunks`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      $0.send("5\r\nhello\r\n0\r\n\r\n")
    }

    let reply = try await client.send(.init(.get, url: server.url(), bodyBytesMax: 5))

    #expect(reply.body == Array("hello".utf8))
    #expect(reply.bytesReceived == (await server.ended()))
  }
}

@Suite struct `A connection` {
  private static let script: ScriptedServer.Script = { connection in
    while connection.read() != nil { connection.reply("200 OK", [7]) }
  }

  private func client(keeping time: Duration) -> HTTPClient {
    var policy = TransportPolicy()
    policy.keptTime = time
    return HTTPClient(policy: policy)
  }

  @Test func `serves one request after the other`() async throws {
    let server = try ScriptedServer(Self.script)
    let client = client(keeping: .seconds(3600))

    for _ in 0..<3 {
      let reply = try await client.send(.init(.get, url: server.url(), bodyBytesMax: 1))
      #expect(reply.body == [7])
    }

    #expect(server.connections == 1)
  }

  @Test func `is closed when nothing was asked for a while, and made again`() async throws {
    let server = try ScriptedServer(Self.script)
    let client = client(keeping: .milliseconds(100))

    _ = try await client.send(.init(.get, url: server.url(), bodyBytesMax: 1))
    _ = await server.ended()
    let reply = try await client.send(.init(.get, url: server.url(), bodyBytesMax: 1))

    #expect(reply.status == 200)
    #expect(server.connections == 2)
  }
}

@Suite struct `A download` {
  static let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  let client = HTTPClient(policy: TransportPolicy())

  @Test func `arrives in the sink and not in the reply`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reply("200 OK", Self.content)
    }
    let file = Received()

    let reply = try await client.download(
      .init(.get, url: server.url(), bodyBytesMax: 100_000), into: file.append)

    #expect(reply.body.isEmpty)
    #expect(file.bytes == Self.content)
  }

  @Test func `goes on where it was cut`() async throws {
    let server = try ScriptedServer { connection in
      guard let request = connection.read() else { return }
      if request.head.contains("\r\nRange: bytes=40000-\r\n") {
        connection.reply(
          "206 Partial Content", headers: ["Content-Range: bytes 40000-99999/100000"],
          Array(Self.content[40_000...]))
      } else {
        connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        connection.send(Array(Self.content[..<40_000]))
      }
    }
    let file = Received()

    let error = await #expect(throws: SatchelError.self) {
      try await client.download(
        .init(.get, url: server.url(), bodyBytesMax: 100_000), into: file.append)
    }
    #expect(error?.code == .hubUnreachable)
    #expect(file.bytes.count == 40_000)
    let reply = try await client.download(
      .init(.get, url: server.url(), resumeFrom: 40_000, bodyBytesMax: 60_000), into: file.append)

    #expect(reply.status == 206)
    #expect(file.bytes == Self.content)
  }

  @Test func `goes on also past a proxy that drops the Range`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reply("200 OK", Self.content)
    }
    let rest = Received()

    let reply = try await client.download(
      .init(.get, url: server.url(), resumeFrom: 40_000, bodyBytesMax: 60_000), into: rest.append)

    #expect(reply.status == 200)
    #expect(rest.bytes == Array(Self.content[40_000...]))
  }

  @Test(arguments: ["Content-Range: bytes 0-1/10", "X-No: range"])
  func `of another range than asked for is refused`(_ header: String) async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reply("206 Partial Content", headers: [header], [1, 2])
    }
    let file = Received()

    let error = await #expect(throws: SatchelError.self) {
      try await client.download(
        .init(.get, url: server.url(), resumeFrom: 4, bodyBytesMax: 10), into: file.append)
    }

    #expect(error?.code == .replyMalformed)
    #expect(file.bytes.isEmpty)
  }

  @Test func `keeps a refusal's words out of the sink`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reply("404 Not Found", Array("gone".utf8))
    }
    let file = Received()

    let reply = try await client.download(
      .init(.get, url: server.url(), resumeFrom: 4, bodyBytesMax: 10), into: file.append)

    #expect(reply.status == 404)
    #expect(reply.body == Array("gone".utf8))
    #expect(file.bytes.isEmpty)
  }

  @Test func `stops when the sink throws, and throws the same`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reply("200 OK", Self.content)
    }

    let error = await #expect(throws: SatchelError.self) {
      try await client.download(.init(.get, url: server.url(), bodyBytesMax: 100_000)) { _ in
        throw SatchelError(.storeFull, subject: "blob")
      }
    }

    #expect(error?.code == .storeFull)
    #expect(error?.subject == "blob")
  }

  /// The file that a download goes into.
  final class Received: Sendable {
    private let content = Mutex([UInt8]())
    var bytes: [UInt8] { content.withLock { $0 } }
    @Sendable func append(_ chunk: [UInt8]) { content.withLock { $0 += chunk } }
  }
}
