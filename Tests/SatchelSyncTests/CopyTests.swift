import SatchelCore
import SatchelStore
import SatchelTestSupport
import Testing

@testable import SatchelSync

/// INV-fork: school laptops are installed from one disk image, and backups are put back.
@Suite struct `Copies of one disk` {
  let mei = LearnerID(high: 0, low: 1)

  /// Laptops that cannot tell that they are copies go on in one stream under one key, until they meet.
  @Test func `that cannot be told apart lose nothing and count nothing twice`() async throws {
    let hub = try Machine(folds: false)
    let image = try Machine.copyable()
    for number in 0..<7 { try image.answer("image-\(number)", by: mei) }
    let laptops = try (0..<30).map { _ in try Machine(copying: image, isTold: false) }
    for (number, laptop) in laptops.enumerated() {
      for answer in 0...number % 3 { try laptop.answer("\(number)-\(answer)", by: mei) }
      #expect(try laptop.store.publicKey() == image.key.publicKey)
    }

    for laptop in laptops + laptops { #expect(try await laptop.sync(with: hub).converged) }

    let ids = try hub.recordIDs()
    #expect(ids.count == 7 + 60 && Set(ids).count == ids.count)
    for laptop in laptops {
      #expect(try laptop.recordIDs() == ids)
      #expect(try laptop.folds() == laptops[0].folds())
      #expect(try laptop.fingerprint == hub.fingerprint)
    }
    #expect(try hub.store.examine(.deep).problems == [])
    // Each is a replica of its own now; what they write from here on is in streams of their own.
    let keys = try laptops.map { try $0.store.establishIdentity().publicKey }
    #expect(Set(keys).count == 30)
    let forks = try hub.store.examine(.quick).forks
    for laptop in laptops { try laptop.answer("later", by: mei, wall: 1_760_000_000_000) }
    for laptop in laptops + laptops { #expect(try await laptop.sync(with: hub).converged) }
    #expect(try hub.store.examine(.quick).forks == forks)
    #expect(try hub.recordIDs().count == 7 + 60 + 30)
  }

  @Test func `meet through two hubs that meet later`() async throws {
    let hubs = [try Machine(folds: false), try Machine(folds: false)]
    let image = try Machine.copyable()
    try image.answer("image", by: mei)
    let laptops = try (0..<6).map { _ in try Machine(copying: image, isTold: false) }
    for (number, laptop) in laptops.enumerated() {
      try laptop.answer("\(number)", by: mei)
      try await laptop.sync(with: hubs[number % 2])
    }
    for _ in 0..<2 {
      #expect(try await hubs[1].sync(with: hubs[0]).converged)
      for (number, laptop) in laptops.enumerated() {
        #expect(try await laptop.sync(with: hubs[number % 2]).converged)
      }
    }
    for machine in laptops + hubs {
      #expect(try machine.recordIDs() == hubs[0].recordIDs())
      #expect(try machine.fingerprint == hubs[0].fingerprint)
    }
    #expect(try hubs[0].recordIDs().count == 7)
  }

  /// A hub does not send back to a key what that key brought. A copy that passes for its twin lacks just that, and what
  /// others brought of the same stream then leads on from nothing; in a restricted scope, before the scope is known.
  /// Found by the simulation.
  @Test func `get what their twin brought a hub, within a scope as well`() async throws {
    let hubs = [try Machine(folds: false), try Machine(folds: false)]
    let image = try Machine.copyable()
    let (twin, copy) = (
      try Machine(copying: image, isTold: false), try Machine(copying: image, isTold: false)
    )
    let other = try Machine()
    try twin.answer("first", by: mei)
    try await twin.sync(with: hubs[0])
    try twin.answer("second", by: mei)
    try await twin.sync(with: hubs[1])
    // The second record comes to the first hub by another's hand.
    for hub in [hubs[1], hubs[0]] { try await other.sync(with: hub) }

    let line = DirectPeer(to: hubs[0], as: copy.key, scope: .learners([mei]))
    let report = try await Round(ledger: copy.store, peer: line, expected: nil).run()

    #expect(report.converged)
    #expect(try copy.recordIDs() == hubs[0].recordIDs())
    #expect(try copy.recordIDs().count == 2)
  }

  /// One inode, many contents: a file that is copied away, used, and copied back.
  @Test func `carried back and forth keep what each wrote`() async throws {
    let hub = try Machine(folds: false)
    let home = try Machine.copyable()
    try home.answer("at home", by: mei)
    let school = try Machine(copying: home, isTold: true)
    try school.answer("at school", by: mei)
    let homeAgain = try Machine(copying: school, isTold: true)
    try homeAgain.answer("at home again", by: mei)
    try home.answer("meanwhile, in the old file", by: mei)

    for machine in [home, school, homeAgain, home, school] {
      #expect(try await machine.sync(with: hub).converged)
    }

    for machine in [home, school, homeAgain] {
      #expect(try machine.recordIDs() == hub.recordIDs())
    }
    #expect(try hub.recordIDs().count == 4)
    #expect(try hub.store.examine(.quick).forks == 0)
  }
}
