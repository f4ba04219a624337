import Foundation
import Satchel
import SatchelTestSupport
import Testing

@Suite struct `A model and a pack that are cut while they come` {
  @Test(arguments: [CutProxy.Ending.close, .reset])
  func `go on where they stopped, at any offset`(_ ending: CutProxy.Ending) async throws {
    var dice = Dice.thrown(for: "cut downloads")
    let road = try await Road(keepsBytes: true)
    let files = [try School.firstModel(), Array(try Data(contentsOf: School.pack))]
    try road.school.publish(.model, files[0])
    try road.school.publish(.pack, files[1])
    let total = files.reduce(0) { $0 + $1.count }

    // So that it takes some ten connections, and each may be cut within head, round, manifest or file.
    var last = await road.sync(cutting: dice.roll(1...total / 6), ending)
    while last.error != nil {
      #expect(last.error?.code == .hubUnreachable, "\(last.error)")
      last = await road.sync(cutting: dice.roll(1...total / 6), ending)
      try #require(road.proxy.traffic.connections < 200)
    }

    let offsets = Self.rangesAsked(road.proxy.kept(.up))
    let traffic = road.proxy.traffic
    let overhead = traffic.connections * 2500
    print("\(total) bytes by \(ending): \(traffic), asked from \(offsets)")
    #expect(traffic.cuts >= 5 && !offsets.isEmpty)
    #expect(try road.laptop.store.models().count == 1)
    #expect(try road.laptop.store.syllabus().items.count >= 120)
    // A reset may take with it what the system had received and nobody had read yet.
    if ending == .close { #expect(traffic.down <= total + overhead) }
    #expect((await road.sync()).report?.requests == 1)
  }

  private static func rangesAsked(_ bytes: [UInt8]) -> [Int] {
    String(decoding: bytes, as: UTF8.self).matches(of: /Range: bytes=(\d+)-/)
      .compactMap { Int($0.1) }
  }
}

extension Road {
  fileprivate func sync(cutting offset: Int, _ ending: CutProxy.Ending) async -> Outcome {
    proxy.cut(.init(after: offset, of: .down, by: ending))
    defer { proxy.cut(nil) }
    return await sync()
  }
}
