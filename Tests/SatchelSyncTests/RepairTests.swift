import Foundation
import GRDB
import SatchelCore
import SatchelStore
import SatchelTestSupport
import SatchelWire
import Testing

@testable import SatchelSync

@Suite struct `Repair` {
  let mei = LearnerID(high: 0, low: 1)
  let tom = LearnerID(high: 0, low: 2)

  /// The bound that DESIGN.md sets: at most 3 exchanges, and traffic as long as the difference.
  @Test func `of ten streams among a hundred thousand takes three exchanges and under 20 kB`()
    async throws
  {
    let hub = try Machine(folds: false)
    try hub.store.inventStreams(100_000)
    let laptop = try Machine(copying: hub, isTold: true)
    // Each side has five streams of which the notes say that the other has them.
    for number in 0..<5 {
      try hub.answer("h\(number)", by: LearnerID(high: 5, low: UInt64(number)))
    }
    let device = try laptop.store.establishIdentity()
    for number in 0..<5 {
      try laptop.answer("l\(number)", by: LearnerID(high: 6, low: UInt64(number)))
    }
    try await laptop.believesAllIsShared(with: hub)

    let peer = DirectPeer(to: hub, as: device)
    let report = try await Round(
      ledger: laptop.store, peer: peer, expected: hub.key.publicKey
    ).run()

    #expect(report.converged)
    #expect(report.recordsSent == 5 && report.recordsReceived == 5)
    #expect(report.repairs <= 3)
    let bytes = peer.traffic.bytesSent + peer.traffic.bytesReceived
    print("repair of 10 among 100,000 streams: \(report.repairs) exchanges, \(bytes) bytes")
    #expect(bytes < 20_000)
  }

  @Test func `gives a hub that was put back to last week's backup what it lost`() async throws {
    for isTold in [true, false] {
      let hub = try Machine.copyable(folds: false)
      let (one, two) = (try Machine(), try Machine())
      for number in 0..<20 { try one.answer("a\(number)", by: mei) }
      for machine in [one, two] { try await machine.sync(with: hub) }
      let lastWeek = try Machine(copying: hub, isTold: isTold)
      _ = try lastWeek.store.establishHubIdentity()
      for number in 0..<20 { try two.answer("b\(number)", by: tom) }
      for machine in [two, one] { try await machine.sync(with: hub) }
      let before = try hub.recordIDs()

      // `one` alone comes back: it must bring what `two` once wrote, too.
      #expect(try await one.sync(with: lastWeek).converged)
      #expect(try lastWeek.recordIDs() == before)
      try two.answer("new", by: tom)
      for machine in [two, one] { #expect(try await machine.sync(with: lastWeek).converged) }

      #expect(try one.recordIDs() == lastWeek.recordIDs())
      #expect(try two.recordIDs() == lastWeek.recordIDs())
      #expect(try one.recordIDs().count == 41)
    }
  }

  @Test func `gives a device that was put back to last month's backup its own records back`()
    async throws
  {
    for isTold in [true, false] {
      let hub = try Machine(folds: false)
      let laptop = try Machine.copyable()
      for number in 0..<20 { try laptop.answer("a\(number)", by: mei) }
      try await laptop.sync(with: hub)
      let lastMonth = try Machine(copying: laptop, isTold: isTold)
      for number in 0..<20 { try laptop.answer("b\(number)", by: mei) }
      try await laptop.sync(with: hub)

      try lastMonth.answer("after", by: mei, wall: 1_750_000_900_000)
      #expect(try await lastMonth.sync(with: hub).converged)

      #expect(try lastMonth.recordIDs().count == 41)
      #expect(try lastMonth.recordIDs() == hub.recordIDs())
      // It never writes again under a key that wrote another history.
      #expect(try lastMonth.store.establishIdentity().publicKey != laptop.key.publicKey)
      #expect(try lastMonth.store.examine(.deep).problems == [])
    }
  }

  @Test(arguments: 0..<10)
  func `finds any difference, whatever the notes say`(run: Int) async throws {
    var dice = Dice.thrown(for: "repair \(run)")
    let hub = try Machine(folds: false)
    let laptops = try (0..<3).map { _ in try Machine() }
    for laptop in laptops {
      for number in 0..<dice.roll(0...120) {
        try laptop.answer(
          "a\(number)", by: LearnerID(high: 1, low: UInt64(dice.roll(1...400))))
      }
      if dice.chance(2) { try await laptop.sync(with: hub) }
    }
    for laptop in laptops {
      let note = PeerNote(
        epoch: dice.chance(3) ? 77 : try hub.store.epoch(), pulled: UInt64(dice.roll(0...900)),
        pushed: UInt64(dice.roll(0...900)), scope: .everyone)
      try laptop.store.keep(note, of: hub.key.publicKey.replica)
    }

    for laptop in laptops + laptops { #expect(try await laptop.sync(with: hub).converged) }

    for laptop in laptops {
      #expect(try laptop.recordIDs() == hub.recordIDs())
      #expect(try laptop.folds() == laptops[0].folds())
    }
  }
}

extension Machine {
  /// Damages the note on `hub`, as an operator's mistake or a bug would.
  fileprivate func believesAllIsShared(with hub: Machine) async throws {
    func newest(_ store: Store) throws -> UInt64 {
      try store.segments(after: 0, of: .everyone, notFrom: nil, bytesMax: 1).newest
    }
    let note = PeerNote(
      epoch: try hub.store.epoch(), pulled: try newest(hub.store), pushed: try newest(store),
      scope: .everyone)
    try store.keep(note, of: hub.key.publicKey.replica)
  }
}

extension Store {
  /// Rows of streams with one record each, without their records: what repair compares are heads, and a hundred thousand
  /// signatures would take minutes.
  func inventStreams(_ count: Int) throws {
    try add(LearnerID(high: 9, low: 9))
    try DatabaseQueue(path: url.path).write { db in
      try db.execute(sql: "INSERT INTO replica (public_key) VALUES (randomblob(32))")
      try db.execute(
        sql: """
          WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
          INSERT INTO stream (stream, replica, learner, nonce, head_number, head_hash)
          SELECT randomblob(16), (SELECT max(id) FROM replica), (SELECT max(id) FROM learner), n, 1,
            randomblob(32) FROM number
          """, arguments: [count])
    }
  }
}
