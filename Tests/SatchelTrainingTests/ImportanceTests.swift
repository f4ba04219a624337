import SatchelCore
import SatchelTutor
import Testing

@testable import SatchelTraining

@Suite struct `The importance of features` {
  @Test func `knows every input of the schema once as a feature, once in its group`() {
    let columns = FeatureInputs.features.flatMap(\.columns)
    #expect(columns.sorted() == Array(0..<FeatureSchema.count))
    #expect(FeatureInputs.groups.flatMap(\.columns).sorted() == columns.sorted())
    for feature in FeatureInputs.features {
      #expect(feature.columns.allSatisfy { FeatureSchema.groups[$0] == feature.group })
    }
    #expect(Set(FeatureInputs.features.map(\.name)).count == FeatureInputs.features.count)
  }

  @Test func `is nothing for what has no voice, and most for what the answers hang on`() throws {
    let rows = try Classroom.rows(learners: 30, answers: 30)
    var options = Classroom.quick(epochs: 4)
    let silent = try #require(FeatureSchema.names.firstIndex { $0.name == "learner_mean" })
    options.excludedFeatures = [silent]
    let weights = try Trainer(options: options).train(rows).weights

    let importance = try Importance(weights, rows, seed: 3)
    let again = try Importance(weights, rows, seed: 3)

    #expect(again.features == importance.features && again.groups == importance.groups)
    let judged = try evaluate(weights, interactions: rows).metrics
    #expect(importance.rows == rows.count)
    #expect((importance.logLoss - judged.logLoss).magnitude < 1e-9)
    #expect((importance.auc - judged.auc).magnitude < 1e-3)
    #expect(importance.features[silent].logLossIncrease.magnitude < 1e-12)
    #expect(importance.features[silent].aucDecrease.magnitude < 1e-12)
    let difficulty = try #require(importance.groups.first { $0.inputs.group == .itemDifficulty })
    #expect(difficulty.logLossIncrease > 0.005 && difficulty.aucDecrease > 0.01)
    #expect(
      difficulty.logLossIncrease
        > importance.features.map(\.logLossIncrease).reduce(0, +)
        / Double(importance.features.count))
  }

  @Test func `is judged by the validation learners, never by the test's`() throws {
    let rows = try Classroom.rows(learners: 20, answers: 20)
    let folds = Classroom.folds(rows)
    let changed = rows.map { row in
      var row = row
      if folds[row.learner] == 2 { row.isCorrect.toggle() }
      return row
    }
    let first = try Importance(.baseline, rows, folds: folds, fold: 2)
    let second = try Importance(.baseline, changed, folds: folds, fold: 2)
    #expect(first.rows == rows.count { folds[$0.learner] == 3 })
    #expect(first.groups == second.groups && first.logLoss == second.logLoss)
  }

  @Test func `scores in bins as it would row by row`() {
    var random = SeededRandom(seed: 8)
    var binned = BinnedScore()
    var probabilities: [Double] = []
    var happened: [Bool] = []
    for _ in 0..<5000 {
      let probability = random.uniform()
      let isCorrect = random.uniform() < probability
      binned.add(probability, isCorrect)
      probabilities.append(probability)
      happened.append(isCorrect)
    }
    #expect((binned.auc - Metrics.auc(probabilities, happened)).magnitude < 1e-4)
    let metrics = Metrics(
      probabilities: probabilities, isCorrect: happened, isFirst: happened.map { _ in true })
    #expect((binned.logLoss - metrics.logLoss).magnitude < 1e-9)
  }
}

@Suite struct `Training without some features` {
  @Test func `keeps them out of the model for good`() throws {
    let rows = try Classroom.rows(learners: 20, answers: 20)
    var options = Classroom.quick(epochs: 1)
    let difficulty = try #require(FeatureInputs.groups.first { $0.group == .itemDifficulty })
    options.excludedFeatures = Set(difficulty.columns)

    let weights = try Trainer(options: options).train(rows).weights

    for column in difficulty.columns where column < FeatureSchema.computed {
      #expect(weights.scales[column] == 0)
    }
    let (items, skills) = (weights.tables.items, weights.tables.skills)
    for row in items.hashes.indices {
      #expect((ModelTables.itemNumbers..<items.width).allSatisfy { items.value(row, $0) == 0 })
    }
    for row in skills.hashes.indices {
      #expect((ModelTables.skillNumbers..<skills.width).allSatisfy { skills.value(row, $0) == 0 })
    }
    // The device foretells as training did: what was excluded has no way back in.
    let back = try Weights(bytes: weights.encoded())
    let judged = try Importance(back, rows)
    let effect = try #require(judged.groups.first { $0.inputs.group == .itemDifficulty })
    #expect(effect.logLossIncrease.magnitude < 1e-12)
  }

  @Test func `keeps the recurrent state out with its group`() throws {
    let rows = try Classroom.rows(learners: 12, answers: 20)
    var options = Classroom.quick(epochs: 2)
    let level = try #require(FeatureInputs.groups.first { $0.group == .overallLevel })
    #expect(FeatureSchema.recurrent.allSatisfy { level.columns.contains($0) })
    options.excludedFeatures = Set(level.columns)

    let weights = try Trainer(options: options).train(rows).weights

    let judged = try Importance(try Weights(bytes: weights.encoded()), rows)
    let effect = try #require(judged.groups.first { $0.inputs.group == .overallLevel })
    #expect(effect.logLossIncrease.magnitude < 1e-12)
    #expect(judged.groups.contains { $0.logLossIncrease.magnitude > 1e-4 })
  }

  @Test func `shows what each group is worth, on validation learners alone`() throws {
    let rows = try Classroom.rows(learners: 30, answers: 20)
    let folds = Classroom.folds(rows)
    let changed = rows.map { row in
      var row = row
      if folds[row.learner] == 0 { row.isCorrect.toggle() }
      return row
    }
    let options = Classroom.quick(epochs: 1)
    var asked: [String?] = []
    let first = try Dropping(
      rows, folds: folds, fold: 0, options: options, progress: { asked.append($0) })
    let second = try Dropping(changed, folds: folds, fold: 0, options: options)

    #expect(first.groups == second.groups && first.whole == second.whole)
    #expect(first.whole.count == rows.count { folds[$0.learner] == 1 })
    #expect(first.groups.count == FeatureGroup.allCases.count)
    #expect(asked.count == first.groups.count + 2)
    #expect(first.otherSeed != first.whole && first.otherSeed.count == first.whole.count)
    for effect in first.groups {
      #expect(effect.logLossIncrease == effect.metrics.logLoss - first.whole.logLoss)
    }
    #expect(first.groups.contains { $0.logLossIncrease != 0 })
  }
}
