import Foundation
import SatchelCore
import SatchelStore
import SatchelTestSupport
import SatchelWire
import Synchronization
import Testing

@testable import SatchelSync

@Suite struct `A round` {
  let mei = LearnerID(high: 0, low: 1)
  let tom = LearnerID(high: 0, low: 2)

  @Test func `brings two laptops and a hub to the same records`() async throws {
    let (hub, one, two) = (try Machine(folds: false), try Machine(), try Machine())
    for number in 0..<30 { try one.answer("a\(number)", by: mei) }
    for number in 0..<20 { try two.answer("b\(number)", by: number < 9 ? mei : tom) }

    try await one.sync(with: hub)
    let second = try await two.sync(with: hub)
    let third = try await one.sync(with: hub)

    #expect(second.converged && third.converged)
    #expect(try one.recordIDs() == two.recordIDs())
    #expect(try one.recordIDs() == hub.recordIDs())
    #expect(try one.recordIDs().count == 50)
    #expect(try one.folds() == two.folds())
    for machine in [hub, one, two] { #expect(try machine.store.examine(.deep).problems == []) }
  }

  @Test func `with nothing new is one request that brings nothing`() async throws {
    let (hub, one) = (try Machine(folds: false), try Machine())
    for number in 0..<30 { try one.answer("a\(number)", by: mei) }
    try await one.sync(with: hub)

    let peer = DirectPeer(to: hub, as: one.key)
    let report = try await Round(
      ledger: one.store, peer: peer, expected: hub.key.publicKey
    ).run()

    #expect(report.converged)
    #expect(report.recordsSent == 0 && report.recordsReceived == 0)
    #expect(peer.traffic.requests == 1)
  }

  @Test func `sends what was acknowledged never again`() async throws {
    let (hub, one) = (try Machine(folds: false), try Machine())
    for number in 0..<30 { try one.answer("a\(number)", by: mei) }
    try await one.sync(with: hub)
    try one.answer("new", by: mei)
    #expect(try await one.sync(with: hub).recordsSent == 1)
  }

  @Test func `after a hub lost its memory gives it everything again, also what others had written`()
    async throws
  {
    let (hub, one, two) = (try Machine(folds: false), try Machine(), try Machine())
    try one.answer("a", by: mei)
    try two.answer("b", by: tom)
    for machine in [one, two, one] { try await machine.sync(with: hub) }
    let before = try hub.recordIDs()

    // The disk died; the same key was kept apart, the records were not.
    let reborn = try Machine(reborn: hub)
    let report = try await one.sync(with: reborn)

    #expect(report.converged)
    #expect(try reborn.recordIDs() == before)
  }

  @Test func `finds out when a cursor lies, and mends it`() async throws {
    let (hub, one, two) = (try Machine(folds: false), try Machine(), try Machine())
    for number in 0..<5 { try two.answer("b\(number)", by: tom) }
    try await two.sync(with: hub)
    var note = PeerNote(epoch: try hub.store.epoch(), pulled: 99, pushed: 99)
    try one.store.keep(note, of: hub.key.publicKey.replica)
    try one.answer("a", by: mei)

    let report = try await one.sync(with: hub)

    #expect(report.converged)
    #expect(try one.recordIDs() == hub.recordIDs())
    note = try one.store.note(of: hub.key.publicKey.replica)
    #expect(note.lastFingerprint == (try one.store.summary(of: .everyone).fingerprint))
  }

  @Test func `gives a device that lost its store its own records back`() async throws {
    let (hub, one) = (try Machine(folds: false), try Machine())
    for number in 0..<12 { try one.answer("a\(number)", by: mei) }
    try await one.sync(with: hub)
    let replaced = try Machine()
    #expect(try await replaced.sync(with: hub).converged)
    #expect(try replaced.recordIDs() == one.recordIDs())
    #expect(try replaced.folds() == one.folds())
  }

  @Test func `reads and writes nobody outside the granted scope`() async throws {
    let (hub, one, two) = (try Machine(folds: false), try Machine(), try Machine())
    try one.answer("a", by: mei)
    try one.answer("b", by: tom)
    try await one.sync(with: hub)

    let peer = DirectPeer(to: hub, as: two.key, scope: .learners([mei]))
    let report = try await Round(ledger: two.store, peer: peer, expected: nil).run()

    #expect(report.converged)
    #expect(try two.store.learnerIDs() == [mei])
    try two.answer("c", by: tom)
    let denied = try Exchange.request(
      from: two.store, to: nil, scope: .everyone, note: PeerNote(), bytesMax: Wire.offerBytesMax
    ).request
    let before = try hub.recordIDs()
    await expectError(.scopeDenied) { try await peer.exchange(denied) }
    #expect(try hub.recordIDs() == before)
  }

  @Test func `refuses a hub whose key is not the one that was pinned`() async throws {
    let (hub, other, one) = (try Machine(folds: false), try Machine(folds: false), try Machine())
    try one.answer("a", by: mei)
    let impostor = DirectPeer(to: other, as: one.key)
    await expectError(.hubChanged) {
      try await Round(ledger: one.store, peer: impostor, expected: hub.key.publicKey).run()
    }
  }
}

@Suite struct `Any history` {
  /// INV-merge and INV-converge over random classes, orders of syncing, and lines that lose and repeat messages.
  @Test(arguments: 0..<12)
  func `converges to one state on all machines`(run: Int) async throws {
    var dice = Dice.thrown(for: "history \(run)")
    let hub = try Machine(folds: false)
    let laptops = try (0..<dice.roll(2...4)).map { _ in try Machine() }
    let learners = (1...3).map { LearnerID(high: 0, low: UInt64($0)) }
    let lossy = Mutex(dice)
    let fate: @Sendable () -> DirectPeer.Fate = {
      lossy.withLock { $0.pick([.arrives, .arrives, .requestLost, .replyLost, .sentTwice]) }
    }
    for _ in 0..<dice.roll(10...40) {
      let laptop = dice.pick(laptops)
      let wall = dice.pick([0, 946_684_800_000, 1_750_000_000_000, 4_000_000_000_000] as [Int64])
      for _ in 0..<dice.roll(0...6) {
        let draft = Draft(
          learner: dice.pick(learners), event: RandomRecords().event(&dice),
          wallMilliseconds: wall)
        try laptop.record(draft, wall: wall)
      }
      if dice.chance(2) { _ = try? await laptop.sync(with: hub, fate: fate) }
    }
    for laptop in laptops + laptops { #expect(try await laptop.sync(with: hub).converged) }

    for laptop in laptops {
      #expect(try laptop.fingerprint == hub.fingerprint)
      #expect(try laptop.recordIDs() == hub.recordIDs())
      #expect(try laptop.folds() == laptops[0].folds())
      #expect(try laptop.store.examine(.deep).problems == [])
    }
  }
}
