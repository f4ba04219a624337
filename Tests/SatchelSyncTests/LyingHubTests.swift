import Foundation
import GRDB
import SatchelCore
import SatchelStore
import SatchelTestSupport
import SatchelWire
import Synchronization
import Testing

@testable import SatchelSync

/// A hub that answers as a test wants, and gives up on a client that asks for ever.
private final class LyingHub: Peer {
  static let requestsMax = 200
  let key = SigningKey.random()
  private let count = Mutex(0)
  private let answer: @Sendable (SyncRequest, inout SyncReply) throws(SatchelError) -> Void
  private let scope: Scope

  init(
    scope: Scope = .everyone,
    _ answer: @escaping @Sendable (SyncRequest, inout SyncReply) throws(SatchelError) -> Void
  ) {
    self.scope = scope
    self.answer = answer
  }

  var traffic: Traffic { Traffic() }
  var requests: Int { count.withLock { $0 } }

  func exchange(_ request: SyncRequest) async throws(SatchelError) -> SyncReply {
    let number = count.withLock {
      $0 += 1
      return $0
    }
    if number > Self.requestsMax { throw SatchelError(.cancelled) }
    var reply = SyncReply(
      hubKey: key.publicKey, epoch: 5, cursor: 9, fingerprint: .zero, offered: [], hasMore: false,
      hubMilliseconds: 1_750_000_000_000, channels: [], scope: scope)
    try answer(request, &reply)
    return reply
  }

  func manifest(_ kind: Manifest.Kind, channel: String, known: String?)
    async throws(SatchelError) -> [UInt8]?
  { nil }

  func blob(
    sha256 digest: [UInt8], from offset: Int64, bytesMax: Int,
    into sink: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws(SatchelError) { throw SatchelError(.hubFailed) }
}

@Suite struct `A hub that means no good` {
  let mei = LearnerID(high: 0, low: 1)
  let tom = LearnerID(high: 0, low: 2)

  @Test func `brings nobody from outside the scope by way of a repair`() async throws {
    let (other, laptop) = (try Machine(), try Machine())
    try laptop.answer("a", by: mei)
    try other.answer("t", by: tom)
    let foreign = try other.store.segments(
      after: 0, of: .everyone, notFrom: nil, bytesMax: 100_000
    ).segments
    let stream = foreign[0].stream.id
    let hub = LyingHub(scope: .learners([mei])) { request, reply throws(SatchelError) in
      if !request.wanted.isEmpty { reply.offered = foreign }
      if request.ranges.contains(where: { $0.range == .all }) {
        let leaf = HeldLeaf(stream: stream, number: 1, check: 7)
        reply.ranges = [HeldRange(.all, .leaves([leaf]))]
      }
    }
    await expectError(.replyMalformed) {
      try await Round(ledger: laptop.store, peer: hub, expected: nil).run()
    }
    #expect(try laptop.store.recordedLearners() == [mei])
  }

  @Test func `cannot make a repair go on for ever`() async throws {
    let laptop = try Machine()
    try laptop.answer("a", by: mei)
    let hub = LyingHub { request, reply throws(SatchelError) in
      if !request.ranges.isEmpty { reply.ranges = [HeldRange(.all, .sums([.random(in: 1...9)]))] }
    }
    let report = try await Round(ledger: laptop.store, peer: hub, expected: nil).run()
    #expect(!report.converged && hub.requests < 20)
  }

  @Test func `or that denies what it granted is left after a second try`() async throws {
    let laptop = try Machine()
    try laptop.answer("a", by: mei)
    let hub = LyingHub { request, _ throws(SatchelError) in
      if !request.offered.isEmpty { throw SatchelError(.scopeDenied) }
    }
    await expectError(.scopeDenied) {
      try await Round(ledger: laptop.store, peer: hub, expected: nil).run()
    }
    #expect(hub.requests < 10)
  }

  /// Not a lie: a laptop of one stream whose note is wrong, and a hub of very many.
  @Test func `is told from one that holds far more`() async throws {
    let (hub, laptop) = (try Machine(folds: false), try Machine())
    try laptop.answer("a", by: mei)
    try hub.store.inventStreams(17_000)
    // In the part of the stream ids that is looked at first: the invented streams have no records, so nothing moves that
    // would bring another pass.
    let first = try #require(
      (2...100_000).lazy.map { LearnerID(high: 7, low: $0) }.first {
        RecordStream(publicKey: hub.key.publicKey, learner: $0).id.high >> 56 == 0
      })
    try hub.answer("h", by: first)
    let newest = try hub.store.segments(after: 0, of: .everyone, notFrom: nil, bytesMax: 1).newest
    try laptop.store.keep(
      PeerNote(epoch: try hub.store.epoch(), pulled: newest, pushed: 0, scope: .everyone),
      of: hub.key.publicKey.replica)

    let report = try await laptop.sync(with: hub)

    #expect(report.recordsReceived == 1)
    #expect(try laptop.items(of: first) == ["h"] && laptop.items(of: mei) == ["a"])
  }
}

@Suite struct `An anchor` {
  /// The number of a file's stream says how many of its rows were read.
  @Test func `leaves a file's stream as it is`() throws {
    let mei = LearnerID(high: 0, low: 1)
    let laptop = try Machine()
    let attempt = Attempt(item: ItemID(checked: "a"), skills: [], isCorrect: true)
    let drafts = (0..<3).map { _ in
      Draft(learner: mei, event: .attempt(attempt), wallMilliseconds: 1_700_000_000_000)
    }
    let moment = DeviceMoment(wallMilliseconds: 946_684_800_000, session: 7)
    try laptop.store.append(drafts, from: 77, at: moment)
    #expect(try laptop.store.correctClocks(at: moment, hubMilliseconds: 1_750_000_000_000))
    #expect(try laptop.store.recorded(from: 77) == [mei: 3])
    #expect(try laptop.store.recorded(from: 0) == [mei: 1])
  }
}
