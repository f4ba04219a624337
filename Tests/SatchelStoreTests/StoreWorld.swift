import Foundation
import SatchelCore
import SatchelTestSupport
import SatchelTutor
import Testing

@testable import SatchelStore

/// A store in a scratch folder, with learners who answer things.
struct StoreWorld {
  let scratch: Scratch
  let store: Store
  var wall: Int64 = 1_750_000_000_000

  init() throws {
    scratch = try Scratch()
    store = try Store(
      at: scratch.file("store.sqlite"), creating: true, projection: TutorProjection())
  }

  var url: URL { scratch.file("store.sqlite") }

  func reopened() throws -> Store {
    try Store(at: url, creating: false, projection: TutorProjection())
  }

  static let mei = LearnerID(high: 0, low: 1)
  static let tom = LearnerID(high: 0, low: 2)

  @discardableResult
  mutating func answer(_ item: String, correct: Bool = true, by learner: LearnerID = mei)
    throws -> RecordPlace
  {
    wall += 20_000
    let attempt = Attempt(
      item: ItemID(checked: item), skills: [SkillID(checked: "adding")], isCorrect: correct)
    return try store.append(
      Draft(learner: learner, event: .attempt(attempt), wallMilliseconds: wall),
      at: DeviceMoment(wallMilliseconds: wall, session: 1))
  }

  mutating func answers(_ count: Int, by learner: LearnerID = mei) throws {
    for number in 0..<count {
      try answer("item-\(number % 7)", correct: number % 3 > 0, by: learner)
    }
  }
}

extension Store {
  /// All records, each with where it stands, as text: the state shown whole.
  func journalText() throws -> [String] {
    var out: [String] = []
    try forEachRecord { placed in
      out += placed.map { "\($0.stream):\($0.number) \($0.record.id)" }
    }
    return out.sorted()
  }

  func expectHealthy(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try examine(.deep).problems == [], sourceLocation: sourceLocation)
  }
}
