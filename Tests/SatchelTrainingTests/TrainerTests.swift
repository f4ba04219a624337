import SatchelCore
import SatchelTutor
import Testing

@testable import SatchelTraining

@Suite struct `Training a model` {
  @Test func `follows the true gradient`() {
    var random = SeededRandom(seed: 4)
    let count = 5
    var batch = Backpropagation(capacity: count)
    for index in batch.inputs.indices { batch.inputs[index] = Float(random.normal()) }
    for row in 0..<count {
      for head in 0..<Network.heads {
        batch.targets[row * Network.headStride + head] = Float(random.uniform())
      }
      batch.targets[row * Network.headStride] = row % 2 == 0 ? 1 : 0
    }
    batch.targets[2] = -1
    var parameters = (0..<Network.parameterCount).map { _ in Float(random.normal() * 0.15) }
    batch.forward(parameters, count: count)
    _ = batch.backward(parameters, count: count)
    let gradient = batch.gradient

    for part in Network.Part.allCases {
      for _ in 0..<4 {
        var place = part.range.lowerBound + random.below(part.range.count)
        if part == .weights3 || part == .bias3 { place -= place % Network.headStride }
        let kept = parameters[place]
        var losses: [Double] = []
        for step in [Float(2e-2), -2e-2] {
          parameters[place] = kept + step
          batch.forward(parameters, count: count)
          losses.append(loss(batch, count))
        }
        parameters[place] = kept
        let numeric = (losses[0] - losses[1]) / 4e-2
        #expect((numeric - Double(gradient[place])).magnitude < 2e-2 * max(0.1, numeric.magnitude))
      }
    }
  }

  @Test func `follows the true gradient back through time`() throws {
    var random = SeededRandom(seed: 6)
    var parameters = (0..<Network.parameterCount).map { _ in Float(random.normal() * 0.3) }
    let sequences = Sequences(CleanedRows(try Classroom.rows(learners: 3, answers: 9)))
    let batch = StretchBatch([0..<7, 9..<13, 18..<19], of: sequences)
    var pass = RecurrentPass(capacity: batch.rows.count)
    for place in pass.answers.indices { pass.answers[place] = Float(random.normal()) }
    // What is asked of the states: any linear function of them.
    let slopes = (0..<batch.rows.count * Network.units).map { _ in Float(random.normal()) }
    func loss() -> Double {
      pass.forward(Network(parameters: parameters), batch)
      return zip(pass.states, slopes).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    _ = loss()
    var gradient = [Float](repeating: 0, count: parameters.count)
    pass.backward(Network(parameters: parameters), batch, slopes: slopes, into: &gradient)
    let vectorGradient = pass.vectorGradient

    for part in [Network.Part.answerGates, .gateBias, .stateGates, .candidateBias] {
      for _ in 0..<6 {
        let place = part.range.lowerBound + random.below(part.range.count)
        let kept = parameters[place]
        let losses = [Float(1e-2), -1e-2].map { step in
          parameters[place] = kept + step
          return loss()
        }
        parameters[place] = kept
        let numeric = (losses[0] - losses[1]) / 2e-2
        #expect((numeric - Double(gradient[place])).magnitude < 2e-2 * max(1, numeric.magnitude))
      }
    }
    for row in [0, 4, 9] {
      let place = row * FeatureSchema.answerCount + 5
      let kept = pass.answers[place]
      let losses = [Float(1e-2), -1e-2].map { step in
        pass.answers[place] = kept + step
        return loss()
      }
      pass.answers[place] = kept
      let numeric = (losses[0] - losses[1]) / 2e-2
      let told = Double(vectorGradient[row * ModelTables.skillVector + 5])
      #expect((numeric - told).magnitude < 2e-2 * max(1, numeric.magnitude))
    }
  }

  @Test func `cuts learners' answers into stretches that hold each once`() throws {
    let rows = CleanedRows(try Classroom.rows(learners: 5, answers: 70))
    let sequences = Sequences(rows)
    var random = SeededRandom(seed: 3)
    let stretches = sequences.stretches(of: [0, 2, 4], &random)
    #expect(stretches.flatMap { $0 }.sorted() == [0, 2, 4].flatMap { sequences.ranges[$0] })
    #expect(stretches.allSatisfy { (1...Network.windowLength + 1).contains($0.count) })
    #expect(sequences.stretches(of: [0, 2, 4], &random) != stretches)

    let batch = StretchBatch([0..<3, 10..<15, 20..<21], of: sequences)
    #expect(
      batch.rows.map { Int($0) }
        == [10, 0, 20, 11, 1, 12, 2, 13, 14].map { Int(sequences.rows[$0]) })
    #expect(batch.starts == [0, 3, 5, 7, 8, 9])
  }

  @Test func `beats the items' means on a simulated class`() throws {
    let rows = try Classroom.rows(learners: 60, answers: 50)
    let folds = Classroom.folds(rows)
    var losses: [Double] = []
    let (weights, report, predictions) = try Trainer(options: Classroom.quick(epochs: 8)).train(
      rows, folds: folds, fold: 0, progress: { losses.append($2) })
    let test = try #require(report.test)

    #expect(losses.count >= 2 && losses.allSatisfy { $0.isFinite })
    #expect(report.train.logLoss < report.validation.logLoss + 0.05)
    #expect(test.auc > itemMeansAUC(rows, folds))
    #expect(test.logLoss < 0.69)
    #expect(predictions.map(\.row) == rows.indices.filter { folds[rows[$0].learner] == 0 })
    #expect(report.bytes == weights.encoded().count)
    #expect(report.validation.count + report.train.count + test.count == rows.count)
    // Whole numbers cost next to nothing; not nothing, or nothing was rounded.
    #expect(report.roundingLoss.magnitude < 0.001 && report.roundingLoss != 0)
  }

  @Test func `gives the device the probabilities that it was judged by`() throws {
    let rows = try Classroom.rows(learners: 20, answers: 30)
    let folds = Classroom.folds(rows)
    let (weights, report, predictions) = try Trainer(options: Classroom.quick()).train(
      rows, folds: folds, fold: 2)
    let back = try Weights(bytes: weights.encoded())

    let judged = try evaluate(back, interactions: rows, folds: folds, fold: 2)
    #expect(judged.metrics == report.test)
    #expect(judged.predictions.elementsEqual(predictions, by: ==))

    // And row by row as an app would ask, from the folded rows as a store keeps them: to the last bit.
    let tutor = Tutor(weights: back)
    var kept: [String: LearnerFold] = [:]
    let offline = Dictionary(
      uniqueKeysWithValues: try evaluate(back, interactions: rows).predictions.map {
        ($0.row, $0.probability)
      })
    #expect(offline.count == rows.count)
    for (row, interaction) in rows.enumerated() {
      var fold = kept[interaction.learner] ?? LearnerFold()
      let asked = tutor.predict(
        item: interaction.item, skills: interaction.skills, difficulty: nil, fold: fold,
        nowMilliseconds: interaction.timestampMilliseconds ?? 0)
      #expect(asked == offline[row], "row \(row)")
      TutorProjection().fold([record(interaction, row)], into: &fold)
      kept[interaction.learner] = fold
    }
  }

  @Test func `repeats itself for a seed, on one thread or two`() throws {
    let rows = try Classroom.rows(learners: 15, answers: 20)
    let first = try Trainer(options: Classroom.quick(epochs: 2)).train(rows)
    var twice = Classroom.quick(epochs: 2)
    twice.threads = 2
    let second = try Trainer(options: twice).train(rows)
    #expect(first.weights.encoded() == second.weights.encoded())
    var other = Classroom.quick(epochs: 2)
    other.seed = 2
    #expect(try Trainer(options: other).train(rows).weights != first.weights)
  }

  @Test func `learns from teachers for all of half as many epochs more`() throws {
    let rows = try Classroom.rows(learners: 15, answers: 20)
    var options = Classroom.quick(epochs: 2)
    options.patience = 1
    let alone = try Trainer(options: options).train(rows)
    options.teachers = 2
    var told: [(epoch: Int, of: Int)] = []
    let taught = try Trainer(options: options).train(
      rows, progress: { epoch, whole, _ in told.append((epoch, whole)) })

    #expect(taught.report.epochs == 3)
    #expect(told.allSatisfy { $0.of == 2 * 2 + 3 } && told.last?.epoch == 7)
    #expect(zip(told, told.dropFirst()).allSatisfy { $0.epoch < $1.epoch })
    #expect(taught.weights.network != alone.weights.network)
    // Two teachers at a time say what they say one after the other.
    options.threads = 2
    #expect(try Trainer(options: options).train(rows).weights == taught.weights)
  }

  @Test func `stops while it judges what it has learned`() throws {
    let rows = try Classroom.rows(learners: 10, answers: 20)
    var told = 0
    #expect(
      code {
        try Trainer(options: Classroom.quick(epochs: 2)).train(
          rows, progress: { _, _, _ in told += 1 }, isCancelled: { told == 2 })
      } == .cancelled)
  }

  @Test func `stops teachers in the middle of their training`() throws {
    let rows = try Classroom.rows(learners: 30, answers: 40)
    var options = Classroom.quick(epochs: 500)
    options.patience = 500
    (options.teachers, options.threads) = (3, 2)
    var told = 0
    #expect(
      code {
        try Trainer(options: options).train(
          rows, progress: { _, _, _ in told += 1 }, isCancelled: { told > 2 })
      } == .cancelled)
    #expect((3..<500).contains(told))
  }

  @Test func `never looks at a row's own answer, nor at later ones`() throws {
    let rows = try Classroom.rows(learners: 12, answers: 30)
    let folds = Classroom.folds(rows)
    let weights = try Trainer(options: Classroom.quick(epochs: 1)).train(
      rows, folds: folds, fold: 0
    ).weights
    let honest = try evaluate(weights, interactions: rows, folds: folds, fold: 0).predictions
    let middle = honest[honest.count / 2].row
    var changed = rows
    for row in middle..<rows.count { changed[row].isCorrect.toggle() }

    let again = try evaluate(weights, interactions: changed, folds: folds, fold: 0).predictions
    for (before, after) in zip(honest, again)
    where before.row <= middle && rows[before.row].learner == rows[middle].learner {
      #expect(before.probability == after.probability)
    }
    #expect(honest.last?.probability != again.last?.probability)
  }

  @Test func `keeps a train row's own answer out of its inputs`() throws {
    let rows = try Classroom.rows(learners: 12, answers: 30)
    var changed = rows
    changed[5].isCorrect.toggle()
    let inputs = try [rows, changed].map { rows in
      let cleaned = CleanedRows(rows)
      let split = try Split(learners: cleaned.learners, folds: nil, fold: nil)
      let statistics = Statistics(cleaned, split, vectorAnswersMin: 100)
      let dataset = Dataset(cleaned, of: cleaned.learners.indices, threads: 2) { learner in
        Features(tables: statistics.tables(without: split.part[learner]))
      }
      let start = dataset.place(of: 5) * FeatureSchema.computed
      return Array(dataset.inputs[start..<start + FeatureSchema.computed])
    }
    #expect(inputs[0] == inputs[1])
  }

  @Test func `takes learners' rows in any interleaving`() throws {
    let rows = try Classroom.rows(learners: 6, answers: 20)
    let weights = try Trainer(options: Classroom.quick(epochs: 1)).train(rows).weights
    let order = rows.indices.sorted {
      (rows[$0].timestampMilliseconds ?? 0, $0) < (rows[$1].timestampMilliseconds ?? 0, $1)
    }
    let mixed = try evaluate(weights, interactions: order.map { rows[$0] }).predictions
    let plain = try evaluate(weights, interactions: rows).predictions
    for (place, row) in order.enumerated() {
      #expect(mixed[place].probability == plain[row].probability)
    }
  }

  @Test func `of shuffled answers makes a model that fails its trial`() throws {
    let rows = try Classroom.rows(learners: 40, answers: 40)
    var random = SeededRandom(seed: 7)
    var answers = rows.map(\.isCorrect)
    random.shuffle(&answers)
    let shuffled = zip(rows, answers).map { row, isCorrect in
      var row = row
      row.isCorrect = isCorrect
      return row
    }
    let options = Classroom.quick(epochs: 2)
    let honest = try Trainer(options: options).train(rows).weights
    let spoilt = try Trainer(options: options).train(shuffled).weights
    // A pupil of another class: what a device has of its own to judge a model by.
    let pupil = try Classroom.rows(learners: 1, answers: 200, seed: 9)
    let records = pupil.enumerated().map { record($1, $0 + 1) }

    let result = trial(spoilt, against: honest, records: records)
    #expect(result.count >= 200)
    #expect(result.candidateLogLoss > result.currentLogLoss + 0.02)
  }

  @Test func `leaves to the device what it could not know of a learner`() throws {
    // Two learners whom a model rates alike: one is right more often than it says, one less.
    let item = Classroom.content.items[0].id
    var random = SeededRandom(seed: 2)
    let rows = (0..<800).map { number in
      Interaction(
        learner: number % 2 == 0 ? "strong" : "weak", item: item, skills: [],
        isCorrect: random.uniform() < (number % 2 == 0 ? 0.75 : 0.45),
        timestampMilliseconds: nil, durationMilliseconds: nil)
    }
    let gain = PersonalGain(rows.indices.map { (row: $0, probability: 0.6) }, of: rows)
    #expect(gain.learners == 2)
    #expect(gain.logLossWith < gain.logLossWithout - 0.01)
    #expect(gain.worst <= PersonalBias.lossMax)
    #expect(PersonalGain([], of: rows) == PersonalGain())
  }

  @Test func `tells the device what learners went on to`() throws {
    // Everybody does ten items in an order of their own, but "b" comes right after "a".
    var random = SeededRandom(seed: 11)
    var rows: [Interaction] = []
    for learner in 0..<60 {
      var items = (0..<8).map { "other-\($0)" }
      random.shuffle(&items)
      items.insert(contentsOf: ["a", "b"], at: random.below(7))
      for item in items {
        rows.append(
          Interaction(
            learner: "l\(learner)", item: try ItemID(item), skills: [],
            isCorrect: random.below(3) > 0, timestampMilliseconds: nil, durationMilliseconds: nil))
      }
    }
    var options = Classroom.quick(epochs: 1)
    options.neighbourBytes = 20_000
    let weights = try Trainer(options: options).train(rows).weights
    let back = try Weights(bytes: weights.encoded())
    #expect(back == weights && back.neighbours != nil)

    let tutor = Tutor(weights: back)
    let items = try ["other-1", "other-2", "a", "b", "never-seen"].map { try ItemID($0) }
    // All at one place of the course, so that nothing else speaks for one of them.
    let course = tutor.prepare(
      candidates: items.map { Candidate(item: $0, skills: [], difficulty: 0.5, position: 0) })
    var fold = LearnerFold()
    TutorProjection().fold([record(rows[0], 1), record(try answer("a"), 2)], into: &fold)
    let ranking = tutor.recommend(
      from: course, fold: fold, goal: nil, nowMilliseconds: 0, limit: 5)
    let reason = ranking.first { $0.item == items[3] }?.reasons.first { $0.code == .othersWentOn }
    #expect(ranking.first?.item == items[3] && reason?.weight ?? 0 > 0.15)
    for other in ranking where other.item != items[3] {
      let weight = other.reasons.first { $0.code == .othersWentOn }?.weight ?? 0
      #expect(weight < 0.15, "\(other.item.text)")
    }
  }

  private func answer(_ item: String) throws -> Interaction {
    Interaction(
      learner: "l0", item: try ItemID(item), skills: [], isCorrect: true,
      timestampMilliseconds: nil, durationMilliseconds: nil)
  }

  @Test func `refuses what it cannot learn from, and stops when asked`() throws {
    #expect(code { try Trainer().train([]) } == .trainingData)
    let rows = try Classroom.rows(learners: 5, answers: 10)
    #expect(code { try Trainer().train(rows, folds: [:], fold: 0) } == .trainingData)
    #expect(code { try Trainer().train(rows, isCancelled: { true }) } == .cancelled)
    #expect(
      code { try ClassSimulator().interactions(of: Content()) } == .trainingData)
  }

  @Test func `works without times, durations and skills`() throws {
    let rows = try Classroom.rows(learners: 8, answers: 15).map { row in
      var row = row
      (row.timestampMilliseconds, row.durationMilliseconds, row.skills) = (nil, nil, [])
      return row
    }
    let (weights, report, _) = try Trainer(options: Classroom.quick(epochs: 1)).train(rows)
    #expect(report.validation.logLoss.isFinite)
    #expect(try Weights(bytes: weights.encoded()) == weights)
  }

  private func code<Value>(_ body: () throws -> Value) -> SatchelError.Code? {
    do {
      _ = try body()
      return nil
    } catch {
      return (error as? SatchelError)?.code
    }
  }

  private func loss(_ batch: Backpropagation, _ count: Int) -> Double {
    var loss = 0.0
    for row in 0..<count {
      for head in Head.allCases {
        let place = row * Network.headStride + head.rawValue
        let target = Double(batch.targets[place])
        guard target >= 0 else { continue }
        let output = Double(batch.outputs[place])
        let share = Double(Backpropagation.headShares[head.rawValue]) / Double(count)
        if head == .responseTime {
          loss += share * (output - target) * (output - target) / 2
        } else {
          let p = ExactMath.sigmoid(output)
          loss -= share * (target * ExactMath.log(p) + (1 - target) * ExactMath.log(1 - p))
        }
      }
    }
    return loss
  }

  private func itemMeansAUC(_ rows: [Interaction], _ folds: [String: Int]) -> Double {
    var sums: [ItemID: (right: Double, count: Double)] = [:]
    for row in rows where (folds[row.learner] ?? 0) > 1 {
      sums[row.item, default: (1, 2)].right += row.isCorrect ? 1 : 0
      sums[row.item, default: (1, 2)].count += 1
    }
    let test = rows.filter { folds[$0.learner] == 0 }
    let means = test.map { row in sums[row.item].map { $0.right / $0.count } ?? 0.5 }
    return Metrics.auc(means, test.map(\.isCorrect))
  }

  private func record(_ row: Interaction, _ number: Int) -> Record {
    Record(
      learner: LearnerID(high: 1, low: 1), author: ReplicaID(high: 1, low: 1),
      time: HybridTime(bits: UInt64(number)), wallMilliseconds: row.timestampMilliseconds ?? 0,
      session: 1,
      event: .attempt(
        Attempt(
          item: row.item, skills: row.skills, isCorrect: row.isCorrect,
          durationMilliseconds: row.durationMilliseconds)))
  }
}

@Suite struct `The simulated class` {
  @Test func `is the same for a seed, and another for another`() throws {
    #expect(try Classroom.rows(seed: 3) == Classroom.rows(seed: 3))
    #expect(try Classroom.rows(seed: 3) != Classroom.rows(seed: 4))
  }

  @Test func `learns`() throws {
    let rows = try Classroom.rows(learners: 60, answers: 60)
    let early = rows.prefix(while: { _ in true }).enumerated().filter { place, row in
      place < 20 || rows[place - 20].learner != row.learner
    }
    func share(_ rows: [Interaction]) -> Double {
      Double(rows.count { $0.isCorrect }) / Double(max(1, rows.count))
    }
    let first = Set(early.map(\.offset))
    #expect(
      share(rows.indices.filter { !first.contains($0) }.map { rows[$0] })
        > share(early.map(\.element)) + 0.05)
    #expect(
      rows.allSatisfy { $0.timestampMilliseconds != nil && $0.durationMilliseconds ?? 0 >= 2000 })
  }
}
