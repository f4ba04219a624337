import Foundation
import Satchel
import SatchelHub
import SatchelTestSupport
import Testing

@Suite struct `A proxy on the way` {
  private func road(_ manners: Gateway.Manners) async throws -> Road {
    let school = try await School(isVolatile: true)
    let gateway = try ScriptedServer(Gateway.proxy(to: school.port, manners))
    return try await Road(gateway: gateway, school: school)
  }

  @Test(arguments: [
    Gateway.Manners(), .init(stripsHeaders: true), .init(speaksHTTP10: true),
    .init(speaksHTTP10: true, omitsLength: true),
    .init(stripsHeaders: true, omitsLength: true),
  ])
  func `that takes messages whole, strips them or speaks HTTP 1.0 changes nothing`(
    _ manners: Gateway.Manners
  ) async throws {
    var dice = Dice.thrown(for: "a proxy on the way")
    let road = try await road(manners)
    try road.laptop.store.fill(400, &dice)
    try road.school.hub.fill(400, &dice)
    try road.school.publish(.model, School.firstModel())
    try road.school.publish(.pack, Array(try Data(contentsOf: School.pack)))

    let first = await road.sync()
    let second = await road.sync()

    #expect(first.report?.converged == true, "\(first.error)")
    #expect(first.report?.model.changed == true && first.report?.packs.count == 1)
    #expect(second.report?.converged == true && second.report?.requests == 1)
    try road.expectOneTruth(records: 800)
  }

  @Test func `that repeats all it was sent changes nothing`() async throws {
    var dice = Dice.thrown(for: "a proxy that repeats")
    let road = try await Road()
    var fault = CutProxy.Fault()
    fault.replays = 2
    road.proxy.plan(fault)
    for _ in 0..<10 {
      try road.laptop.store.fill(30, &dice)
      try road.laptop.store.answer()
      let round = await road.sync()
      #expect(round.report?.converged == true, "\(round.error)")
      try await road.proxy.settle()
    }

    #expect(road.proxy.traffic.replies == 20)
    #expect((await road.sync()).sent == 0)
    try road.expectOneTruth(records: 310)
  }

  /// Old requests come when newer ones were answered long ago.
  @Test func `that holds requests back lets four laptops come to the same`() async throws {
    var dice = Dice.thrown(for: "a proxy that holds requests back")
    let seed = dice.next()
    let road = try await Road()
    road.proxy.plan { number in
      var dice = Dice(seed: seed &+ UInt64(number))
      var fault = CutProxy.Fault()
      fault.hold = .milliseconds(dice.roll(0...40))
      fault.replays = dice.roll(0...1)
      return fault
    }
    let laptops = try (0..<4).map { try road.school.laptop("laptop-\($0)") }
    let url = road.proxy.url
    for _ in 0..<5 {
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for laptop in laptops {
          try laptop.store.answer()
          group.addTask { try await laptop.sync(with: url, options: .closing).converged }
        }
        for try await _ in group {}
      }
    }
    try await road.proxy.settle()

    for laptop in laptops + laptops {
      #expect(try await laptop.sync(with: url, options: .closing).converged)
    }
    let all = try recordIDs(of: road.school.hub)
    #expect(all.count == 20)
    for laptop in laptops { #expect(try recordIDs(of: laptop.store) == all) }
  }
}

/// What answers in the hub's place once the laptop knows it.
@Suite struct `What is not the hub` {
  struct Impostor: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: SatchelError.Code
    let script: ScriptedServer.Script

    init(_ name: String, _ code: SatchelError.Code, _ script: @escaping ScriptedServer.Script) {
      (testDescription, self.code, self.script) = (name, code, script)
    }
  }

  static let impostors = [
    Impostor("a captive portal", .hubNotAHub, Gateway.portal),
    Impostor(
      "a portal of RFC 6585", .hubNotAHub, Gateway.fixed("511 Network Authentication Required")),
    Impostor(
      "a redirect to another host", .hubNotAHub, Gateway.redirect(to: "http://portal.example/")),
    Impostor(
      "a redirect to plain HTTP", .hubNotAHub, Gateway.redirect(to: "http://127.0.0.1:1/v1/sync")),
    Impostor("another server", .hubNotAHub, Gateway.fixed("404 Not Found")),
    Impostor(
      "a proxy that wants a password", .hubNotAHub,
      Gateway.fixed("407 Proxy Authentication Required")),
    Impostor(
      "JSON", .hubNotAHub,
      Gateway.fixed("200 OK", headers: ["Content-Type: application/json"], Array("{}".utf8))),
    Impostor("nothing at all", .hubNotAHub, Gateway.fixed("200 OK", [])),
    Impostor("no content", .hubNotAHub, Gateway.fixed("204 No Content", [])),
    Impostor("a proxy's error page", .hubFailed, Gateway.fixed("502 Bad Gateway")),
    Impostor("a sick gateway", .hubFailed, Gateway.fixed("504 Gateway Timeout", [])),
  ]

  @Test(arguments: impostors)
  func `is named, is asked once, and leaves nothing behind`(_ impostor: Impostor) async throws {
    let school = try await School(isVolatile: true)
    let laptop = try school.laptop("laptop")
    // One address that is the hub first, then something else.
    let honest = Gateway.proxy(to: school.port)
    let hubIsThere = Switch()
    let server = try ScriptedServer { connection in
      hubIsThere.isOn ? honest(connection) : impostor.script(connection)
    }
    try laptop.store.answer()
    _ = try await laptop.sync(with: server.url(""), options: .closing)
    try laptop.store.answer()
    let (before, asked) = (try laptop.store.examine(.deep), server.connections)
    hubIsThere.isOn = false

    await expectError(impostor.code) { try await laptop.sync(options: .closing) }

    #expect(server.connections == asked + 1)
    #expect(try laptop.store.examine(.deep) == before)
    hubIsThere.isOn = true
    let report = try await laptop.sync(options: .closing)
    #expect(report.converged && report.recordsSent == 1)
    #expect(try recordIDs(of: laptop.store) == recordIDs(of: school.hub))
  }

  /// A portal that wakes up between the round and the download.
  @Test(arguments: ["/v1/models/", "/v1/packs/", "/v1/blobs/"])
  func `is no source of models and packs, and spoils none`(_ path: String) async throws {
    let school = try await School(isVolatile: true)
    let laptop = try school.laptop("laptop")
    try school.publish(.model, School.firstModel())
    try school.publish(.pack, Array(try Data(contentsOf: School.pack)))
    let (port, portalIsThere) = (school.port, Switch())
    let server = try ScriptedServer { connection in
      Gateway.proxy(to: port, .init(), unless: { portalIsThere.isOn && $0.contains(path) })(
        connection)
    }

    await expectError(.hubNotAHub) {
      try await laptop.sync(with: server.url(""), options: .closing)
    }

    portalIsThere.isOn = false
    let report = try await laptop.sync(with: server.url(""), options: .closing)
    #expect(report.converged && report.model.changed)
    #expect(try laptop.store.syllabus().items.count >= 120)
  }
}
