import SatchelCore
import SatchelTestSupport
import SatchelTransport
import Testing

@Suite struct `A bad network` {
  let client = HTTPClient(policy: TransportPolicy())

  /// The error that a request to `server` ends with.
  private func failure(
    at server: ScriptedServer, scheme: String = "http", bodyBytesMax: Int = 1000
  ) async throws -> SatchelError {
    let url = server.url(scheme: scheme)
    return try #require(
      await #expect(throws: SatchelError.self) {
        try await client.send(.init(.get, url: url, bodyBytesMax: bodyBytesMax))
      })
  }

  @Test func `a refused connection is unreachable`() async throws {
    let port = try ScriptedServer.deadPort()

    let error = await #expect(throws: SatchelError.self) {
      try await client.send(.init(.get, url: "http://127.0.0.1:\(port)/", bodyBytesMax: 0))
    }

    #expect(error?.code == .hubUnreachable)
    #expect(error?.subject == "http://127.0.0.1:\(port)")
    #expect(error?.cause?.hasPrefix("curl 7: ") == true)
  }

  @Test(arguments: [
    "",
    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
  ])
  func `an empty, cut or badly framed reply is unreachable`(_ bytes: String) async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.send(bytes)
    }

    let error = try await failure(at: server)

    #expect(error.code == .hubUnreachable)
    #expect(error.cause?.isEmpty == false)
  }

  @Test func `a reset is unreachable`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reset()
    }

    #expect(try await failure(at: server).code == .hubUnreachable)
  }

  @Test func `what is not HTTP is not a hub`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.send("220 mail.example ESMTP ready\r\n")
    }

    #expect(try await failure(at: server).code == .hubNotAHub)
  }

  @Test(arguments: ["301 Moved", "302 Found", "307 Temporary Redirect"])
  func `a redirect is not followed`(_ status: String) async throws {
    let other = try ScriptedServer { $0.read() }
    let location = other.url()
    let server = try ScriptedServer {
      $0.read()
      $0.reply(status, headers: ["Location: \(location)"], Array("moved".utf8))
    }

    let error = try await failure(at: server)

    #expect(error.code == .hubNotAHub)
    #expect(error.cause?.contains(status.prefix(3)) == true)
    #expect(other.connections == 0)
  }

  @Test func `a body announced as too long is refused before it comes`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n1")
      $0.stall()
    }

    #expect(try await failure(at: server).code == .replyMalformed)
  }

  @Test func `a body without end is refused while it streams`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
      for _ in 0..<100 { $0.send("64\r\n" + String(repeating: "x", count: 100) + "\r\n") }
      $0.stall()
    }

    let error = try await failure(at: server)

    #expect(error.code == .replyMalformed)
    #expect(error.cause == "body over 1000 bytes")
  }

  @Test func `headers without end are refused`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.send("HTTP/1.1 200 OK\r\n")
      for number in 0..<2000 { $0.send("X-\(number): \(String(repeating: "y", count: 60))\r\n") }
      $0.stall()
    }

    let error = try await failure(at: server)

    #expect(error.code == .replyMalformed)
    #expect(error.cause == "headers over 65536 bytes")
  }

  @Test(arguments: ["", "Connection: close"], [false, true])
  func `an early refusal of a large upload is a status`(_ header: String, readsOn: Bool)
    async throws
  {
    let server = try ScriptedServer {
      $0.readHead()
      $0.reply("413 Content Too Large", headers: [header].filter { !$0.isEmpty }, Array("big".utf8))
      if readsOn { $0.stall() }
    }

    let reply = try await client.send(
      .init(
        .post, url: server.url(), body: [UInt8](repeating: 1, count: 5_000_000), bodyBytesMax: 100))

    #expect(reply.status == 413)
  }

  @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"])
  func `a server that falls silent is a timeout`(_ beginning: String) async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.send(beginning)
      $0.stall()
    }
    var policy = TransportPolicy()
    policy.stallTime = .seconds(1)
    let client = HTTPClient(policy: policy)

    let error = await #expect(throws: SatchelError.self) {
      try await client.send(.init(.get, url: server.url(), bodyBytesMax: 1000))
    }

    #expect(error?.code == .hubTimeout)
  }

  @Test(arguments: [
    "http://hub.invalid/", "http://127.0.0.1.hub.invalid/", "http://localhost.invalid/",
    "http://[::2]/", "http://128.0.0.1/", "HTTP://hub.invalid/",
  ])
  func `plain HTTP beyond loopback is refused before any network use`(_ url: String) async throws {
    let error = await #expect(throws: SatchelError.self) {
      try await client.send(.init(.post, url: url, body: [1], bodyBytesMax: 0))
    }

    #expect(error?.code == .hubInsecure)
  }

  @Test func `plain HTTP beyond loopback is allowed by the policy`() async throws {
    var policy = TransportPolicy()
    policy.allowsPlainHTTPBeyondLoopback = true
    policy.proxy = .address("http://127.0.0.1:\(try ScriptedServer.deadPort())")
    let client = HTTPClient(policy: policy)

    let error = await #expect(throws: SatchelError.self) {
      try await client.send(.init(.get, url: "http://hub.invalid/", bodyBytesMax: 0))
    }

    #expect(error?.code == .hubUnreachable)
  }

  @Test(arguments: ["127.0.0.1", "127.1", "localhost", "LOCALHOST"])
  func `loopback has several names, and no proxy`(_ host: String) async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reply("200 OK")
    }
    var policy = TransportPolicy()
    policy.proxy = .address("http://127.0.0.1:\(try ScriptedServer.deadPort())")
    let client = HTTPClient(policy: policy)

    let reply = try await client.send(
      .init(.get, url: "http://\(host):\(server.port)/", bodyBytesMax: 0))

    #expect(reply.status == 200)
  }

  @Test(arguments: [
    "", "hub.example", "ftp://127.0.0.1/", "file:///etc/passwd", "http://user:word@127.0.0.1/",
    "http://127.0.0.1:99999/", "http:///",
  ])
  func `what is no web address is wrong usage`(_ url: String) async throws {
    let error = await #expect(throws: SatchelError.self) {
      try await client.send(.init(.get, url: url, bodyBytesMax: 0))
    }

    #expect(error?.code == .usage)
    #expect(error?.description.contains("word") == false)
  }
}
