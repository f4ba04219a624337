import Foundation
import Satchel
import SatchelHub
import SatchelTestSupport
import SatchelTransport
import Testing

@Suite struct `A slow line` {
  @Test func `of 2000 bytes a second and 2 seconds either way brings a day's lessons home`()
    async throws
  {
    let road = try await Road()
    for number in 0..<250 { try road.laptop.store.answer("item-\(number % 40)") }
    var dice = Dice.thrown(for: "a slow line")
    for store in [road.laptop.store, road.school.hub] { try store.fill(3, &dice) }
    for number in 0..<50 { try road.school.hub.answer("item-\(number % 40)") }
    var fault = CutProxy.Fault()
    fault.bytesPerSecond = 2000
    fault.latency = .seconds(2)
    road.proxy.plan(fault)

    let round = await road.sync()

    #expect(round.report?.converged == true, "\(round.error)")
    #expect(round.time > .seconds(4) && round.time < .seconds(30))
    try road.expectOneTruth(records: 306)
    print("2,000 B/s and 2 s: \(round.time), \(road.proxy.traffic)")
  }

  /// As one of 2,000 bytes a second does that is cut every ten seconds.
  @Test func `that never carries more than 20 kB at once brings 100 kB home in pieces`()
    async throws
  {
    var dice = Dice.thrown(for: "a line that breaks")
    let road = try await Road()
    for store in [road.laptop.store, road.school.hub] { try store.fill(100, toAStream: 4, &dice) }
    road.proxy.plan { number in
      var fault = CutProxy.Fault()
      fault.cut = .init(after: 20_000, of: number.isMultiple(of: 2) ? .up : .down, by: .reset)
      return fault
    }
    var rounds = 0
    repeat {
      rounds += 1
    } while await road.sync().report?.converged != true && rounds < 50

    print("20 kB a connection: \(rounds) rounds, \(road.proxy.traffic)")
    #expect(rounds <= 25)
    try road.expectOneTruth(records: 200)
  }

  @Test(arguments: [(CutProxy.Direction.up, 100), (.down, 0), (.down, 60)])
  func `that falls silent is given up after the stall time, and taken up again`(
    _ direction: CutProxy.Direction, _ offset: Int
  ) async throws {
    let road = try await Road()
    try road.laptop.store.answer()
    road.proxy.cut(.init(after: offset, of: direction, by: .stall))

    let first = await road.sync(stallSeconds: 1)
    road.proxy.cut(nil)
    let second = await road.sync()

    #expect(first.error?.code == .hubTimeout)
    #expect(first.time < .seconds(15))
    #expect(second.report?.converged == true && second.sent == 1)
    try road.expectOneTruth(records: 1)
  }

  @Test func `is waited for 15 seconds to begin, and 60 to go on`() {
    let policy = TransportPolicy()
    #expect(policy.connectTimeout == .seconds(15))
    #expect(policy.stallTime == .seconds(60) && policy.stallBytesPerSecond == 100)
    #expect(SyncOptions().stallSeconds == 60)
  }
}

@Suite struct `A hub that cannot be found` {
  private func failure(at url: String) async throws -> (SatchelError, Duration) {
    let laptop = try Replica(at: Scratch().file("laptop.sqlite"))
    var options = SyncOptions()
    options.allowsPlainHTTP = true
    let start = ContinuousClock.now
    let error = await #expect(throws: SatchelError.self) {
      try await laptop.sync(with: url, options: options)
    }
    return (try #require(error), .now - start)
  }

  @Test func `because nobody listens is unreachable at once`() async throws {
    let (error, time) = try await failure(at: "http://127.0.0.1:\(ScriptedServer.deadPort())")
    #expect(error.code == .hubUnreachable && error.cause?.hasPrefix("curl 7: ") == true)
    #expect(time < .seconds(15))
  }

  @Test(.timeLimit(.minutes(1)))
  func `because its name is unknown is unreachable within 15 seconds`() async throws {
    let (error, time) = try await failure(at: "http://hub.invalid:8090")
    #expect([.hubUnreachable, .hubTimeout].contains(error.code))
    #expect(error.message(in: .english).contains("hub.invalid"))
    #expect(time < .seconds(16))
  }

  @Test func `because nothing answers at its address is a timeout`() async throws {
    let hole = try BlackHole()
    var policy = TransportPolicy()
    policy.connectTimeout = .milliseconds(300)
    let client = HTTPClient(policy: policy)
    let start = ContinuousClock.now

    await expectError(.hubTimeout) {
      try await client.send(.init(.get, url: "http://127.0.0.1:\(hole.port)/", bodyBytesMax: 0))
    }

    #expect(ContinuousClock.now - start < .seconds(15))
  }

  /// Many a school's IPv6 leads nowhere, and `localhost` has both addresses here.
  @Test(.enabled(if: Loopback.hasSix, "this machine has no ::1"))
  func `by IPv6 is found by IPv4`() async throws {
    let road = try await Road()
    try road.laptop.store.answer()
    let hole = try BlackHole(sixAt: road.proxy.port)
    let start = ContinuousClock.now

    let report = try await road.laptop.sync(with: "http://localhost:\(hole.port)")

    #expect(report.converged)
    #expect(ContinuousClock.now - start < .seconds(15))
  }
}

/// A port on loopback that swallows whoever calls: its listener's queue is full, and Linux then answers no more.
private final class BlackHole {
  let port: UInt16
  private let listener: Int32
  private var callers: [Int32] = []

  init() throws {
    (listener, port) = try Loopback.listen(backlog: 0)
    // A queue of 0 takes one.
    callers += [Loopback.connect(port)].compactMap { $0 }
  }

  /// The same on ::1.
  init(sixAt port: UInt16) throws {
    self.port = port
    listener = try Loopback.listenSix(port: port, backlog: 0)
    callers += [Loopback.connectSix(port)].compactMap { $0 }
    try #require(!callers.isEmpty)
  }

  deinit { for socket in callers + [listener] { close(socket) } }
}
