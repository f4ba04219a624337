import Foundation
import Satchel
import SatchelStore
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
    let mei = try await course(red, blue)
    let lessons = try await self.lessons(mei, red, blue)
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
    let (green, rows) = try await recordClass()
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
    try await show(mei, on: red, "trained", "Mei, with the weights of her own class", "Mei：用本班数据训练的权重")
    try await log.step("check", "Nothing was lost, nothing was counted twice", "没有丢失，没有重复") { step in
      log.converged = try step.compare(
        [red, blue, green], hub: hub, expected: lessons + rows, options)
      let (here, there) = try (view(of: mei, on: red), view(of: mei, on: blue))
      step.check(options.say("both laptops advise Mei alike", "两台电脑给 Mei 的建议相同"), here == there)
    }
    log.fact("records", .integer(lessons + rows))
  }

  /// The course on both laptops, and who sits at them.
  private func course(_ red: Laptop, _ blue: Laptop) async throws -> LearnerID {
    try await log.step("course", "Both laptops get the course, offline", "两台电脑离线导入课程") { step in
      for laptop in [red, blue] {
        let report = try laptop.replica.importPack(at: fixtures.coursePack)
        step.say("\(laptop.name): \(report.items) items, \(report.skills) skills")
        step.fact(laptop.name, .integer(report.items))
      }
      let mei = try red.replica.addLearner(named: "Mei")
      return try blue.replica.addLearner(named: "Mei", id: mei)
    }
  }

  /// - Returns: how many records were made.
  private func lessons(_ mei: LearnerID, _ red: Laptop, _ blue: Laptop) async throws -> Int {
    try await log.step(
      "lessons", "Offline lessons; Mei works on both laptops", "离线学习；Mei 用两台电脑"
    ) { step in
      let tom = try red.replica.addLearner(named: "Tom")
      let amina = try blue.replica.addLearner(named: "Amina")
      let plan = [
        (name: "Mei", learner: mei, laptop: red, ability: 0.4, answers: 50),
        (name: "Tom", learner: tom, laptop: red, ability: -0.3, answers: 45),
        (name: "Mei", learner: mei, laptop: blue, ability: 0.4, answers: 40),
        (name: "Amina", learner: amina, laptop: blue, ability: 1.0, answers: 60),
      ]
      var total = 0
      for (index, entry) in plan.enumerated() {
        var pupil = Pupil(entry.learner, ability: entry.ability, seed: UInt64(index + 1))
        let start = ContinuousClock.now
        let right = try pupil.work(on: entry.laptop.replica, answers: entry.answers)
        let each = Times.seconds(since: start) * 1000 / Double(entry.answers)
        step.say(
          "\(entry.name) @ \(entry.laptop.name): \(entry.answers) "
            + options.say("answers", "次作答") + ", \(right) " + options.say("right", "次答对")
            + String(format: ", %.1f ms", each))
        total += entry.answers
      }
      step.fact("records", .integer(total))
      return total
    }
  }

  private func recordClass() async throws -> (Laptop, Int) {
    try await log.step(
      "class", "A third laptop brings a whole class", "第三台电脑带来整个班级"
    ) { step in
      let green = try Laptop("green", in: folder)
      let file = RecordFile(
        path: fixtures.classTable.path, skipsBadRows: false, options: options)
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
      let words = try RecommendationWords(laptop.replica, options.language)
      for line in try words.lines(found, explain: true, options.style) { step.say(line) }
      step.fact("recommendations", .array(try found.map { try words.json($0) }))
    }
  }

  private func view(of learner: LearnerID, on laptop: Laptop) throws -> [Recommendation] {
    try laptop.replica.recommend(for: learner, limit: 10, at: Date(timeIntervalSince1970: 1_800_000_000))
  }
}

/// A learner who does what the tutor says, and gets better at it: logit = ability + 1.5 - 3 * difficulty + skill, where
/// a skill grows by 0.3 with each answer.
struct Pupil {
  private let learner: LearnerID
  private let ability: Double
  private var random: SeededRandom
  private var strengths: [SkillID: Double] = [:]

  init(_ learner: LearnerID, ability: Double, seed: UInt64) {
    self.learner = learner
    self.ability = ability
    random = SeededRandom(seed: seed)
  }

  /// - Returns: how many answers were right.
  mutating func work(on replica: Replica, answers: Int) throws -> Int {
    var right = 0
    for _ in 0..<answers {
      try Task.checkCancellation()
      let found = try replica.recommend(for: learner, limit: 3)
      guard !found.isEmpty, let item = try replica.item(found[random.below(found.count)].item)
      else { throw SatchelError(.itemUnknown, subject: "course") }
      if item.kind == .lesson {
        try replica.recordView(of: item.id, by: learner, durationMilliseconds: 40_000)
        continue
      }
      let isCorrect = knows(item)
      right += isCorrect ? 1 : 0
      let duration = UInt32(5_000 + random.below(25_000))
      try replica.record(
        Answer(item.id, isCorrect: isCorrect, durationMilliseconds: duration), by: learner)
    }
    return right
  }

  private mutating func knows(_ item: Item) -> Bool {
    let skill = item.skills.first
    let strength = skill.flatMap { strengths[$0] } ?? 0
    if let skill { strengths[skill] = strength + 0.3 }
    let logit = ability + 1.5 - 3 * (item.difficulty ?? 0.5) + strength
    return random.uniform() < ExactMath.sigmoid(logit)
  }
}
