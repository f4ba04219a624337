import Foundation
import Satchel
import SatchelTestSupport
import Testing

/// Contract, promise 6: a sync cut at any byte, in either direction, harms nothing, and the next one continues.
@Suite struct `A round that is cut` {
  /// The most of the records that stand in one batch: 256 KiB of records of 1,000 bytes.
  private static let batchRecords = 262

  @Test(arguments: CutProxy.Direction.allCases, [CutProxy.Ending.reset, .close])
  func `after any byte goes on with the next one, and sends nothing acknowledged again`(
    _ direction: CutProxy.Direction, _ ending: CutProxy.Ending
  ) async throws {
    let road = try await Road()
    let figures = try await sweep(road, direction, ending)
    print("cut after each byte, \(direction) by \(ending): \(figures)")
  }

  /// A reply without a length ends where the connection does: a cut one looks like a whole one.
  @Test func `before the end of a reply without a length is no whole reply`() async throws {
    let school = try await School(isVolatile: true)
    let gateway = try ScriptedServer(
      Gateway.proxy(to: school.port, .init(speaksHTTP10: true, omitsLength: true)))
    let road = try await Road(gateway: gateway, school: school)
    let figures = try await sweep(road, .down, .close)
    print("cut after each byte of a reply without a length: \(figures)")
  }

  struct Figures {
    var cuts = 0
    var failed = 0
    var sentAgain = 0
  }

  /// One more record on either side, a round that is cut one byte later than the last one, and a round that is not:
  /// until a round was too short to be cut.
  private func sweep(
    _ road: Road, _ direction: CutProxy.Direction, _ ending: CutProxy.Ending
  ) async throws -> Figures {
    var (figures, offset) = (Figures(), 0)
    repeat {
      try road.laptop.store.answer()
      try road.school.hub.answer()
      let cuts = road.proxy.traffic.cuts
      road.proxy.cut(.init(after: offset, of: direction, by: ending))
      let first = await road.sync()
      road.proxy.cut(nil)
      let second = await road.sync()

      let wasCut = road.proxy.traffic.cuts > cuts
      figures.cuts += wasCut ? 1 : 0
      figures.failed += first.error == nil ? 0 : 1
      figures.sentAgain += first.sent + second.sent - 1
      #expect(wasCut || first.error == nil)
      #expect(first.error.map { $0.code == .hubUnreachable } ?? true, "\(offset): \(first.error)")
      #expect(second.report?.converged == true, "\(offset): \(second.error)")
      // Acknowledged is acknowledged: both rounds together count each record once.
      #expect(first.sent + second.sent == 1 && first.received + second.received == 1, "\(offset)")
      offset += 1
      if !wasCut { break }
    } while offset < 5000
    #expect(figures.cuts > 200 && offset < 5000)
    try road.expectOneTruth(records: 2 * offset)
    return figures
  }

  @Test func `at 200 places of a large one never costs more than a batch`() async throws {
    var dice = Dice.thrown(for: "a large round cut at 200 places")
    let road = try await Road()
    var (recorded, acknowledged, received, cuts) = (0, 0, 0, 0)
    while cuts < 200 {
      if recorded == acknowledged {
        for store in [road.laptop.store, road.school.hub] { try store.fill(250, &dice) }
        recorded += 250
      }
      // Within the small batches that a round begins with, and within the large ones after them.
      let offset = dice.roll(0...(dice.chance(2) ? 40_000 : 200_000))
      let before = road.proxy.traffic.cuts
      road.proxy.cut(
        .init(
          after: offset, of: dice.pick(CutProxy.Direction.allCases),
          by: dice.pick([.reset, .close])))
      let round = await road.sync()
      acknowledged += round.sent
      received += round.received
      cuts += road.proxy.traffic.cuts - before
      let unheard = try road.school.hub.summary(of: .everyone).records - recorded - acknowledged
      #expect((0...Self.batchRecords).contains(Int(unheard)), "cut \(cuts) at \(offset)")
      #expect(round.error.map { $0.code == .hubUnreachable } ?? true, "\(round.error)")
    }
    road.proxy.cut(nil)
    let last = await road.sync()

    #expect(last.report?.converged == true)
    #expect(acknowledged + last.sent == recorded && received + last.received == recorded)
    try road.expectOneTruth(records: 2 * recorded)
    let again = road.proxy.traffic.up - recorded * 1000
    #expect(again <= cuts * (256 << 10), "\(again) bytes again")
    print("200 cuts of \(recorded) kB each way: \(road.proxy.traffic), \(again) bytes up again")
  }
}
