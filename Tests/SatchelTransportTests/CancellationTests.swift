import Foundation
import SatchelCore
import SatchelTestSupport
import SatchelTransport
import Testing

@Suite struct `Cancelling and closing` {
  @Test func `a silent server is left at once, and the client goes on`() async throws {
    let client = HTTPClient(policy: TransportPolicy())
    let server = try ScriptedServer { connection in
      guard let request = connection.read() else { return }
      if request.head.hasPrefix("GET /silent") { return connection.stall() }
      connection.reply("200 OK")
    }
    let task = Task {
      try await client.send(.init(.get, url: server.url("/silent"), bodyBytesMax: 0))
    }
    _ = await server.nextRequest()

    let clock = ContinuousClock()
    let started = clock.now
    task.cancel()
    let result = await task.result
    let latency = clock.now - started

    #expect(throws: SatchelError.self) { try result.get() }
    #expect(code(of: result) == .cancelled)
    #expect(latency < .milliseconds(250))
    let next = try await client.send(.init(.get, url: server.url("/next"), bodyBytesMax: 0))
    #expect(next.status == 200)
  }

  @Test func `a task cancelled before it sends never connects`() async throws {
    let client = HTTPClient(policy: TransportPolicy())
    let server = try ScriptedServer { $0.read() }

    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await client.send(.init(.get, url: server.url(), bodyBytesMax: 0))
    }

    #expect(code(of: await task.result) == .cancelled)
    #expect(server.connections == 0)
  }

  @Test func `cancelling at any moment ends in a reply or in cancelled`() async throws {
    let client = HTTPClient(policy: TransportPolicy())
    let server = try ScriptedServer { connection in
      while connection.read() != nil { connection.reply("200 OK") }
    }

    for turn in 0..<300 {
      let task = Task { try await client.send(.init(.get, url: server.url(), bodyBytesMax: 0)) }
      for _ in 0..<turn { await Task.yield() }
      task.cancel()
      let result = await task.result
      #expect(code(of: result) == nil || code(of: result) == .cancelled)
    }
  }

  @Test func `closing ends what is under way, and what comes later`() async throws {
    let client = HTTPClient(policy: TransportPolicy())
    let server = try ScriptedServer {
      $0.read()
      $0.stall()
    }
    let task = Task { try await client.send(.init(.get, url: server.url(), bodyBytesMax: 0)) }
    _ = await server.nextRequest()

    client.close()

    #expect(code(of: await task.result) == .cancelled)
    let late = await #expect(throws: SatchelError.self) {
      try await client.send(.init(.get, url: server.url(), bodyBytesMax: 0))
    }
    #expect(late?.code == .cancelled)
    client.close()
  }

  @Test func `a client that nobody holds still finishes its request`() async throws {
    let server = try ScriptedServer {
      $0.read()
      $0.reply("200 OK", [5])
    }

    let reply = try await HTTPClient(policy: TransportPolicy())
      .send(.init(.get, url: server.url(), bodyBytesMax: 1))

    #expect(reply.body == [5])
  }

  @Test func `two hundred clients leave no descriptor and no thread behind`() async throws {
    let server = try ScriptedServer { connection in
      while connection.read() != nil { connection.reply("200 OK") }
    }
    // Other tests run meanwhile, so the counts may differ by a few; a leak would be of two hundred.
    let (descriptors, threads) = (try count("/proc/self/fd"), try count("/proc/self/task"))

    for number in 0..<200 {
      let client = HTTPClient(policy: TransportPolicy())
      _ = try await client.send(.init(.get, url: server.url(), bodyBytesMax: 0))
      if number.isMultiple(of: 2) { client.close() }
    }
    _ = await server.ended(200)

    #expect(try count("/proc/self/fd") < descriptors + 150)
    #expect(try count("/proc/self/task") < threads + 150)
  }

  private func count(_ folder: String) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: folder).count
  }

  private func code(of result: Result<HTTPReply, any Error>) -> SatchelError.Code? {
    guard case .failure(let error) = result else { return nil }
    return (error as? SatchelError)?.code
  }
}
