internal import SatchelCore
internal import SatchelTutor

/// One training from cleaned rows to weights.
struct Lesson {
  private let rows: CleanedRows
  private let options: TrainingOptions
  private let tables: ModelTables
  private let means: [Float]
  private let scales: [Float]
  private var dataset: Dataset
  private var trainRows: [Int] = []
  private let rowsOfShare: [[Int]]
  private var random: SeededRandom
  private var parameters: [Float]
  private var adam = Adam(count: Network.parameterCount)
  private var vectors: Vectors
  private var best: (parameters: [Float], vectors: Vectors, logLoss: Double)
  private var batch: Backpropagation
  private var calibration = Weights.Calibration(slope: 1, shift: 0)

  init(_ rows: CleanedRows, _ split: Split, _ options: TrainingOptions) {
    self.rows = rows
    var options = options
    options.batchRows = max(1, options.batchRows)
    self.options = options
    let statistics = Statistics(rows, split)
    tables = statistics.tables(without: nil)
    let whole = Features(tables: Weights.roundedTables(tables))
    let parts = (0..<Split.parts).map {
      Features(tables: Weights.roundedTables(statistics.tables(without: $0)))
    }
    dataset = Dataset(rows, threads: options.threads) {
      split.shares[$0] == .train ? parts[split.part[$0]] : whole
    }
    rowsOfShare = split.rowsOfShare(rows)
    trainRows = rowsOfShare[0].filter { !rows.isDuplicate[$0] }
    (means, scales) = dataset.scaling(over: trainRows)
    random = SeededRandom(seed: options.seed)
    parameters = Self.startingParameters(&random)
    vectors = Vectors(
      skillCount: rows.skills.count,
      itemAnswers: rows.items.indices.map(statistics.answers(toItem:)),
      answersMin: options.itemVectorAnswersMin, random: &random)
    best = (parameters, vectors, .infinity)
    batch = Backpropagation(capacity: options.batchRows)
    dataset.normalise(weights())
  }

  /// Numbers that are learned.
  var parameterCount: Int {
    let padding = (Network.headStride - Network.heads) * (Network.hidden2 + 1)
    return Network.parameterCount - padding + vectors.skills.count
      + vectors.itemShares.count { $0 > 0 } * ModelTables.itemVector
  }

  /// Runs epochs until the validation log loss has stopped falling, then calibrates the best of them.
  mutating func run(
    progress: ((Int, Int, Double) -> Void)?, isCancelled: () -> Bool,
    report: inout TrainingReport
  ) throws(SatchelError) {
    for epoch in 1...max(1, options.epochs) {
      guard try runEpoch(epoch, isCancelled) else { break }
      let logLoss = metrics(.validation, weights()).logLoss
      progress?(epoch, options.epochs, logLoss)
      report.epochs = epoch
      if logLoss < best.logLoss {
        best = (parameters, vectors, logLoss)
        report.bestEpoch = epoch
      } else if epoch - report.bestEpoch >= options.patience {
        break
      }
    }
    (parameters, vectors) = (best.parameters, best.vectors)
    let judges = rows(of: .validation)
    calibration = Weights.Calibration(
      fitting: logits(judges, weights()), to: judges.map { rows.isCorrect[$0] })
  }

  private mutating func runEpoch(_ epoch: Int, _ isCancelled: () -> Bool) throws(SatchelError)
    -> Bool
  {
    random.shuffle(&trainRows)
    let batches = (trainRows.count + options.batchRows - 1) / options.batchRows
    for index in 0..<batches {
      if isCancelled() { throw SatchelError(.cancelled) }
      let chosen = trainRows[
        index * options.batchRows..<min(trainRows.count, (index + 1) * options.batchRows)]
      let done =
        (Double(epoch - 1) + Double(index) / Double(batches)) / Double(max(1, options.epochs))
      learn(Array(chosen), rate: options.learningRate * Self.schedule(done))
    }
    return batches > 0
  }

  /// A half cosine from 1 to 0.01, after a short climb at the very start.
  private static func schedule(_ done: Double) -> Float {
    let climb = min(1, 0.1 + done / 0.02)
    // cos(pi x) by the sine series about 1/2: exact to 1e-4, and alike on every machine.
    let x = (done - 0.5) * 3.141592653589793
    let sine = x - x * x * x / 6 + x * x * x * x * x / 120 - x * x * x * x * x * x * x / 5040
    return Float(climb * (0.01 + 0.99 * 0.5 * (1 - sine)))
  }

  private mutating func learn(_ chosen: [Int], rate: Float) {
    var told = [Int?](repeating: nil, count: chosen.count)
    for (place, row) in chosen.enumerated() {
      told[place] = random.uniform() < Double(options.itemDropout) ? nil : Int(rows.item[row])
    }
    gather(chosen, items: told)
    dropInputs(chosen.count)
    batch.forward(parameters, count: chosen.count)
    _ = batch.backward(parameters, count: chosen.count)
    adam.beginStep()
    for part in Network.Part.allCases {
      let isMatrix = part.shape.rows > 1
      batch.gradient.withUnsafeBufferPointer { gradient in
        guard let base = gradient.baseAddress else { return }
        adam.update(
          &parameters, part.range, gradient: base + part.offset, rate: rate,
          decay: isMatrix ? options.weightDecay : 0)
      }
    }
    batch.vectorGradient.withUnsafeBufferPointer { slopes in
      guard let base = slopes.baseAddress else { return }
      for (place, row) in chosen.enumerated() {
        vectors.addGradient(
          base + place * Backpropagation.vectors, skills: rows.skills(of: row), item: told[place])
      }
    }
    vectors.step(rate: rate, decay: options.weightDecay)
  }

  /// Fills the batch's inputs and targets.
  private mutating func gather(_ chosen: [Int], items: [Int?]) {
    let width = FeatureSchema.computed
    for (place, row) in chosen.enumerated() {
      let start = place * Network.inputs
      for column in 0..<width {
        batch.inputs[start + column] = dataset.inputs[row * width + column]
      }
      let skills = rows.skills(of: row)
      batch.inputs.withUnsafeMutableBufferPointer { inputs in
        guard let base = inputs.baseAddress else { return }
        vectors.write(skills: skills, item: items[place], to: base + start + width)
      }
      let target = place * Network.headStride
      batch.targets[target + Head.correctness.rawValue] = dataset.targets.correctness[row]
      batch.targets[target + Head.responseTime.rawValue] = dataset.targets.responseTime[row]
      batch.targets[target + Head.engagement.rawValue] = dataset.targets.engagement[row]
      batch.targets[target + Head.pathValue.rawValue] = dataset.targets.pathValue[row]
    }
  }

  /// Dropout of the computed inputs (Srivastava et al. 2014): 0 is an input's mean, and the rest is not scaled up.
  private mutating func dropInputs(_ count: Int) {
    guard options.dropout > 0 else { return }
    let limit = UInt64(Double(options.dropout) * 65_536)
    for row in 0..<count {
      for start in stride(from: 0, to: FeatureSchema.computed, by: 4) {
        var bits = random.next()
        for column in start..<start + 4 {
          if bits & 0xFFFF < limit { batch.inputs[row * Network.inputs + column] = 0 }
          bits >>= 16
        }
      }
    }
  }

  func weights() -> Weights {
    var filled = tables
    vectors.fill(
      &filled, skillHashes: rows.skills.map(\.hash64), itemHashes: rows.items.map(\.hash64))
    return Weights(
      means: means, scales: scales, network: Network(parameters: parameters), tables: filled,
      calibration: calibration)
  }

  func metrics(_ share: Share, _ weights: Weights) -> Metrics {
    let chosen = rows(of: share)
    let probabilities = logits(chosen, weights).map { Double(weights.probability(logit: $0)) }
    return Metrics(
      probabilities: probabilities, isCorrect: chosen.map { rows.isCorrect[$0] },
      isFirst: chosen.map { dataset.isFirst[$0] })
  }

  func predictions(_ share: Share, _ weights: Weights) -> [Trainer.Prediction] {
    let chosen = rows(of: share)
    return zip(chosen, logits(chosen, weights)).map {
      (row: $0, probability: Double(weights.probability(logit: $1)))
    }
  }

  private func rows(of share: Share) -> [Int] {
    switch share {
    case .train: rowsOfShare[0]
    case .validation: rowsOfShare[1]
    case .test: rowsOfShare[2]
    }
  }

  /// The correctness logits of rows, with the vectors as the device will read them.
  private func logits(_ chosen: [Int], _ weights: Weights) -> [Float] {
    let width = FeatureSchema.computed
    let skillRows = rows.skills.map { weights.tables.skills.row(of: $0.hash64) }
    let itemRows = rows.items.map { weights.tables.items.row(of: $0.hash64) }
    var logits: [Float] = []
    logits.reserveCapacity(chosen.count)
    for start in stride(from: 0, to: chosen.count, by: 1024) {
      let block = chosen[start..<min(chosen.count, start + 1024)]
      var inputs = [Float](repeating: 0, count: block.count * Network.inputs)
      for (place, row) in block.enumerated() {
        let at = place * Network.inputs
        for column in 0..<width { inputs[at + column] = dataset.inputs[row * width + column] }
        let known = rows.skills(of: row).compactMap { skillRows[Int($0)] }
        for column in 0..<ModelTables.skillVector where !known.isEmpty {
          var sum: Float = 0
          for skill in known {
            sum += weights.tables.skills.value(skill, ModelTables.skillNumbers + column)
          }
          inputs[at + width + column] = sum / Float(known.count)
        }
        guard let item = itemRows[Int(rows.item[row])] else { continue }
        for column in 0..<ModelTables.itemVector {
          inputs[at + FeatureSchema.itemVector.lowerBound + column] =
            weights.tables.items.value(item, ModelTables.itemNumbers + column)
        }
      }
      let outputs = weights.network.outputs(of: inputs)
      for place in 0..<block.count { logits.append(outputs[place * Network.headStride]) }
    }
    return logits
  }

  /// He et al. 2015, eq. 10: deviation sqrt(2 / inputs); the padding stays 0.
  private static func startingParameters(_ random: inout SeededRandom) -> [Float] {
    var parameters = [Float](repeating: 0, count: Network.parameterCount)
    for part in [Network.Part.weights1, .weights2, .weights3] {
      let (depth, columns) = part.shape
      let used = part == .weights3 ? Network.heads : columns
      let deviation = (2 / Double(depth)).squareRoot() * (part == .weights3 ? 0.5 : 1)
      for row in 0..<depth {
        for column in 0..<used {
          parameters[part.offset + row * columns + column] = Float(random.normal() * deviation)
        }
      }
    }
    return parameters
  }
}
