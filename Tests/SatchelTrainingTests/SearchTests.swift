import SatchelCore
import SatchelTutor
import Testing

@testable import SatchelTraining

@Suite struct `Cross-validation` {
  @Test(arguments: [3, 5])
  func `tests every learner once, and no learner whom it has seen`(folds: Int) throws {
    let rows = try Classroom.rows(learners: 25, answers: 15)
    var told: [Int] = []
    let result = try CrossValidation(options: Classroom.quick(epochs: 1), folds: folds).run(
      rows, folds: nil, note: { round, _ in told.append(round) })

    #expect(told == Array(0..<folds))
    #expect(result.rounds.map(\.count).reduce(0, +) == rows.count)
    #expect(result.mean.count == rows.count)
    let aucs = result.rounds.map(\.auc)
    let mean = aucs.reduce(0, +) / Double(folds)
    #expect((result.mean.auc - mean).magnitude < 1e-12)
    let variance = aucs.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(folds - 1)
    #expect((result.deviation.auc - variance.squareRoot()).magnitude < 1e-12)
    #expect(result.deviation.auc > 0)
  }

  @Test func `uses given folds as a single training does`() throws {
    let rows = try Classroom.rows(learners: 20, answers: 15)
    let folds = Classroom.folds(rows)
    let options = Classroom.quick(epochs: 1)
    let result = try CrossValidation(options: options).run(rows, folds: folds, note: { _, _ in })
    let single = try Trainer(options: options).train(rows, folds: folds, fold: 3).report.test
    #expect(result.rounds[3] == single)
  }

  @Test func `refuses folds without learners, and learners without a fold`() throws {
    let rows = try Classroom.rows(learners: 6, answers: 5)
    let cross = CrossValidation(options: Classroom.quick(epochs: 1))
    for folds in [
      ["s001": 0], Dictionary(uniqueKeysWithValues: Set(rows.map(\.learner)).map { ($0, 1) }),
    ] {
      #expect(throws: SatchelError.self) { try cross.run(rows, folds: folds, note: { _, _ in }) }
    }
  }
}

@Suite struct `The search for hyperparameters` {
  @Test func `is the same for a seed, keeps the default in, and orders by log loss`() throws {
    let rows = try Classroom.rows(learners: 20, answers: 15)
    let folds = Classroom.folds(rows)
    let search = HyperparameterSearch(options: Classroom.quick(epochs: 4), trials: 5, seed: 3)
    var told = 0
    let first = try search.run(rows, folds: folds, fold: 0, note: { _ in told += 1 })
    let second = try search.run(rows, folds: folds, fold: 0)

    #expect(first.map(\.options) == second.map(\.options))
    #expect(first.map(\.metrics) == second.map(\.metrics))
    #expect(Set(first.map(\.number)) == Set(0..<5))
    let finalists = first.filter { $0.epochs == 4 }
    #expect(finalists.contains { $0.number == 0 })
    #expect(first.prefix(finalists.count).map(\.number) == finalists.map(\.number))
    let losses = finalists.map(\.metrics.logLoss)
    #expect(losses == losses.sorted())
    // Five at a quarter of the epochs, three or four at half, the rest at all: fewer than fifteen trainings.
    #expect(told < 15 && first.contains { $0.epochs < 4 })
    let other = HyperparameterSearch(options: Classroom.quick(epochs: 4), trials: 5, seed: 4)
    #expect(try other.run(rows, folds: folds, fold: 0).map(\.options) != first.map(\.options))
  }

  @Test func `never sees the test learners`() throws {
    let rows = try Classroom.rows(learners: 20, answers: 15)
    let folds = Classroom.folds(rows)
    let changed = rows.map { row in
      var row = row
      if folds[row.learner] == 4 { row.isCorrect.toggle() }
      return row
    }
    let search = HyperparameterSearch(options: Classroom.quick(epochs: 2), trials: 2, seed: 1)
    let first = try search.run(rows, folds: folds, fold: 4, validations: 4)
    let second = try search.run(changed, folds: folds, fold: 4, validations: 4)
    #expect(first.map(\.metrics) == second.map(\.metrics))
    // Each of the other four folds validated once.
    #expect(first[0].metrics.count == rows.count { folds[$0.learner] != 4 })
    #expect(first[0].deviation.logLoss > 0)
  }

  @Test func `draws within its bounds and writes what it drew`() {
    var random = SeededRandom(seed: 2)
    for _ in 0..<200 {
      let options = Hyperparameter.drawn(from: TrainingOptions(), &random)
      #expect((0.99e-3...1.01e-2).contains(Double(options.learningRate)))
      #expect((0.99e-3...0.101).contains(Double(options.weightDecay)))
      #expect((0...0.3).contains(options.dropout) && (0...0.5).contains(options.itemDropout))
      #expect([128, 256, 512, 1024].contains(options.batchRows))
      for parameter in Hyperparameter.all {
        var copy = TrainingOptions()
        parameter.write(parameter.value(of: options), &copy)
        #expect(parameter.value(of: copy) == parameter.value(of: options), "\(parameter.name)")
      }
    }
    #expect(Set(Hyperparameter.all.map(\.name)).count == Hyperparameter.all.count)
  }
}
