import Foundation
import Satchel
import SatchelImport
import SatchelTestSupport
import Testing

/// A replica with the project's own course.
struct Classroom {
  let scratch: Scratch
  let replica: Replica
  let mei: LearnerID

  init() throws {
    scratch = try Scratch()
    replica = try Replica(at: scratch.file("store.sqlite"))
    try replica.importPack(at: try Self.pack(in: scratch))
    mei = try replica.addLearner(named: "Mei")
  }

  /// The fixture course, packed and signed as `satchel pack` does it.
  static func pack(in scratch: Scratch, version: Int = 1, key: SigningKey = .random()) throws -> URL
  {
    let content = try CourseFolder.read(path: SourceTree.file("Fixtures/course").path)
    let bytes = try Pack.write(
      content: content, name: "arithmetic-to-algebra", version: version, channel: "stable",
      created: 0, key: key)
    let file = scratch.file("course-\(version).satchelpack")
    try Data(bytes).write(to: file)
    return file
  }
}

@Suite struct `A replica` {
  @Test func `recommends from the first minute, and says why`() throws {
    let classroom = try Classroom()
    let next = try classroom.replica.recommend(for: classroom.mei, limit: 5)
    #expect(next.count == 5)
    for recommendation in next {
      #expect((0...1).contains(recommendation.probabilityCorrect))
      let reasons = recommendation.reasons
      #expect(!reasons.isEmpty)
      #expect(
        reasons.allSatisfy { !$0.text(in: .english).isEmpty && !$0.text(in: .chinese).isEmpty })
    }
  }

  @Test func `names skills by their titles in its reasons`() throws {
    let classroom = try Classroom()
    let item = try ItemID("add-within-20-02")
    try classroom.replica.record(Answer(item, isCorrect: false), by: classroom.mei)
    let reasons = try classroom.replica.recommend(for: classroom.mei, limit: 5).flatMap(\.reasons)
    let naming = try #require(reasons.first { $0.arguments.skill != nil })
    let skill = try #require(naming.arguments.skill)
    let title = try #require(try classroom.replica.skillTitles()[skill])
    for language in Language.allCases {
      #expect(
        try classroom.replica.sentence(naming, in: language).contains(title.text(in: language)))
    }
    // A skill that no pack describes goes by its key.
    let foreign = Reason(
      code: naming.code, weight: 1, arguments: Reason.Arguments(skill: try SkillID("heard-of")))
    #expect(try classroom.replica.sentence(foreign, in: .english).contains("heard-of"))
  }

  @Test func `moves on when skills are learned`() throws {
    let classroom = try Classroom()
    let first = try classroom.replica.recommend(for: classroom.mei, limit: 1)
    let skill = try SkillID("add-within-20")
    let items = try classroom.replica.search("add", limit: 50).map(\.item)
    for item in items {
      try classroom.replica.record(Answer(item, isCorrect: true), by: classroom.mei)
    }
    let progress = try classroom.replica.progress(of: classroom.mei)
    #expect(progress.skills.contains { $0.skill == skill && $0.mastery > 0.5 })
    #expect(try classroom.replica.recommend(for: classroom.mei, limit: 1) != first)
  }

  @Test func `shows the tree of its courses down to every item`() throws {
    let classroom = try Classroom()
    let courses = try classroom.replica.courses()
    #expect(courses.map(\.id.text) == ["arithmetic-to-algebra"])
    let items = try courses.flatMap { course in
      try course.topics.flatMap { try classroom.replica.items(of: $0.id, in: course.id) }
    }
    let content = try CourseFolder.read(path: SourceTree.file("Fixtures/course").path)
    #expect(items.count == content.items.count)
    #expect(Set(items) == Set(content.items.map(\.id)))
    #expect(try classroom.replica.items(of: try TopicID("no-such"), in: courses[0].id).isEmpty)
  }

  @Test func `plans the way to a goal, and refuses one that it does not know`() throws {
    let classroom = try Classroom()
    let goal = try SkillID("add-fractions-unlike")
    let path = try classroom.replica.path(to: goal, for: classroom.mei, limit: 6)
    #expect(path.steps.count == 6)
    #expect(path.steps.map(\.expectedGain).reduce(0, +) > 0)
    let unknown = try SkillID("no-such-skill")
    #expect(throws: SatchelError.self) {
      try classroom.replica.path(to: unknown, for: classroom.mei)
    }
    #expect(throws: SatchelError.self) {
      try classroom.replica.path(to: goal, for: .random())
    }
  }

  @Test func `uses a model that was put in, and goes back to the built-in one`() throws {
    let classroom = try Classroom()
    let baseline = try classroom.replica.recommend(for: classroom.mei)
    try classroom.replica.installModel(
      at: SourceTree.file("Fixtures/model/first.safetensors"))
    let model = try #require(try classroom.replica.models().first)
    #expect(model.isActive && model.channel == "local" && model.trial == nil)
    #expect(try classroom.replica.recommend(for: classroom.mei) != baseline)
    try classroom.replica.rollBackModel()
    #expect(try classroom.replica.recommend(for: classroom.mei) == baseline)
    try classroom.replica.useModel(model.id)
    #expect(try classroom.replica.models().first?.isActive == true)
  }

  @Test func `gives the same answers after it was closed and opened`() throws {
    let classroom = try Classroom()
    let date = Date(timeIntervalSince1970: 1_800_000_000)
    for number in 1...9 {
      try classroom.replica.record(
        Answer(try ItemID("add-within-20-0\(min(number, 8))"), isCorrect: number > 3),
        by: classroom.mei, at: date)
    }
    let before = try classroom.replica.recommend(for: classroom.mei, at: date)
    let progress = try classroom.replica.progress(of: classroom.mei, at: date)
    try classroom.replica.close()
    let again = try Replica(at: classroom.scratch.file("store.sqlite"), creating: false)
    #expect(try again.recommend(for: classroom.mei, at: date) == before)
    #expect(try again.progress(of: classroom.mei, at: date) == progress)
  }

  @Test func `knows a learner by pseudonym and by name, and two of one name not`() throws {
    let classroom = try Classroom()
    #expect(try classroom.replica.learner("Mei") == classroom.mei)
    #expect(try classroom.replica.learner(classroom.mei.description) == classroom.mei)
    expectError(.learnerUnknown) { try classroom.replica.learner("Nobody") }
    try classroom.replica.addLearner(named: "Mei")
    expectError(.learnerAmbiguous) { try classroom.replica.learner("Mei") }
  }

  @Test func `refuses what it does not know, and records nothing`() throws {
    let classroom = try Classroom()
    expectError(.itemUnknown) {
      try classroom.replica.record(Answer(ItemID("none"), isCorrect: true), by: classroom.mei)
    }
    expectError(.learnerUnknown) {
      try classroom.replica.record(
        Answer(ItemID("add-within-20-02"), isCorrect: true), by: .random())
    }
    expectError(.recordInvalid) {
      try classroom.replica.record(
        Answer(ItemID("add-within-20-02"), isCorrect: true, score: 2), by: classroom.mei)
    }
    expectError(.skillUnknown) {
      try classroom.replica.recommend(for: classroom.mei, goal: SkillID("none"))
    }
    #expect(try classroom.replica.recordCount(of: classroom.mei) == 0)
  }

  @Test(.timeLimit(.minutes(1))) func `tells an observer when something changes`() async throws {
    let classroom = try Classroom()
    var states = classroom.replica.observe(classroom.mei, limit: 3).makeAsyncIterator()
    let empty = try #require(try await states.next())
    #expect(empty.progress.attempts == 0)

    let answer = Answer(try ItemID("add-within-20-02"), isCorrect: true)
    try classroom.replica.record(answer, by: classroom.mei)

    #expect(try await states.next()?.progress.attempts == 1)
  }

  @Test func `takes the rows of a collection once`() throws {
    let classroom = try Classroom()
    let rows = try (0..<500).map { number in
      Interaction(
        learner: "pupil-\(number % 9)", item: try ItemID("item-\(number % 40)"),
        skills: [try SkillID("skill-\(number % 5)")], isCorrect: number % 2 == 0)
    }
    let first = try classroom.replica.record(rows, named: "spring term")
    let again = try classroom.replica.record(rows, named: "spring term")
    let more = try classroom.replica.record(rows + rows.prefix(7), named: "spring term")
    #expect(first.added == 500 && first.learners == 9 && first.items == 40)
    #expect(again.added == 0)
    #expect(more.added == 7)
    #expect(try classroom.replica.store.examine(.deep).problems == [])
  }

  @Test func `finishes a reading that was killed`() throws {
    let classroom = try Classroom()
    let rows = try (0..<300).map { number in
      Interaction(
        learner: "pupil-\(number % 4)", item: try ItemID("item-\(number % 40)"), skills: [],
        isCorrect: true)
    }
    var killed = try BulkRecorder(into: classroom.replica, digest: [1, 2, 3, 4, 5, 6, 7, 8])
    for row in rows.prefix(120) { try killed.add(row) }
    _ = try killed.finish()
    var repeated = try BulkRecorder(into: classroom.replica, digest: [1, 2, 3, 4, 5, 6, 7, 8])
    for row in rows { try repeated.add(row) }
    #expect(try repeated.finish().added == 180)
  }
}

@Suite struct `A pack` {
  @Test func `is taken whole, with its course, skills and items`() throws {
    let scratch = try Scratch()
    let replica = try Replica(at: scratch.file("store.sqlite"))
    let report = try replica.importPack(at: try Classroom.pack(in: scratch))
    #expect(report.isNew && report.items >= 120 && report.skills >= 15)
    let item = try #require(try replica.item(try ItemID("add-within-20-02")))
    for language in Language.allCases {
      #expect(!item.question.text(in: language).isEmpty)
      #expect(!item.explanation.text(in: language).isEmpty)
    }
  }

  @Test func `that was altered is refused, and the shelf stays as it was`() throws {
    let classroom = try Classroom()
    let file = try Classroom.pack(in: classroom.scratch, version: 2)
    var bytes = try Data(contentsOf: file)
    bytes[bytes.count - 10] ^= 1
    try bytes.write(to: file)
    let before = try classroom.replica.store.syllabus().items
    expectError(.packHashMismatch) { try classroom.replica.importPack(at: file) }
    #expect(try classroom.replica.store.syllabus().items == before)
  }

  @Test func `of another publisher is refused until he is trusted`() throws {
    let classroom = try Classroom()
    let file = try Classroom.pack(in: classroom.scratch, version: 2)
    expectError(.packForeign) { try classroom.replica.importPack(at: file) }
    #expect(try classroom.replica.importPack(at: file, trustsNewPublisher: true).isNew)
  }

  @Test func `is found in both languages`() throws {
    let classroom = try Classroom()
    for query in ["分数", "分", "fraction", "等于多少"] {
      #expect(!(try classroom.replica.search(query, in: .chinese)).isEmpty, "\(query)")
    }
  }
}
