import SatchelCore
import SatchelTutor
import Testing

@testable import SatchelTraining

/// What training does with more data than may be in memory at a time.
@Suite struct `Data in portions` {
  @Test func `larger data than a portion are learned from as well, on one thread or two`() throws {
    let rows = try Classroom.rows(learners: 60, answers: 50)
    let folds = Classroom.folds(rows)
    var options = Classroom.quick(epochs: 6)
    let whole = try Trainer(options: options).train(rows, folds: folds, fold: 0)
    options.portionRows = 400
    let cut = try Trainer(options: options).train(rows, folds: folds, fold: 0)
    options.threads = 2
    let again = try Trainer(options: options).train(rows, folds: folds, fold: 0)

    #expect(cut.weights == again.weights)
    // Other rows stand in a batch together, so it is another model, and as good a one.
    #expect(cut.weights != whole.weights)
    let figures = try (#require(cut.report.test), #require(whole.report.test))
    #expect((figures.0.logLoss - figures.1.logLoss).magnitude < 0.02)
    #expect(cut.predictions.map(\.row) == whole.predictions.map(\.row))
    let device = try evaluate(cut.weights, interactions: rows, folds: folds, fold: 0)
    #expect(device.predictions.map(\.probability) == cut.predictions.map(\.probability))
  }

  @Test func `teachers that have portions each say the same on one thread or two`() throws {
    let rows = try Classroom.rows(learners: 30, answers: 30)
    var options = Classroom.quick(epochs: 2)
    (options.portionRows, options.teachers) = (200, 2)
    let one = try Trainer(options: options).train(rows)
    options.threads = 2
    #expect(try Trainer(options: options).train(rows).weights == one.weights)
  }

  @Test func `data as large as a portion are one`() throws {
    let rows = try Classroom.rows(learners: 20, answers: 20)
    var options = Classroom.quick(epochs: 2)
    let whole = try Trainer(options: options).train(rows)
    options.portionRows = rows.count
    #expect(try Trainer(options: options).train(rows).weights == whole.weights)
  }

  @Test func `a portion has whole learners, and no more rows than it may have`() throws {
    let (rows, portions) = try cutRows(rowsMax: 70)
    let learners = Array(rows.learners.indices.reversed())
    let pieces = portions.cut(learners)
    #expect(pieces.count > 2 && Array(pieces.joined()) == learners)
    for piece in pieces {
      #expect(piece.reduce(0) { $0 + rows.rowsOfLearner[$1].count } <= 70)
    }
    #expect(portions.cut([]).isEmpty)
  }

  @Test func `a learner with more rows than a portion is one alone`() throws {
    let (rows, portions) = try cutRows(rowsMax: 1)
    let pieces = portions.cut(Array(rows.learners.indices))
    #expect(pieces == rows.learners.indices.map { [$0] })
  }

  @Test func `every portion has the inputs that all of the data together have`() throws {
    let (rows, portions) = try cutRows(rowsMax: 70)
    let (_, whole) = try cutRows(rowsMax: .max)
    let chosen = stride(from: rows.count - 1, through: 0, by: -3).map { $0 }
    var all: [Float] = []
    whole.forEach(of: chosen) { dataset, places in
      #expect(places == Array(chosen.indices))
      for place in places { all += inputs(chosen[place], dataset) }
    }
    var met = 0
    var portionCount = 0
    let width = FeatureSchema.computed
    portions.forEach(of: chosen) { dataset, places in
      portionCount += 1
      met += places.count
      for place in places {
        #expect(inputs(chosen[place], dataset) == all[place * width..<(place + 1) * width])
      }
    }
    #expect(met == chosen.count && portionCount > 2)
    let scaling = (portions.scaling(over: chosen), whole.scaling(over: chosen))
    for (ones, others) in [
      (scaling.0.means, scaling.1.means), (scaling.0.scales, scaling.1.scales),
    ] {
      for (one, other) in zip(ones, others) {
        #expect((one - other).magnitude <= 1e-4 * max(1, other.magnitude))
      }
    }
  }

  @Test func `more rows are passed fewer times`() throws {
    let options = TrainingOptions()
    let limit = Trainer.usualVisitsMax
    #expect(options.affordable(rows: 1_000_000, visitsMax: limit) == options)
    var before = options
    for rows in stride(from: 1_000_000, through: 80_000_000, by: 500_000) {
      let now = options.affordable(rows: rows, visitsMax: limit)
      #expect(now.passes * rows <= limit)
      #expect(now.passes <= before.passes && now.teachers <= before.teachers)
      // Another epoch of everybody would be too much.
      var more = now
      more.epochs += 1
      #expect(now.epochs == options.epochs || more.passes * rows > limit)
      before = now
    }
    #expect(options.affordable(rows: 2_250_000, visitsMax: limit).teachers == 3)
    let most = options.affordable(rows: 10_000_000_000, visitsMax: limit)
    #expect(most.epochs == 1 && most.teachers == 0)

    let rows = try Classroom.rows(learners: 30, answers: 30)
    let few = try Trainer(options: Classroom.quick(epochs: 8), visitsMax: 2_000).train(rows).report
    #expect((1...4).contains(few.epochs) && few.options.epochs == few.epochs)
  }

  private func inputs(_ row: Int, _ dataset: Dataset) -> ArraySlice<Float> {
    let start = dataset.place(of: row) * FeatureSchema.computed
    return dataset.inputs[start..<start + FeatureSchema.computed]
  }

  private func cutRows(rowsMax: Int) throws -> (CleanedRows, Portions) {
    let rows = CleanedRows(try Classroom.rows(learners: 9, answers: 30))
    let statistics = Statistics(
      rows, try Split(learners: rows.learners, folds: nil, fold: nil), vectorAnswersMin: 100)
    let features = Features(tables: statistics.tables(without: nil))
    return (rows, Portions(rows, rowsMax: rowsMax, threads: 2) { _ in features })
  }
}
