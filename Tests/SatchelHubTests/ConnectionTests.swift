import Foundation
import SatchelHub
import SatchelSync
import SatchelTestSupport
import Testing

@Suite struct `A connection that does not come to the point` {
  @Test(arguments: [false, true])
  func `is closed when its first head is late, while others are served`(isEncrypted: Bool)
    async throws
  {
    var limits = ConnectionLimits()
    limits.headTime = .milliseconds(300)
    let (hub, one) = (
      try await Classroom(isEncrypted: isEncrypted, limits: limits), try Laptop()
    )
    let start = ContinuousClock.now

    // A head that never ends: the hub answers with nothing and closes, long before the idle time of a minute.
    let answer = try await rawExchange(hub.url, Array("POST /v1/sync HTTP/1.1\r\nHost: h".utf8))

    #expect(answer.isEmpty || isEncrypted)
    #expect(ContinuousClock.now - start < .seconds(50))
    if isEncrypted { return }
    #expect(ContinuousClock.now - start >= .milliseconds(290))
    // A connection whose head came in time is not cut when the deadline passes.
    let peer = one.peer(hub.url)
    _ = try await Round(ledger: one.store, peer: peer, expected: nil).run()
    try await Task.sleep(for: .milliseconds(400))
    #expect(try await Round(ledger: one.store, peer: peer, expected: nil).run().converged)
  }

  @Test func `is one of so many that an address may have`() async throws {
    var limits = ConnectionLimits()
    limits.socketsPerAddress = 3
    limits.countsLoopback = true
    let hub = try await Classroom(limits: limits)
    // Each keeps its connection.
    let kept = try (0..<3).map { _ in try Laptop() }
    for laptop in kept { #expect(try await laptop.get("/healthz", at: hub.url).status == 200) }

    await expectError(.hubUnreachable) { try await Laptop().get("/healthz", at: hub.url) }
    for laptop in kept { #expect(try await laptop.get("/healthz", at: hub.url).status == 200) }

    kept[0].client.close()
    var isServed = false
    for _ in 0..<100 where !isServed {
      isServed = (try? await Laptop().get("/healthz", at: hub.url).status) == 200
      if !isServed { try await Task.sleep(for: .milliseconds(50)) }
    }
    #expect(isServed)
  }
}
