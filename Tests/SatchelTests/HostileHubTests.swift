import Foundation
import Satchel
import SatchelTestSupport
import Testing

/// What answers at a hub's address when it is none, or is sick. The store stays as it was, and the error says which.
@Suite struct `A hub that is none` {
  /// Syncs with a server that plays `script`, and shows what came of it.
  private func sync(
    expecting code: SatchelError.Code, _ script: @escaping ScriptedServer.Script
  ) async throws {
    let classroom = try Classroom()
    try classroom.replica.record(
      Answer(try ItemID("add-within-20-02"), isCorrect: true), by: classroom.mei)
    let before = try classroom.replica.store.examine(.deep)
    let server = try ScriptedServer(script)

    await expectError(code) { try await classroom.replica.sync(with: server.url("")) }

    #expect(try classroom.replica.store.examine(.deep) == before)
    #expect(before.isHealthy && before.records == 1)
    #expect(try classroom.replica.store.lastHub() == nil)
  }

  @Test func `is named a captive portal when it answers 200 with a page`() async throws {
    try await sync(expecting: .hubNotAHub) { connection in
      connection.read()
      connection.reply("200 OK", Array("<html>Please sign in to the school network</html>".utf8))
    }
  }

  @Test func `is not followed when it redirects`() async throws {
    try await sync(expecting: .hubNotAHub) { connection in
      connection.read()
      connection.reply("302 Found", headers: ["Location: http://example.com/"])
    }
  }

  @Test func `is named failed when it answers 500`() async throws {
    try await sync(expecting: .hubFailed) { connection in
      connection.read()
      connection.reply("500 Internal Server Error", Array("oops".utf8))
    }
  }

  @Test(arguments: [("7", 7), ("4000000000", 900)])
  func `says how long it wants to be left alone, and is not left for a century`(
    header: String, seconds: Int
  ) async throws {
    let classroom = try Classroom()
    let server = try ScriptedServer { connection in
      connection.read()
      connection.reply("503 Service Unavailable", headers: ["Retry-After: \(header)"])
    }
    do {
      _ = try await classroom.replica.sync(with: server.url(""))
      Issue.record("a hub that is busy was taken for one that answered")
    } catch {
      #expect(error.code == .hubFailed && error.retryAfter == .seconds(seconds))
    }
  }

  @Test func `is named malformed when it has the magic and garbage`() async throws {
    try await sync(expecting: .replyMalformed) { connection in
      connection.read()
      connection.reply("200 OK", Array("SATCHEL1".utf8) + [0xFF, 0x00, 0x13, 0x37])
    }
  }

  @Test func `is out of reach when it sends half a body`() async throws {
    try await sync(expecting: .hubUnreachable) { connection in
      connection.read()
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nSATCHEL1half")
    }
  }

  @Test func `is out of reach when it says nothing`() async throws {
    try await sync(expecting: .hubUnreachable) { connection in connection.read() }
  }

  @Test func `is refused when its reply is larger than any reply may be`() async throws {
    try await sync(expecting: .replyMalformed) { connection in
      connection.read()
      connection.reply("200 OK", [UInt8](repeating: 65, count: 2 << 20))
    }
  }

  @Test func `is refused over plain HTTP to another machine before a byte is sent`() async throws {
    let classroom = try Classroom()
    await expectError(.hubInsecure) {
      try await classroom.replica.sync(with: "http://hub.example:8090")
    }
  }

  @Test func `is out of reach when nobody listens`() async throws {
    let classroom = try Classroom()
    let port = try ScriptedServer.deadPort()
    await expectError(.hubUnreachable) {
      try await classroom.replica.sync(with: "http://127.0.0.1:\(port)")
    }
  }

  @Test(.timeLimit(.minutes(1)))
  func `can be left at once when it never answers`() async throws {
    let classroom = try Classroom()
    let server = try ScriptedServer { connection in
      connection.read()
      connection.stall()
    }
    let url = server.url("")
    let round = Task { try await classroom.replica.sync(with: url) }
    _ = await server.nextRequest()
    round.cancel()
    await expectError(.cancelled) { try await round.value }
    #expect(try classroom.replica.store.examine(.deep).isHealthy)
  }
}
