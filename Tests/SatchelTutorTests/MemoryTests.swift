import SatchelCore
import SatchelTestSupport
import Testing

@testable import SatchelTutor

/// The dice whose seed is printed; this target has some of its own.
private typealias SeededDice = SatchelTestSupport.Dice

/// Numbers were worked out in Python from the formulas of the guide, apart from this code.
@Suite struct `Memory of one trace` {
  @Test func `is moved by each review as the formulas say`() {
    var memory = Memory(first: .good)
    let story:
      [(Memory.Rating, days: Double, recall: Double, stability: Double, difficulty: Double)] =
        [
          (.good, 2, 0.9094932559773545, 10.964332335820703, 2.1112142357853942),
          (.hard, 5, 0.9446107843740016, 22.492508117499327, 4.7482847615945705),
          (.again, 20, 0.9078640870796337, 2.0292032165217955, 8.259025282096593),
          (.again, 0, 1, 0.6876717162683504, 9.412981818150069),
          (.good, 0, 1, 0.7405742980778669, 9.398797205628757),
          (.easy, 3, 0.780916122148348, 3.6331698005856756, 9.183131617096944),
        ]
    for (rating, days, recall, stability, difficulty) in story {
      #expect((memory.retrievability(elapsedDays: days) - recall).magnitude < 1e-12)
      memory = memory.reviewed(rating, wholeDays: days)
      #expect((memory.stabilityDays / stability - 1).magnitude < 1e-12)
      #expect((memory.difficulty / difficulty - 1).magnitude < 1e-12)
    }
  }

  @Test func `counts whole days, and seconds as the days that they fill`() {
    let memory = Memory(first: .good)
    #expect(
      memory.reviewed(.good, elapsedSeconds: 3 * 86_400 - 1)
        == memory.reviewed(.good, wholeDays: 2))
    #expect(
      memory.reviewed(.good, elapsedSeconds: 86_399) == memory.reviewed(.good, wholeDays: 0))
  }

  @Test func `is due when recall has sunk to what is wanted`() {
    #expect(
      (Memory(first: .good).intervalDays(retention: 0.8) - 7.64826124694176).magnitude < 1e-11)
    var dice = SeededDice.thrown(for: "memory due")
    for _ in 0..<200 {
      let memory = Memory(
        stabilityDays: Double.random(in: 0.001...36_500, using: &dice), difficulty: 5)
      let wanted = Double.random(in: 0.1...0.99, using: &dice)
      let due = memory.intervalDays(retention: wanted)
      #expect((memory.retrievability(elapsedDays: due) - wanted).magnitude < 1e-9)
    }
  }

  @Test func `never lasts shorter for being recalled, nor longer for being forgotten`() {
    var dice = SeededDice.thrown(for: "memory moves")
    for _ in 0..<500 {
      let memory = Memory(
        stabilityDays: Double.random(in: 0.01...3_000, using: &dice),
        difficulty: Double.random(in: 1...10, using: &dice))
      let days = Double(dice.roll(0...400))
      let stability = [Memory.Rating.again, .hard, .good, .easy].map {
        memory.reviewed($0, wholeDays: days).stabilityDays
      }
      #expect(stability[1] >= memory.stabilityDays)
      #expect(stability[2] >= stability[1] && stability[3] >= stability[2])
      // On the same day a short memory may grow even by Again; published so.
      if days >= 1 { #expect(stability[0] <= memory.stabilityDays) }
    }
  }

  @Test func `refuses weights that are none`() {
    let standard = MemoryParameters.standard.weights
    expectError(.memoryParameters) { try MemoryParameters([]) }
    expectError(.memoryParameters) { try MemoryParameters(Array(standard.dropLast())) }
    expectError(.memoryParameters) { try MemoryParameters(standard + [1]) }
    for place in standard.indices {
      for wrong in [-1, 101, .nan, .infinity, -.infinity] as [Double] {
        var weights = standard
        weights[place] = wrong
        expectError(.memoryParameters) { try MemoryParameters(weights) }
      }
    }
  }
}

@Suite struct `A schedule of reviews` {
  @Test func `takes a new card through its steps, and a forgotten one through others`() throws {
    let schedule = try ReviewSchedule()
    var card = ReviewSchedule.Card()
    // Hard on the first step is due between it and the next one: (60 + 600) / 2.
    #expect(schedule.review(&card, .hard, wholeDays: 0) == 330)
    #expect(card.stage == .learning(0))
    #expect(schedule.review(&card, .good, wholeDays: 0) == 600)
    #expect(card.stage == .learning(1))
    #expect(schedule.review(&card, .again, wholeDays: 0) == 60)
    #expect(schedule.review(&card, .easy, wholeDays: 0) % 86_400 == 0)
    #expect(card.stage == .review)
    #expect(schedule.review(&card, .again, wholeDays: 4) == 600)
    #expect(card.stage == .relearning(0))
    // The only step and half of it.
    #expect(schedule.review(&card, .hard, wholeDays: 0) == 900)
    #expect(schedule.review(&card, .good, wholeDays: 0) >= 86_400)
    #expect(card.stage == .review)
  }

  @Test func `plans whole days, at least one and at most what is allowed`() throws {
    let schedule = try ReviewSchedule(
      learningSteps: [], relearningSteps: [], maximumIntervalDays: 5)
    var card = ReviewSchedule.Card()
    #expect(schedule.review(&card, .again, wholeDays: 0) == 86_400)
    #expect(schedule.review(&card, .easy, wholeDays: 30) == 5 * 86_400)
    expectError(.memoryParameters) { try ReviewSchedule(desiredRetention: 1) }
    expectError(.memoryParameters) { try ReviewSchedule(desiredRetention: .nan) }
    expectError(.memoryParameters) { try ReviewSchedule(learningSteps: [-1]) }
    expectError(.memoryParameters) { try ReviewSchedule(maximumIntervalDays: 0) }
  }
}

@Suite struct `Memory of two traces` {
  @Test func `is moved by each review as the formulas say`() {
    var memory = DualMemory(first: .good)
    #expect(memory.stabilityDays == 3.9221)
    #expect((memory.fastStabilityDays - 3.13768).magnitude < 1e-12)
    #expect((memory.difficulty - 3.5307239812763354).magnitude < 1e-12)
    let story:
      [(
        Memory.Rating, days: Double, recall: Double, slow: Double, fast: Double, difficulty: Double
      )] = [
        (
          .good, 0.5, 0.9453981337550568, 7.6326777451416135, 118.58210884341915, 3.4977167432025262
        ),
        (.hard, 5.25, 0.9407157267050916, 12.687608735645277, 290.2830825774723, 6.097664515671846),
        (.again, 20, 0.8872753133739587, 2.9295792868901906, 0.9938252224516865, 9.15871049852611),
        (.easy, 0.01, 0.9209579015876532, 3.93575371899228, 11.008421497723218, 8.72880462579156),
      ]
    for (rating, days, recall, slow, fast, difficulty) in story {
      #expect((memory.retrievability(elapsedDays: days) - recall).magnitude < 1e-12)
      memory = memory.reviewed(rating, elapsedDays: days)
      #expect((memory.stabilityDays / slow - 1).magnitude < 1e-11)
      #expect((memory.fastStabilityDays / fast - 1).magnitude < 1e-11)
      #expect((memory.difficulty / difficulty - 1).magnitude < 1e-11)
    }
  }

  @Test func `is due when recall has sunk to what is wanted`() {
    var dice = SeededDice.thrown(for: "dual memory due")
    for _ in 0..<300 {
      let memory = Self.random(&dice)
      let wanted = Double.random(in: 0.05...0.999, using: &dice)
      let due = memory.intervalDays(retention: wanted)
      let recall = memory.retrievability(elapsedDays: due)
      #expect(
        (ForgettingCurve.daysMin...ForgettingCurve.daysMax).contains(due * (1 + 1e-12))
          || due <= 36_500.0001)
      // Held at an end of the range, it is lower from the start, or higher to the end.
      if due <= ForgettingCurve.daysMin * 1.000001 {
        #expect(recall <= wanted + 1e-9)
      } else if due >= ForgettingCurve.daysMax * 0.999999 {
        #expect(recall >= wanted - 1e-9)
      } else {
        #expect((recall - wanted).magnitude < 1e-9)
      }
    }
  }

  @Test func `fades, and stays in its ranges whatever comes`() {
    var dice = SeededDice.thrown(for: "dual memory ranges")
    for _ in 0..<60 {
      var memory = DualMemory(first: dice.pick(Memory.Rating.allCases))
      for _ in 0..<20 {
        let days = Double.random(in: 0...1, using: &dice) * dice.pick([0, 0.01, 3, 400, 60_000])
        #expect(
          memory.retrievability(elapsedDays: days)
            >= memory.retrievability(elapsedDays: days * 2 + 0.001))
        memory = memory.reviewed(dice.pick(Memory.Rating.allCases), elapsedDays: days)
        #expect((0.0001...36_500).contains(memory.stabilityDays))
        #expect((0.0001...36_500).contains(memory.fastStabilityDays))
        #expect((1...10).contains(memory.difficulty))
        #expect((1e-5...1 - 1e-5).contains(memory.retrievability(elapsedDays: days)))
      }
    }
  }

  /// The code leaves the guide's maximum out, because it never decides.
  @Test func `never lasts shorter for being recalled, nor longer for being forgotten`() {
    var dice = SeededDice.thrown(for: "dual memory moves")
    for _ in 0..<500 {
      let memory = Self.random(&dice)
      let days = Double.random(in: 0...400, using: &dice)
      for rating in Memory.Rating.allCases {
        let next = memory.reviewed(rating, elapsedDays: days)
        if rating == .again {
          #expect(next.stabilityDays <= memory.stabilityDays)
          #expect(next.fastStabilityDays <= memory.fastStabilityDays)
          #expect(next.fastStabilityDays <= max(0.0001, 0.8 * next.stabilityDays))
        } else {
          #expect(next.stabilityDays >= memory.stabilityDays)
          #expect(next.fastStabilityDays >= memory.fastStabilityDays)
        }
      }
    }
  }

  @Test func `refuses weights that are none, or out of their order`() {
    let standard = DualMemoryParameters.standard.weights
    expectError(.memoryParameters) { try DualMemoryParameters(MemoryParameters.standard.weights) }
    for place in standard.indices {
      for wrong in [-1, 101, .nan, .infinity] as [Double] {
        var weights = standard
        weights[place] = wrong
        expectError(.memoryParameters) { try DualMemoryParameters(weights) }
      }
    }
    var unordered = standard
    unordered.swapAt(1, 2)
    expectError(.memoryParameters) { try DualMemoryParameters(unordered) }
    unordered = standard
    (unordered[25], unordered[26]) = (0.8, 0.7)
    expectError(.memoryParameters) { try DualMemoryParameters(unordered) }
  }

  private static func random(_ dice: inout SeededDice) -> DualMemory {
    DualMemory(
      stabilityDays: Double.random(in: 0.001...2_000, using: &dice),
      fastStabilityDays: Double.random(in: 0.001...2_000, using: &dice),
      difficulty: Double.random(in: 1...10, using: &dice))
  }
}
