import Foundation
import SatchelCore
import SatchelTestSupport
import Testing

@testable import SatchelTutor

/// What others computed: py-fsrs 6.3.2, fsrs-rs 6.6.2 and an independent FSRS-7, with their tolerances (README there).
@Suite struct `Memory, beside the reference vectors` {
  static let pyfsrs = "fsrs/fsrs6_pyfsrs.json"
  static let fsrsrs = "fsrs/fsrs6_fsrsrs.json"
  static let fsrs7 = "fsrs/fsrs7_reference.json"

  @Test(.enabled("no vectors in ../shared") { SharedData.has(pyfsrs) })
  func `is that of py-fsrs, with due times to the second`() throws {
    let cases: [ScheduledCase] = try Self.cases(Self.pyfsrs)
    #expect(cases.count == 240)
    for known in cases {
      let schedule = try ReviewSchedule(
        desiredRetention: known.desiredRetention, learningSteps: known.learningStepsSeconds,
        relearningSteps: known.relearningStepsSeconds,
        maximumIntervalDays: known.maximumIntervalDays,
        parameters: MemoryParameters(known.parameters))
      var card = ReviewSchedule.Card()
      for review in known.reviews {
        let days = Double(review.elapsedSeconds / 86_400)
        if let before = review.retrievabilityBefore {
          let recall = card.memory?.retrievability(
            elapsedDays: days, parameters: schedule.parameters)
          #expect(Self.isNear(recall, before, 1e-9), "\(known.id)")
        }
        let due = schedule.review(&card, try review.grade, wholeDays: days)
        #expect(due == review.dueInSeconds, "\(known.id)")
        #expect(Self.words(card.stage) == (review.state, review.step), "\(known.id)")
        #expect(Self.isNear(card.memory?.stabilityDays, review.stability, 1e-9), "\(known.id)")
        #expect(Self.isNear(card.memory?.difficulty, review.difficulty, 1e-9), "\(known.id)")
      }
    }
  }

  @Test(.enabled("no vectors in ../shared") { SharedData.has(fsrsrs) })
  func `is that of fsrs-rs after each of the four buttons`() throws {
    let cases: [ButtonsCase] = try Self.cases(Self.fsrsrs)
    #expect(cases.count == 240)
    for known in cases {
      let parameters = try MemoryParameters(known.parameters)
      var memory: Memory?
      for review in known.reviews {
        func after(_ rating: Memory.Rating) -> Memory {
          memory?.reviewed(rating, wholeDays: Double(review.deltaDays), parameters: parameters)
            ?? Memory(first: rating, parameters: parameters)
        }
        let buttons = [
          review.nextIf.again, review.nextIf.hard, review.nextIf.good, review.nextIf.easy,
        ]
        for (rating, button) in zip(Memory.Rating.allCases, buttons) {
          let next = after(rating)
          let interval = next.intervalDays(
            retention: known.desiredRetention, parameters: parameters)
          #expect(Self.isNear(next.stabilityDays, button.stability, 2e-4), "\(known.id)")
          #expect((next.difficulty - button.difficulty).magnitude < 1e-4, "\(known.id)")
          #expect(Self.isNear(interval, button.interval, 2e-4), "\(known.id)")
        }
        memory = after(try review.grade)
      }
    }
  }

  @Test(.enabled("no vectors in ../shared") { SharedData.has(fsrs7) })
  func `is FSRS-7 where two traces are kept`() throws {
    let cases: [DualCase] = try Self.cases(Self.fsrs7)
    #expect(cases.count == 240)
    for known in cases {
      let parameters = try DualMemoryParameters(known.parameters)
      var memory: DualMemory?
      for review in known.reviews {
        let days = Double(review.elapsedSeconds) / 86_400
        if let before = review.retrievabilityBefore {
          let recall = memory?.retrievability(elapsedDays: days, parameters: parameters)
          #expect(Self.isNear(recall, before, 1e-9), "\(known.id)")
        }
        let rating = try review.grade
        let next =
          memory?.reviewed(rating, elapsedDays: days, parameters: parameters)
          ?? DualMemory(first: rating, parameters: parameters)
        let interval = next.intervalDays(retention: known.desiredRetention, parameters: parameters)
        #expect(Self.isNear(next.stabilityDays, review.stability, 1e-9), "\(known.id)")
        #expect(Self.isNear(next.fastStabilityDays, review.stabilityFast, 1e-9), "\(known.id)")
        #expect(Self.isNear(next.difficulty, review.difficulty, 1e-9), "\(known.id)")
        #expect(Self.isNear(interval, review.intervalDays, 1e-4), "\(known.id)")
        for (days, recall) in review.retrievabilityAfterDays {
          let own = next.retrievability(
            elapsedDays: try #require(Double(days)), parameters: parameters)
          #expect(Self.isNear(own, recall, 1e-9), "\(known.id)")
        }
        memory = next
      }
    }
  }

  private static func isNear(_ value: Double?, _ known: Double, _ tolerance: Double) -> Bool {
    value.map { ($0 - known).magnitude <= tolerance * known.magnitude } ?? false
  }

  private static func words(_ stage: ReviewSchedule.Stage) -> (String, Int?) {
    switch stage {
    case .learning(let step): ("learning", step)
    case .review: ("review", nil)
    case .relearning(let step): ("relearning", step)
    }
  }

  private static func cases<Case: Decodable>(_ path: String) throws -> [Case] {
    let bytes = try Data(contentsOf: SharedData.file(path))
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(VectorFile<Case>.self, from: bytes).cases
  }
}

// Names as in the files, but for the form of their words.
private struct VectorFile<Case: Decodable>: Decodable {
  let cases: [Case]
}

private protocol Graded {
  var rating: Int { get }
}

extension Graded {
  var grade: Memory.Rating {
    get throws { try #require(Memory.Rating(rawValue: rating)) }
  }
}

private struct ScheduledCase: Decodable {
  let id: String
  let parameters: [Double]
  let desiredRetention: Double
  let learningStepsSeconds: [Int]
  let relearningStepsSeconds: [Int]
  let maximumIntervalDays: Int
  let reviews: [Review]

  struct Review: Decodable, Graded {
    let rating: Int
    let elapsedSeconds: Int
    let retrievabilityBefore: Double?
    let stability: Double
    let difficulty: Double
    let state: String
    let step: Int?
    let dueInSeconds: Int
  }
}

private struct ButtonsCase: Decodable {
  let id: String
  let parameters: [Double]
  let desiredRetention: Double
  let reviews: [Review]

  struct Review: Decodable, Graded {
    let rating: Int
    let deltaDays: Int
    let nextIf: Buttons
  }

  struct Buttons: Decodable {
    let again: Button
    let hard: Button
    let good: Button
    let easy: Button
  }

  struct Button: Decodable {
    let stability: Double
    let difficulty: Double
    let interval: Double
  }
}

private struct DualCase: Decodable {
  let id: String
  let parameters: [Double]
  let desiredRetention: Double
  let reviews: [Review]

  struct Review: Decodable, Graded {
    let rating: Int
    let elapsedSeconds: Int
    let retrievabilityBefore: Double?
    let stability: Double
    let stabilityFast: Double
    let difficulty: Double
    let intervalDays: Double
    let retrievabilityAfterDays: [String: Double]
  }
}
