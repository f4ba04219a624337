import Satchel
import SatchelTestSupport
import Testing

@Suite struct `Forty laptops at nine o'clock` {
  @Test(.timeLimit(.minutes(1)))
  func `all get through at once, and know of each other in the second round`() async throws {
    let school = try await School(isVolatile: true)
    let laptops = try (0..<40).map { try school.laptop("laptop-\($0)") }
    for (number, laptop) in laptops.enumerated() {
      for answer in 0..<5 {
        try laptop.store.answer("item-\(answer)", by: LearnerID(high: 1, low: UInt64(number)))
      }
    }
    let start = ContinuousClock.now

    for _ in 0..<2 {
      let reports = try await withThrowingTaskGroup(of: SyncReport.self) { group in
        for laptop in laptops { group.addTask { try await laptop.sync(with: school.url) } }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(reports.allSatisfy { $0.converged })
    }

    let time = ContinuousClock.now - start
    print("40 laptops twice: \(time)")
    #expect(time < .seconds(30))
    let all = try recordIDs(of: school.hub)
    #expect(all.count == 200)
    for laptop in laptops { #expect(try recordIDs(of: laptop.store) == all) }
  }
}
