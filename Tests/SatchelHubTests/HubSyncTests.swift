import Foundation
import SatchelCore
import SatchelHub
import SatchelStore
import SatchelSync
import SatchelTestSupport
import SatchelTransport
import SatchelWire
import Testing

@Suite struct `A hub over HTTP` {
  @Test func `brings two laptops to the same records`() async throws {
    let (hub, one, two) = (try await Classroom(), try Laptop(), try Laptop())
    for number in 0..<30 { try one.answer("a\(number)", by: mei) }
    for number in 0..<20 { try two.answer("b\(number)", by: number < 9 ? mei : tom) }

    try await one.sync(with: hub.url)
    let second = try await two.sync(with: hub.url)
    let third = try await one.sync(with: hub.url)

    #expect(second.converged && third.converged)
    #expect(second.fingerprint == third.fingerprint)
    #expect(try recordIDs(of: one.store) == recordIDs(of: two.store))
    #expect(try recordIDs(of: hub.store).count == 50)
    #expect(try hub.store.examine(.deep).problems == [])
  }

  @Test func `answers a repeated request and changes nothing`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    for number in 0..<5 { try one.answer("a\(number)", by: mei) }
    let body = try one.body()
    let first = try await one.post(body, to: hub.url)
    let before = try hub.snapshot

    let second = try await one.post(body, to: hub.url)

    #expect(first.status == 200 && second.status == 200)
    #expect(try hub.snapshot == before)
    #expect(try recordIDs(of: hub.store).count == 5)
  }

  @Test func `needs one request and under 600 bytes when nothing is new`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    for number in 0..<30 { try one.answer("a\(number)", by: mei) }
    let key = try #require(try await one.sync(with: hub.url).hubKey)
    _ = try await one.sync(with: hub.url, expecting: key)
    let peer = one.peer(hub.url)

    let report = try await Round(ledger: one.store, peer: peer, expected: key).run()

    #expect(report.converged && report.recordsSent == 0 && report.recordsReceived == 0)
    #expect(peer.traffic.requests == 1)
    let bytes = peer.traffic.bytesSent + peer.traffic.bytesReceived
    #expect(bytes < 600, "\(bytes) bytes")
    print("a round without news: \(peer.traffic)")
  }

  @Test func `takes twenty laptops at once`() async throws {
    let hub = try await Classroom()
    let laptops = try (0..<20).map { _ in try Laptop() }
    for (number, laptop) in laptops.enumerated() {
      let learner = LearnerID(high: 7, low: UInt64(number))
      for item in 0..<10 { try laptop.answer("i\(item)", by: learner) }
    }

    for _ in 0..<2 {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for laptop in laptops { group.addTask { try await laptop.sync(with: hub.url) } }
        try await group.waitForAll()
      }
    }

    let prints = try Set(laptops.map { try $0.store.summary(of: .everyone).fingerprint })
    #expect(prints == [try hub.store.summary(of: .everyone).fingerprint])
    #expect(try recordIDs(of: hub.store).count == 200)
  }

  @Test func `shuts out a revoked device at its next request`() async throws {
    let (hub, one, two) = (try await Classroom(), try Laptop(), try Laptop())
    for laptop in [one, two] { try await laptop.sync(with: hub.url) }
    let before = try hub.snapshot

    _ = try Grants(store: hub.store).revoke(one.key.publicKey.replica.description)
    try one.answer("late", by: mei)

    await expectError(.hubRefused) { try await one.sync(with: hub.url) }
    #expect(try await one.post(one.body(), to: hub.url).status == 403)
    #expect(try hub.snapshot == before)
    #expect(try await two.sync(with: hub.url).converged)
    #expect(
      try Set(hub.store.devices().map(\.key)) == [one.key.publicKey, two.key.publicKey])
  }

  @Test func `restored from an older copy gets everything again`() async throws {
    let (one, scratch) = (try Laptop(), try Scratch())
    let file = scratch.file("hub.sqlite")
    var hub = try await Classroom(scratch: scratch)
    try one.answer("early", by: mei)
    let key = try #require(try await one.sync(with: hub.url).hubKey)
    let epoch = try hub.store.epoch()
    try await hub.close()
    try FileManager.default.copyItem(at: file, to: scratch.file("copy"))
    hub = try await Classroom(scratch: scratch)
    for number in 0..<9 { try one.answer("late\(number)", by: mei) }
    try await one.sync(with: hub.url, expecting: key)
    try await hub.close()

    // The disk is put back as it was.
    for suffix in ["", "-wal", "-shm"] {
      try? FileManager.default.removeItem(atPath: file.path + suffix)
    }
    try FileManager.default.copyItem(at: scratch.file("copy"), to: file)
    hub = try await Classroom(scratch: scratch)
    #expect(try recordIDs(of: hub.store).count == 1)
    let report = try await one.sync(with: hub.url, expecting: key)

    #expect(try hub.key == key && hub.store.epoch() != epoch)
    #expect(report.converged)
    #expect(try recordIDs(of: hub.store) == recordIDs(of: one.store))
    #expect(try recordIDs(of: hub.store).count == 10)
  }
}
