import SatchelSync
import SatchelTestSupport
import Testing

@Suite struct `The bytes of an exchange` {
  private static let most = 256 << 10

  /// How long `bytes` take on a line of `rate` bytes a second, with a delay of `seconds` there and back.
  private func time(_ bytes: Int, _ rate: Double, delay seconds: Double = 0) -> Duration {
    .seconds(Double(bytes) / rate + seconds)
  }

  @Test func `grow to the most within three exchanges of a good line`() {
    var (budget, sizes) = (BatchBudget(most: Self.most), [Int]())
    while sizes.reduce(0, +) < 900_000 {
      sizes.append(budget.bytes)
      budget.learn(moved: budget.bytes, in: time(budget.bytes, 1e7))
    }
    #expect(sizes == [8, 32, 128, 256, 256, 256].map { $0 << 10 })
  }

  @Test func `take ten seconds or less on the slowest line that is promised`() {
    var budget = BatchBudget(most: Self.most)
    for _ in 0..<20 {
      let time = time(budget.bytes, 2000, delay: 4)
      #expect(time < .seconds(11))
      budget.learn(moved: budget.bytes, in: time)
    }
    #expect((10_000...13_000).contains(budget.bytes))
  }

  @Test func `grow on a fast line with a long delay`() {
    var budget = BatchBudget(most: Self.most)
    for _ in 0..<6 { budget.learn(moved: budget.bytes, in: time(budget.bytes, 1e6, delay: 4)) }
    #expect(budget.bytes == Self.most)
  }

  @Test func `shrink when the line becomes slow, and never below the least`() {
    var budget = BatchBudget(most: Self.most)
    for _ in 0..<5 { budget.learn(moved: budget.bytes, in: .milliseconds(5)) }
    #expect(budget.bytes == Self.most)
    budget.learn(moved: Self.most, in: .seconds(131))
    #expect(budget.bytes == Self.most / 4)
    for _ in 0..<9 { budget.learn(moved: budget.bytes, in: .seconds(3600)) }
    #expect(budget.bytes == BatchBudget.least)
  }

  @Test func `are not made less by an exchange that had little to carry`() {
    var budget = BatchBudget(most: Self.most)
    budget.learn(moved: 300, in: .seconds(5))
    #expect(budget.bytes == BatchBudget.first)
  }

  @Test func `stay within their bounds whatever was measured`() {
    var dice = Dice.thrown(for: "the bytes of an exchange")
    let times: [Duration] = [.zero, .nanoseconds(1), .seconds(1), .seconds(Int64(1) << 40)]
    for most in [1, 5000, Self.most] {
      var budget = BatchBudget(most: most)
      for _ in 0..<2000 {
        budget.learn(moved: dice.pick([0, 1, 4096, 1 << 20, .max]), in: dice.pick(times))
        #expect(budget.bytes >= min(BatchBudget.least, most) && budget.bytes <= most)
      }
    }
  }
}
