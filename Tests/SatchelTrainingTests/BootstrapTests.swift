import SatchelCore
import SatchelTutor
import Testing

@testable import SatchelTraining

@Suite struct `Intervals by learner` {
  private func judged(learners: Int = 30, answers: Int = 30) throws -> Judgement {
    let rows = try Classroom.rows(learners: learners, answers: answers)
    return try Judgement(.baseline, rows)
  }

  @Test func `count every learner once as the figures themselves do`() throws {
    let judgement = try judged()
    let bootstrap = Bootstrap(judgement)

    let whole = bootstrap.metrics([Double](repeating: 1, count: 30))

    #expect(whole.count == judgement.metrics.count)
    for (name, path) in Metrics.figures {
      #expect(
        (whole[keyPath: path] - judgement.metrics[keyPath: path]).magnitude < 1e-9, "\(name)")
    }
  }

  @Test func `weigh a learner who was drawn twice as if she had come twice`() throws {
    let rows = try Classroom.rows(learners: 6, answers: 25)
    let twin = rows.filter { $0.learner == "s002" }.map { row in
      var row = row
      row.learner = "twin"
      return row
    }
    let others = rows.filter { $0.learner != "s005" }

    let drawn = Bootstrap(try Judgement(.baseline, rows)).metrics([1, 2, 1, 1, 0, 1])
    let copied = try Judgement(.baseline, others + twin).metrics

    for (name, path) in Metrics.figures {
      #expect((drawn[keyPath: path] - copied[keyPath: path]).magnitude < 1e-9, "\(name)")
    }
  }

  @Test func `hold the figure, repeat themselves for a seed, and narrow with more learners`() throws
  {
    let few = try judged(learners: 12)
    let many = try judged(learners: 120)

    let (lower, upper) = Bootstrap(few).intervals(seed: 5, resamples: 200)
    let again = Bootstrap(few).intervals(seed: 5, resamples: 200)
    let wide = upper.auc - lower.auc
    let (low, high) = Bootstrap(many).intervals(seed: 5, resamples: 200)

    #expect(again.lower == lower && again.upper == upper)
    #expect(Bootstrap(few).intervals(seed: 6, resamples: 200).lower != lower)
    #expect(lower.auc < few.metrics.auc && few.metrics.auc < upper.auc)
    #expect(lower.logLoss < few.metrics.logLoss && few.metrics.logLoss < upper.logLoss)
    #expect(high.auc - low.auc < wide)
  }

  @Test func `hold the truth about as often as they say`() {
    // 60 classes whose answers are right with the probability that was foretold: the expected log loss is known.
    var random = SeededRandom(seed: 11)
    var held = 0
    let classes = 60
    for _ in 0..<classes {
      let shares = (0..<400).map { _ in 0.05 + 0.9 * random.uniform() }
      let rows = shares.enumerated().map { place, share in
        Interaction(
          learner: "l\(place / 10)", item: ItemID(checked: "i"), skills: [],
          isCorrect: random.uniform() < share)
      }
      let truth =
        shares.map { share in
          share * Metrics.logLoss(share, true) + (1 - share) * Metrics.logLoss(share, false)
        }.reduce(0, +) / 400
      let judgement = Judgement(of: rows, probabilities: shares)
      let (lower, upper) = Bootstrap(judgement).intervals(seed: 1, resamples: 200)
      if lower.logLoss <= truth, truth <= upper.logLoss { held += 1 }
    }
    // 95 % of 60 is 57; fewer than 50 would be wrong once in ten thousand times.
    #expect(held >= 50)
  }
}

@Suite struct `Groups of a card` {
  @Test func `join what has fewer than five learners, and lose no row`() throws {
    let rows = try Classroom.rows(learners: 9, answers: 20)
    let grouping = CardGrouping(try Judgement(.baseline, rows))
    var parts = (0..<4).map { CardGrouping.Part("\($0)") }
    for place in grouping.judgement.judged.indices {
      // Learners 0 and 1 alone fill the first part, learner 2 the last; the others the middle.
      let learner = Int(grouping.judgement.learner[place])
      parts[learner < 2 ? 0 : learner == 2 ? 3 : 1 + place % 2].rows.append(place)
    }

    let groups = grouping.groups(parts)

    #expect(!groups.isEmpty && groups.allSatisfy { $0.learners >= CardGroup.learnersMin })
    #expect(groups.map(\.rows).reduce(0, +) == rows.count)
    #expect(groups.map(\.label) == ["0–1", "2–3"])
  }

  @Test func `show nothing of a class of four`() throws {
    let rows = try Classroom.rows(learners: 4, answers: 40)
    let judgement = try Judgement(.baseline, rows)
    let grouping = CardGrouping(judgement)
    #expect(grouping.byEarlierRows().isEmpty && grouping.bySkill().isEmpty)
    #expect(grouping.calibration().isEmpty && grouping.byStrength().isEmpty)
    #expect(throws: SatchelError.self) {
      try ModelCard(
        bytes: Weights.baseline.encoded(), judgement: judgement, interactions: rows, split: .all,
        sources: [])
    }
  }

  @Test func `hide a skill of few learners among the others, also from subtraction`() throws {
    var rows = try Classroom.rows(learners: 12, answers: 30)
    // A skill that only two learners met: alone in the rest it would be shown by what is left over.
    for row in rows.indices where rows[row].learner < "s003" && row % 5 == 0 {
      rows[row].skills = [SkillID(checked: "rare")]
    }
    let groups = CardGrouping(try Judgement(.baseline, rows)).bySkill()
    #expect(!groups.contains { $0.label == "rare" })
    #expect(groups.last?.label == CardWords.rest)
    #expect(groups.allSatisfy { $0.learners >= CardGroup.learnersMin })
    #expect(groups.map(\.rows).reduce(0, +) == rows.count)
  }

  @Test func `sort rows by what came before them`() throws {
    let rows = try Classroom.rows(learners: 10, answers: 40)
    let grouping = CardGrouping(try Judgement(.baseline, rows))
    let before = grouping.byEarlierRows()
    #expect(before.map(\.label) == ["0", "1–4", "5–19", "20–99"])
    #expect(before[0].rows == 10 && before[1].rows == 40 && before[2].rows == 150)
    let strength = grouping.byStrength()
    #expect(strength.count == 3)
    #expect(strength[0].baseRate < strength[2].baseRate)
    #expect(grouping.calibration().map(\.rows).reduce(0, +) == rows.count)
  }
}

extension Judgement {
  /// Predictions from elsewhere.
  init(of interactions: [Interaction], probabilities: [Double]) {
    let rows = CleanedRows(interactions)
    self.init(
      rows, judged: Array(interactions.indices), probabilities: probabilities,
      isFirst: interactions.map { _ in true }, earlier: interactions.map { _ in 0 },
      earlierRight: interactions.map { _ in 0 })
  }
}
