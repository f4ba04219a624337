import SatchelTestSupport
import Testing

@testable import SatchelCore

@Suite struct `A hybrid clock` {
  @Test func `only rises, whatever the wall clock does`() {
    var dice = Dice.thrown(for: "clock")
    var clock = HybridClock()
    var last = HybridTime(bits: 0)
    let years: [Int64] = [0, 946_684_800_000, 2_147_483_647_000, 4_102_444_800_000, -5]
    for _ in 0..<100_000 {
      let time = clock.next(wallMilliseconds: dice.pick(years) + Int64(dice.roll(-9...9)))
      #expect(time > last)
      last = time
    }
  }

  @Test func `is not dragged along by a laptop that lives in 2090`() {
    let today: Int64 = 1_790_000_000_000
    var clock = HybridClock()
    clock.observe(HybridTime(milliseconds: 0), hubMilliseconds: .min)
    clock.observe(HybridTime(milliseconds: 0), hubMilliseconds: .max)
    clock.observe(HybridTime(milliseconds: 3_790_000_000_000), hubMilliseconds: today)
    #expect(clock.last.milliseconds <= today + HybridClock.driftMillisecondsMax)
    #expect(clock.next(wallMilliseconds: today).milliseconds <= today + 86_400_001)
  }

  @Test func `gives more than 65,536 times in one millisecond`() {
    var clock = HybridClock()
    let times = (0..<70_000).map { _ in clock.next(wallMilliseconds: 1000) }
    #expect(Set(times).count == 70_000)
    #expect(times == times.sorted())
  }
}

@Suite struct `A fingerprint` {
  let key = SigningKey.random()

  @Test func `does not depend on the order in which streams moved`() {
    var dice = Dice.thrown(for: "fingerprint")
    let streams = (0..<20).map {
      RecordStream(publicKey: key.publicKey, learner: LearnerID(high: 0, low: UInt64($0)))
    }
    let moves = streams.map { stream in
      let steps = RandomRecords().records(dice.roll(1...5), of: stream, &dice)
      return (
        stream, steps.reduce(into: [stream.start]) { $0.append($0[$0.count - 1].appending($1)) }
      )
    }
    func summary(_ order: [Int]) -> ScopeSummary {
      var out = ScopeSummary()
      for index in order {
        let (stream, heads) = moves[index]
        for (old, new) in zip(heads, heads.dropFirst()) {
          out.advance(stream.id, from: old, to: new)
        }
      }
      return out
    }
    let one = summary(Array(moves.indices))
    #expect(summary(moves.indices.shuffled(using: &dice)) == one)
    #expect(summary(Array(moves.indices.dropLast())).fingerprint != one.fingerprint)
  }

  @Test func `adds and subtracts modulo 2^256`() {
    var dice = Dice.thrown(for: "sum")
    for _ in 0..<1000 {
      let a = Hash256(hashing: [UInt8.random(in: 0...255, using: &dice)])
      let b = Hash256(hashing: [1, UInt8.random(in: 0...255, using: &dice)])
      #expect(a &+ b == b &+ a)
      #expect((a &+ b) &- b == a)
    }
    #expect(Hash256.zero &- Hash256.zero == .zero)
  }
}

@Suite struct `Identifiers and keys` {
  @Test func `are read back from how they are written`() {
    for _ in 0..<100 {
      let id = LearnerID.random()
      #expect(LearnerID(hex: id.description) == id)
      #expect(LearnerID(bytes: id.bytes) == id)
    }
  }

  @Test(arguments: ["", "zz", "0123", String(repeating: "a", count: 33)])
  func `of the wrong form are refused`(text: String) {
    #expect(LearnerID(hex: text) == nil)
  }

  @Test(arguments: ["", "a\u{0}b", "line\nbreak", "\u{202E}abc", String(repeating: "x", count: 65)])
  func `a key that would not survive a table or a terminal is refused`(text: String) {
    expectError(.badKey) { try ItemID(text) }
  }

  @Test func `keys of any script are taken`() throws {
    #expect(try ItemID("分数加法-01").text == "分数加法-01")
  }
}

@Suite struct `Exact mathematics` {
  @Test func `agrees with itself and with known values`() {
    #expect(abs(ExactMath.exp(1) - 2.718281828459045) < 1e-15)
    #expect(abs(ExactMath.log(10) - 2.302585092994046) < 1e-15)
    #expect(abs(ExactMath.pow(2, 0.5) - 1.4142135623730951) < 1e-14)
    for step in -600...600 {
      let x = Double(step) / 10
      #expect(abs(ExactMath.log(ExactMath.exp(x)) - x) < 1e-12)
    }
  }

  /// What was folded with 16 terms in a loop must not change by a bit, or no store agrees with a rebuild of itself.
  @Test func `gives the bits of the plain sum of sixteen terms`() {
    var dice = Dice.thrown(for: "exp")
    var different: [Double] = []
    for _ in 0..<200_000 {
      let x = Double.random(in: -700...700, using: &dice) * (dice.chance(2) ? 1 : 0.001)
      let k = (x * 1.4426950408889634).rounded(.toNearestOrEven)
      let r = (x - k * 0.693145751953125) - k * 1.4286068203094173e-06
      var (term, sum) = (1.0, 1.0)
      for n in 1...16 {
        term = term * r / Double(n)
        sum += term
      }
      let plain = sum * Double(sign: .plus, exponent: Int(k), significand: 1)
      if ExactMath.exp(x).bitPattern != plain.bitPattern { different.append(x) }
    }
    #expect(different.isEmpty)
  }

  @Test func `stays finite at the ends`() {
    #expect(ExactMath.exp(1e9).isFinite)
    #expect(ExactMath.exp(-1e9) == 0)
    #expect(ExactMath.log(0).isFinite)
    #expect(ExactMath.log(.nan).isFinite)
  }
}

@Suite struct `Errors` {
  @Test(arguments: SatchelError.Code.allCases)
  func `have words and a hint in both languages`(code: SatchelError.Code) {
    let error = SatchelError(code)
    for language in Language.allCases {
      #expect(!error.message(in: language).isEmpty)
      #expect(!error.hint(in: language).isEmpty)
    }
    #expect(error.message(in: .english) != error.message(in: .chinese))
  }

  @Test(arguments: SatchelError.Code.allCases)
  func `have an exit status of sysexits`(code: SatchelError.Code) {
    #expect([64, 65, 66, 69, 73, 74, 75, 77, 78, 130].contains(code.exitStatus))
  }
}
