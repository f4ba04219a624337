import SatchelCore
import Testing

@testable import SatchelTutor

@Suite struct Recommending {
  @Test func `starts a new learner at the beginning of the course`() {
    let ranking = School.ranking(Tutor(), LearnerFold())
    #expect(ranking.count == 12)
    #expect(ranking.first?.item.text == "adding-0")
    #expect(ranking.allSatisfy { (0...1).contains($0.score) && !$0.reasons.isEmpty })
    #expect(ranking.allSatisfy { $0.dueMilliseconds == nil })
    #expect(zip(ranking, ranking.dropFirst()).allSatisfy { $0.score >= $1.score })
  }

  @Test func `works without candidates, skills, rows or room`() {
    let tutor = Tutor(weights: .random(seed: 1))
    let empty = tutor.prepare(candidates: [])
    #expect(
      tutor.recommend(from: empty, fold: LearnerFold(), goal: nil, nowMilliseconds: 0, limit: 5)
        .isEmpty)
    let bare = tutor.prepare(candidates: [
      Candidate(item: ItemID(checked: "alone"), skills: [], position: 0)
    ])
    let one = tutor.recommend(
      from: bare, fold: LearnerFold(), goal: SkillID(checked: "unheard-of"), nowMilliseconds: -1,
      limit: 5)
    #expect(one.map(\.item.text) == ["alone"])
    #expect(
      tutor.recommend(from: bare, fold: LearnerFold(), goal: nil, nowMilliseconds: 0, limit: 0)
        .isEmpty)
    #expect(tutor.progress(fold: LearnerFold(), nowMilliseconds: 0).skills.isEmpty)
  }

  @Test func `holds back skills whose prerequisites are not mastered`() {
    var diary = Diary()
    diary.answers("adding-0", false)
    diary.answers("adding-1", true)
    let ranking = School.ranking(Tutor(), diary.fold, now: diary.now + 60_000)
    let places = Dictionary(
      uniqueKeysWithValues: ranking.enumerated().map { ($1.item.text, $0) })
    #expect((places["adding-2"] ?? 99) < (places["multiplying-0"] ?? 0))
    #expect((places["adding-3"] ?? 99) < (places["fractions-0"] ?? 0))
  }

  @Test func `lets an item wait that exercises its skill's prerequisite as well`() {
    let (adding, fractions) = (SkillID(checked: "adding"), SkillID(checked: "fractions"))
    let tutor = Tutor()
    let course = tutor.prepare(
      candidates: [
        Candidate(item: ItemID(checked: "both"), skills: [fractions, adding], position: 0),
        Candidate(item: ItemID(checked: "sum"), skills: [adding], position: 1),
      ], prerequisites: [fractions: [adding]])
    let ranking = tutor.recommend(
      from: course, fold: LearnerFold(), goal: nil, nowMilliseconds: 0, limit: 2)
    #expect(ranking.map(\.item.text) == ["sum", "both"])
  }

  @Test func `opens the next skill once its prerequisite is mastered`() {
    var diary = Diary()
    for round in 0..<12 { diary.answers("adding-\(round % 4)", true) }
    let ranking = School.ranking(Tutor(), diary.fold, now: diary.now + 60_000)
    #expect(ranking.first?.item.text.hasPrefix("multiplying") == true)
    #expect(ranking.first?.reasons.contains { $0.code == .newSkillReady } == true)
  }

  @Test func `takes prerequisites in a circle as they are`() {
    let tutor = Tutor()
    let (a, b) = (SkillID(checked: "a"), SkillID(checked: "b"))
    let course = tutor.prepare(
      candidates: [Candidate(item: ItemID(checked: "x"), skills: [a], position: 0)],
      prerequisites: [a: [b], b: [a]])
    let ranking = tutor.recommend(
      from: course, fold: LearnerFold(), goal: a, nowMilliseconds: 0, limit: 3)
    #expect(ranking.count == 1)
  }

  @Test(arguments: [Feedback.Kind.tooHard, .tooEasy, .skipped])
  func `lowers an item of which the learner said no`(kind: Feedback.Kind) {
    var diary = Diary()
    diary.answers("adding-3", true)
    func place(_ item: String) -> Int {
      School.ranking(Tutor(), diary.fold, now: diary.now + 60_000)
        .firstIndex { $0.item.text == item } ?? -1
    }
    let before = place("adding-0")
    diary.says(kind, of: "adding-0")
    let after = place("adding-0")
    #expect(after > before)
  }

  @Test func `brings an item back when its review is due, and says so`() {
    var diary = Diary()
    for item in 0..<4 { diary.answers("adding-\(item)", true) }
    let soon = School.ranking(Tutor(), diary.fold, now: diary.now + 60_000)
    let late = School.ranking(Tutor(), diary.fold, now: diary.now + 60 * Diary.day)
    #expect(soon.first?.item.text.hasPrefix("adding") == false)
    #expect(late.first?.item.text.hasPrefix("adding") == true)
    #expect(late.first?.reasons.first?.code == .reviewDue)
    #expect((late.first?.dueMilliseconds ?? .max) < diary.now + 60 * Diary.day)
  }

  @Test func `follows a goal`() {
    var diary = Diary()
    for round in 0..<12 { diary.answers("adding-\(round % 4)", true) }
    let now = diary.now + 60_000
    let aimed = School.ranking(Tutor(), diary.fold, goal: "fractions", now: now)
    #expect(aimed.first?.item.text.hasPrefix("multiplying") == true)
    #expect(aimed.first?.reasons.contains { $0.code == .goal } == true)
  }

  @Test(arguments: [41, 42] as [UInt64])
  func `gives the same answer on every replica, in whatever order rows lie`(seed: UInt64) {
    var dice = Dice(state: seed)
    let fold = Diary.random(100, using: &dice).fold
    var again = LearnerFold(learner: fold.learner)
    for (item, row) in fold.items.sorted(by: { $0.key > $1.key }) { again.items[item] = row }
    for (skill, row) in fold.skills.sorted(by: { $0.key > $1.key }) { again.skills[skill] = row }
    let tutor = Tutor(weights: .random(seed: seed))
    #expect(School.ranking(tutor, fold) == School.ranking(tutor, again), "seed \(seed)")
  }

  @Test func `settles ties by the item's id`() {
    let tutor = Tutor()
    let skill = [SkillID(checked: "s")]
    let course = tutor.prepare(
      candidates: ["d", "b", "a", "c"].map {
        Candidate(item: ItemID(checked: $0), skills: skill, position: 0)
      })
    let ranking = tutor.recommend(
      from: course, fold: LearnerFold(), goal: nil, nowMilliseconds: 0, limit: 3)
    #expect(ranking.map(\.item.text) == ["a", "b", "c"])
  }

  @Test func `believes an author's difficulty until a model knows better`() {
    let tutor = Tutor()
    func chance(_ difficulty: Double?) -> Double {
      tutor.predict(
        item: ItemID(checked: "cold"), skills: [SkillID(checked: "s")], difficulty: difficulty,
        fold: LearnerFold(), nowMilliseconds: 0)
    }
    #expect(chance(0.1) > chance(nil))
    #expect(chance(0.9) < chance(nil))
    #expect((0.5...0.8).contains(chance(nil)))
  }
}

@Suite struct `Reasons` {
  @Test(arguments: ReasonCode.allCases)
  func `have words in both languages`(code: ReasonCode) {
    let reason = Reason(
      code: code, weight: 0.1,
      arguments: Reason.Arguments(skill: SkillID(checked: "adding"), percent: 60, days: 3))
    let (english, chinese) = (reason.text(in: .english), reason.text(in: .chinese))
    #expect(!english.isEmpty && english.utf8.allSatisfy { $0 < 128 })
    #expect(chinese.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) })
    #expect(reason.text(in: .english, skillTitle: "Sums") != "" && chinese != english)
  }

  @Test(arguments: 70..<78 as Range<UInt64>)
  func `asks the network of the promising alone, and misses none`(seed: UInt64) {
    var dice = Dice(state: seed)
    let skills = (0..<20).map { SkillID(checked: "skill-\($0)") }
    let candidates = (0..<1500).map { number in
      Candidate(
        item: ItemID(checked: "item-\(number)"), skills: [skills[number % 20]],
        difficulty: Double.random(in: 0...1, using: &dice), position: number / 3)
    }
    var diary = Diary()
    for _ in 0..<150 {
      let candidate = candidates[Int.random(in: 0..<300, using: &dice)]
      diary.answers(
        candidate.item.text, Bool.random(using: &dice), skills: candidate.skills.map(\.text),
        after: Int64.random(in: 0...40_000, using: &dice))
      if Int.random(in: 0..<9, using: &dice) == 0 {
        diary.says(.tooHard, of: candidate.item.text, skills: candidate.skills.map(\.text))
      }
    }
    let tutor = Tutor(weights: .random(seed: seed))
    let course = tutor.prepare(
      candidates: candidates, prerequisites: [skills[3]: [skills[1]], skills[4]: [skills[3]]])
    func ranking(_ limit: Int) -> [Recommendation] {
      tutor.recommend(
        from: course, fold: diary.fold, goal: seed % 2 == 0 ? skills[4] : nil,
        nowMilliseconds: diary.now + 60_000, limit: limit)
    }
    // With room for all, every candidate is asked for.
    let all = ranking(1500)
    #expect(all.count == 1500)
    for limit in [1, 10, 96, 400] {
      #expect(ranking(limit) == Array(all.prefix(limit)), "seed \(seed), limit \(limit)")
    }
  }

  @Test(arguments: [51, 52] as [UInt64])
  func `name what really moved the score or the prediction`(seed: UInt64) {
    var dice = Dice(state: seed)
    var diary = Diary()
    for _ in 0..<30 {
      let candidate = School.candidates[Int.random(in: 0..<8, using: &dice)]
      diary.answers(
        candidate.item.text, Bool.random(using: &dice), skills: candidate.skills.map(\.text))
    }
    let tutor = Tutor(weights: .random(seed: seed))
    let course = tutor.prepare(
      candidates: School.candidates, prerequisites: School.prerequisites)
    let view = LearnerView(
      tutor, course, diary.fold, bias: PersonalBias(), nowMilliseconds: diary.now)
    let foretold = view.foretell()
    for index in course.candidates.indices {
      let situation = Path.Situation(
        probability: foretold[index].probability,
        pathValue: 0.5, earliness: 0.5,
        skills: SkillMap(view, goal: nil).situation(of: [0]), item: view.itemState(index))
      let explanation = Explanation(view, index, situation)
      var terms: [ReasonCode: Float] = [:]
      Path.weigh(situation) { terms[$0] = $1 }
      let moved = explanation.contributions()
      #expect(moved.count == FeatureGroup.allCases.count)
      for reason in explanation.reasons() {
        let isTerm = terms[reason.code].map { Double($0) == reason.weight } ?? false
        let isMove = moved.contains { $0.code == reason.code && Double($0.weight) == reason.weight }
        #expect(isTerm || isMove, "seed \(seed), \(reason.code)")
      }
    }
  }
}

@Suite struct `Progress and trial` {
  @Test func `mastery grows with right answers and fades in the forecast`() throws {
    var diary = Diary()
    diary.answers("adding-0", true)
    let one = try #require(
      Tutor().progress(fold: diary.fold, nowMilliseconds: diary.now).skills.first)
    for item in 1..<8 { diary.answers("adding-\(item)", true) }
    let many = try #require(
      Tutor().progress(fold: diary.fold, nowMilliseconds: diary.now).skills.first)

    #expect(many.mastery > one.mastery)
    #expect(many.attempts == 8 && many.correct == 8)
    #expect(many.forecast < many.mastery && many.forecast > 0)
    #expect((many.dueMilliseconds ?? 0) > diary.now)
    #expect((0...1).contains(many.mastery))
  }

  @Test func `a trial tells the better model by the learner's own records`() {
    var diary = Diary()
    for round in 0..<40 { diary.answers("adding-\(round % 4)", round % 4 != 3) }
    let result = trial(.random(seed: 8), against: nil, records: diary.records)
    #expect(result.count == 40)
    #expect(result.currentLogLoss < result.candidateLogLoss)
    let same = trial(.baseline, against: nil, records: diary.records)
    #expect(same.candidateLogLoss == same.currentLogLoss)
    #expect(trial(.baseline, against: nil, records: []).count == 0)
  }
}
