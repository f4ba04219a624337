import Foundation
import Satchel
import SatchelImport
import SatchelTraining

/// Two laptops, three learners, one hub: what happens in a classroom, from the first offline lesson to new weights.
struct ClassStory {
  let fixtures: Fixtures
  let folder: URL
  let log: StepLog
  let options: GlobalOptions

  func run() async throws {
    let hub = try await log.step("hub", "A hub on loopback", "本机上的中心") { step in
      let hub = try HubProcess(store: folder.appendingPathComponent("hub.sqlite"))
      step.say(hub.url)
      step.fact("url", .string(hub.url))
      return hub
    }
    defer { hub.stop() }
    let (red, blue) = (try Laptop("red", in: folder), try Laptop("blue", in: folder))
    try await course(red, blue)
    let classroom = try Classroom(try Pack(path: fixtures.coursePack.path).content)
    let (mei, lessons) = try await self.lessons(classroom, red, blue)
    try await log.step("sync", "The network is back: both laptops sync", "网络恢复：两台电脑同步") { step in
      let rendezvous = Rendezvous(hub: hub, log: step, options: options)
      step.check(
        options.say("both hold both's records", "双方都有对方的记录"),
        try await rendezvous.meet([red, blue]))
    }
    try await show(mei, on: red, "before", "Mei, with the built-in baseline", "Mei：内置基线模型")
    let work = HubWork(hub: hub, options: options)
    try await log.step("publish", "The hub publishes a model; the laptops pull it", "中心发布模型，电脑拉取") {
      step in
      try work.publish(fixtures.model)
      try await work.pull([red, blue], step)
    }
    try await show(mei, on: red, "after", "Mei, with the first model", "Mei：第一个模型")
    let (green, rows) = try await record(classroom)
    try await log.step("pool", "All meet at the hub", "所有电脑在中心汇合") { step in
      let rendezvous = Rendezvous(hub: hub, log: step, options: options)
      step.check(
        options.say("all three are in step", "三台一致"),
        try await rendezvous.meet([green, red, blue]))
    }
    let isPublished = try await log.step("train", "The hub trains on all records", "中心用全部记录训练") {
      try work.train($0)
    }
    if isPublished {
      try await log.step("pull", "The laptops pull the new weights", "电脑拉取新权重") { step in
        try await work.pull([red, blue], step)
      }
    }
    try await show(
      mei, on: red, "trained", "Mei, with the weights of her own class", "Mei：用本班数据训练的权重")
    try await log.step("check", "Nothing was lost, nothing was counted twice", "没有丢失，没有重复") {
      step in
      log.converged = try step.compare(
        [red, blue, green], hub: hub, expected: lessons + rows, options)
      let (here, there) = try (view(of: mei, on: red), view(of: mei, on: blue))
      step.check(options.say("both laptops advise Mei alike", "两台电脑给 Mei 的建议相同"), here == there)
    }
    log.fact("records", .integer(lessons + rows))
  }

  /// The course on both laptops.
  private func course(_ red: Laptop, _ blue: Laptop) async throws {
    try await log.step("course", "Both laptops get the course, offline", "两台电脑离线导入课程") { step in
      for laptop in [red, blue] {
        let report = try laptop.replica.importPack(at: fixtures.coursePack)
        step.say("\(laptop.name): \(report.items) items, \(report.skills) skills")
        step.fact(laptop.name, .integer(report.items))
      }
    }
  }

  /// Each answer is recorded by itself, as an app would.
  ///
  /// - Returns: who Mei is, and how many records were made.
  private func lessons(_ classroom: Classroom, _ red: Laptop, _ blue: Laptop) async throws
    -> (mei: LearnerID, records: Int)
  {
    try await log.step(
      "lessons", "Offline lessons; Mei works on both laptops", "离线学习；Mei 用两台电脑"
    ) { step in
      let mei = try red.replica.addLearner(named: "Mei")
      try blue.replica.addLearner(named: "Mei", id: mei)
      let tom = try red.replica.addLearner(named: "Tom")
      let amina = try blue.replica.addLearner(named: "Amina")
      let seats = [
        Seat(name: "Mei", learner: mei, laptops: [red, blue]),
        Seat(name: "Tom", learner: tom, laptops: [red]),
        Seat(name: "Amina", learner: amina, laptops: [blue]),
      ]
      var total = 0
      for (seat, rows) in zip(seats, classroom.pupils) {
        let start = ContinuousClock.now
        try seat.work(rows)
        let each = Times.seconds(since: start) * 1000 / Double(max(1, rows.count))
        step.say(
          "\(seat.name) @ \(seat.laptops.map(\.name).joined(separator: " + ")): \(rows.count) "
            + options.say("answers", "次作答") + ", \(rows.count { $0.isCorrect }) "
            + options.say("right", "次答对") + String(format: ", %.1f ms", each))
        total += rows.count
      }
      step.fact("records", .integer(total))
      return (mei, total)
    }
  }

  private func record(_ classroom: Classroom) async throws -> (laptop: Laptop, records: Int) {
    try await log.step("class", "A third laptop brings the rest of the class", "第三台电脑带来班级其余同学") {
      step in
      let green = try Laptop("green", in: folder)
      let table = folder.appendingPathComponent("class.csv")
      try WholeFile.write(InteractionTable.text(classroom.others), to: table.path)
      let file = RecordFile(path: table.path, skipsBadRows: false, options: options)
      let report = try file.record(into: green.replica).report
      step.say("\(report.added) records, \(report.learners) learners")
      step.fact("records", .integer(report.added))
      return (green, report.added)
    }
  }

  private func show(
    _ learner: LearnerID, on laptop: Laptop, _ name: String, _ english: String, _ chinese: String
  ) async throws {
    try await log.step("next-\(name)", english, chinese) { step in
      let found = try laptop.replica.recommend(for: learner, limit: 3)
      let words = RecommendationWords(laptop.replica, options.language)
      for line in try words.lines(found, explain: true, options.style) { step.say(line) }
      step.fact("recommendations", .array(try found.map { try words.json($0) }))
    }
  }

  private func view(of learner: LearnerID, on laptop: Laptop) throws -> [Recommendation] {
    try laptop.replica.recommend(
      for: learner, limit: 10, at: Date(timeIntervalSince1970: 1_800_000_000))
  }
}

/// A learner's place: the laptops that she works on, a sitting on one, the next on the other.
private struct Seat {
  private static let sittingGapMilliseconds: Int64 = 3_600_000

  let name: String
  let learner: LearnerID
  let laptops: [Laptop]

  func work(_ rows: [Interaction]) throws {
    var sitting = 0
    var last: Int64?
    for row in rows {
      try Task.checkCancellation()
      let time = row.timestampMilliseconds ?? 0
      if let last, time - last > Self.sittingGapMilliseconds { sitting += 1 }
      last = time
      let answer = Answer(
        row.item, isCorrect: row.isCorrect, durationMilliseconds: row.durationMilliseconds)
      try laptops[sitting % laptops.count].replica.record(
        answer, by: learner, at: Date(timeIntervalSince1970: Double(time) / 1000))
    }
  }
}

/// The simulated class that the story plays in. The shipped model was trained on another one, so the hub has something
/// to learn here, and nobody who judges its model was seen by the first.
private struct Classroom {
  private static let seed: UInt64 = 2026
  private static let namedLearners = ["s001", "s002", "s003"]
  private static let lessonAnswers = 60
  private static let daysBack: Int64 = 60

  /// What Mei, Tom and Amina answer in their lessons.
  let pupils: [[Interaction]]
  /// What everybody else answered.
  let others: [Interaction]

  init(_ content: Content) throws(SatchelError) {
    let now = Int64(Date().timeIntervalSince1970) * 1000
    let rows = try ClassSimulator(
      seed: Self.seed, startMilliseconds: now - Self.daysBack * 86_400_000
    ).interactions(of: content)
    pupils = Self.namedLearners.map { name in
      Array(rows.filter { $0.learner == name }.prefix(Self.lessonAnswers))
    }
    others = rows.filter { !Self.namedLearners.contains($0.learner) }
  }
}
