internal import SatchelCore
internal import SatchelTutor

/// One training from cleaned rows to weights.
struct Lesson {
  let rows: CleanedRows
  private var options: TrainingOptions
  private let tables: ModelTables
  private let means: [Float]
  private let scales: [Float]
  private(set) var dataset: Dataset
  let sequences: Sequences
  private let rowsOfShare: [[Int]]
  private let trainLearners: [Int]
  private let itemAnswers: [Float]
  /// What the network is to say of each row: the answer, or what teachers and answer say together.
  private var correctness: [Float]
  private var random: SeededRandom
  private var network: Network
  private var adam: Adam
  private var vectors: Vectors
  private var best: (network: Network, vectors: Vectors, logLoss: Double)
  private var batch: Backpropagation
  private var recurrent: RecurrentPass
  private var calibration = Weights.Calibration(slope: 1, shift: 0)

  init(_ rows: CleanedRows, _ split: Split, _ options: TrainingOptions) {
    self.rows = rows
    var options = options
    options.batchRows = max(1, options.batchRows)
    if !options.hasRecurrence { options.recurrentDropout = 1 }
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
    sequences = Sequences(rows)
    rowsOfShare = split.rowsOfShare(rows)
    trainLearners = rows.learners.indices.filter { split.shares[$0] == .train }
    (means, scales) = options.withoutExcluded(
      dataset.scaling(over: rowsOfShare[0].filter { !rows.isDuplicate[$0] }))
    itemAnswers = rows.items.indices.map(statistics.answers(toItem:))
    correctness = dataset.targets.correctness
    (network, vectors, adam, random) = Self.start(
      seed: options.seed, rows, itemAnswers, options)
    best = (network, vectors, .infinity)
    batch = Backpropagation(capacity: options.batchRows + Network.windowLength)
    recurrent = RecurrentPass(capacity: options.batchRows + Network.windowLength)
    dataset.normalise(weights())
  }

  /// Numbers that are learned.
  var parameterCount: Int {
    let padding = (Network.headStride - Network.heads) * (Network.hidden2 + 1)
    return Network.parameterCount - padding + vectors.skills.count
      + vectors.itemShares.count { $0 > 0 } * ModelTables.itemVector
  }

  private static func start(
    seed: UInt64, _ rows: CleanedRows, _ itemAnswers: [Float], _ options: TrainingOptions
  ) -> (Network, Vectors, Adam, SeededRandom) {
    var random = SeededRandom(seed: seed)
    let network = Network(
      parameters: options.withoutExcluded(startingParameters(&random)))
    let vectors = Vectors(
      skillCount: rows.skills.count, itemAnswers: itemAnswers,
      answersMin: options.itemVectorAnswersMin, random: &random)
    return (network, vectors, Adam(count: Network.parameterCount), random)
  }

  /// Trains the teachers, if any, then the network that is kept, and calibrates it.
  ///
  /// The teachers differ by their seeds alone; the mean of their logits is better than any of them, and a network that
  /// learns it keeps nearly all of that (Hinton et al. 2015; Furlanello et al. 2018).
  mutating func run(
    progress: ((Int, Int, Double) -> Void)?, isCancelled: () -> Bool,
    report: inout TrainingReport
  ) throws(SatchelError) {
    let taught = rows(of: .train)
    var sums = [Float](repeating: 0, count: taught.count)
    let teachersEpochs = options.teachers * options.epochs
    let epochs = teachersEpochs + (options.teachers > 0 ? options.taught : options).epochs
    for teacher in 0..<options.teachers {
      restart(seed: options.seed &+ UInt64(teacher + 1) &* 0x9E37_79B9)
      try fit(
        after: teacher * options.epochs, of: epochs, progress: progress, isCancelled: isCancelled,
        report: &report)
      for (place, logit) in logits(taught, weights()).enumerated() { sums[place] += logit }
    }
    if options.teachers > 0 {
      let share = options.teachersShare
      for (place, row) in taught.enumerated() {
        let said = logistic(sums[place] / Float(options.teachers))
        correctness[row] += share * (said - correctness[row])
      }
      options = options.taught
      restart(seed: options.seed)
    }
    try fit(
      after: teachersEpochs, of: epochs, progress: progress, isCancelled: isCancelled,
      report: &report)
    let judges = rows(of: .validation)
    calibration = Weights.Calibration(
      fitting: logits(judges, weights()), to: judges.map { rows.isCorrect[$0] })
  }

  private mutating func restart(seed: UInt64) {
    (network, vectors, adam, random) = Self.start(seed: seed, rows, itemAnswers, options)
    best = (network, vectors, .infinity)
  }

  /// Runs epochs until the validation log loss has stopped falling, and keeps the best of them.
  ///
  /// - Parameters:
  ///   - before: how many epochs those before it had at most, for `progress`.
  ///   - whole: how many all networks have together.
  private mutating func fit(
    after before: Int, of whole: Int, progress: ((Int, Int, Double) -> Void)?,
    isCancelled: () -> Bool,
    report: inout TrainingReport
  ) throws(SatchelError) {
    report.bestEpoch = 0
    for epoch in 1...max(1, options.epochs) {
      guard try runEpoch(epoch, isCancelled) else { break }
      let logLoss = metrics(.validation, weights()).logLoss
      progress?(before + epoch, whole, logLoss)
      report.epochs = epoch
      if logLoss < best.logLoss {
        best = (network, vectors, logLoss)
        report.bestEpoch = epoch
      } else if epoch - report.bestEpoch >= options.patience {
        break
      }
    }
    (network, vectors) = (best.network, best.vectors)
  }

  private mutating func runEpoch(_ epoch: Int, _ isCancelled: () -> Bool) throws(SatchelError)
    -> Bool
  {
    let stretches = sequences.stretches(of: trainLearners, &random)
    let whole = Double(stretches.reduce(0) { $0 + $1.count })
    var (next, told) = (0, 0)
    while next < stretches.count {
      if isCancelled() { throw SatchelError(.cancelled) }
      let done = (Double(epoch - 1) + Double(told) / whole) / Double(max(1, options.epochs))
      var (end, rows) = (next, 0)
      while end < stretches.count, rows < options.batchRows {
        rows += stretches[end].count
        end += 1
      }
      learn(
        StretchBatch(stretches[next..<end], of: sequences),
        rate: options.learningRate * Self.schedule(done))
      (next, told) = (end, told + rows)
    }
    return told > 0
  }

  /// A half cosine from 1 to 0.01, after a short climb at the very start.
  private static func schedule(_ done: Double) -> Float {
    let climb = min(1, 0.1 + done / 0.02)
    // cos(pi x) by the sine series about 1/2: exact to 1e-4, and alike on every machine.
    let x = (done - 0.5) * 3.141592653589793
    let sine = x - x * x * x / 6 + x * x * x * x * x / 120 - x * x * x * x * x * x * x / 5040
    return Float(climb * (0.01 + 0.99 * 0.5 * (1 - sine)))
  }

  private mutating func learn(_ stretches: StretchBatch, rate: Float) {
    let chosen = stretches.rows
    var told = [Int?](repeating: nil, count: chosen.count)
    for (place, row) in chosen.enumerated() {
      told[place] = random.uniform() < Double(options.itemDropout) ? nil : Int(rows.item[row])
    }
    gather(chosen, items: told)
    recurrent.forward(network, stretches)
    let isLookingBack = chosen.map { _ in random.uniform() >= Double(options.recurrentDropout) }
    giveStates(isLookingBack)
    dropInputs(chosen.count)
    batch.forward(network.parameters, count: chosen.count)
    _ = batch.backward(network.parameters, count: chosen.count)
    recurrent.backward(
      network, stretches, slopes: stateSlopes(isLookingBack), into: &batch.gradient)
    update(rate)
    updateVectors(chosen, told, rate)
  }

  private mutating func giveStates(_ isLookingBack: [Bool]) {
    let columns = FeatureSchema.recurrent
    for (row, looks) in isLookingBack.enumerated() {
      for unit in 0..<Network.units {
        batch.inputs[row * Network.inputs + columns.lowerBound + unit] =
          looks ? recurrent.states[row * Network.units + unit] : 0
      }
    }
  }

  private func stateSlopes(_ isLookingBack: [Bool]) -> [Float] {
    let before = Backpropagation.vectors - Network.units
    var slopes = [Float](repeating: 0, count: isLookingBack.count * Network.units)
    for (row, looks) in isLookingBack.enumerated() where looks {
      for unit in 0..<Network.units {
        slopes[row * Network.units + unit] =
          batch.vectorGradient[row * Backpropagation.vectors + before + unit]
      }
    }
    return slopes
  }

  private mutating func update(_ rate: Float) {
    batch.clipGradient(to: options.gradientNormMax)
    adam.beginStep()
    for part in Network.Part.allCases {
      let isMatrix = part.shape.rows > 1
      batch.gradient.withUnsafeBufferPointer { gradient in
        guard let base = gradient.baseAddress else { return }
        adam.update(
          &network.parameters, part.range, gradient: base + part.offset, rate: rate,
          decay: isMatrix ? options.weightDecay : 0)
      }
    }
  }

  private mutating func updateVectors(_ chosen: [Int], _ told: [Int?], _ rate: Float) {
    batch.vectorGradient.withUnsafeBufferPointer { slopes in
      recurrent.vectorGradient.withUnsafeBufferPointer { answerSlopes in
        guard let slopes = slopes.baseAddress, let answerSlopes = answerSlopes.baseAddress else {
          return
        }
        for (place, row) in chosen.enumerated() {
          let skills = rows.skills(of: row)
          vectors.addGradient(
            slopes + place * Backpropagation.vectors, skills: skills, item: told[place])
          vectors.addGradient(
            answerSlopes + place * ModelTables.skillVector, mainSkill: skills.first)
        }
      }
    }
    vectors.step(rate: rate, decay: options.weightDecay)
  }

  /// Fills the batch's inputs and targets, and what the recurrent state is told of each row.
  private mutating func gather(_ chosen: [Int], items: [Int?]) {
    let width = FeatureSchema.computed
    for (place, row) in chosen.enumerated() {
      let start = place * Network.inputs
      for column in 0..<width {
        batch.inputs[start + column] = dataset.inputs[row * width + column]
      }
      let skills = rows.skills(of: row)
      batch.inputs.withUnsafeMutableBufferPointer { inputs in
        guard options.hasVectors, let base = inputs.baseAddress else { return }
        vectors.write(skills: skills, item: items[place], to: base + start + width)
      }
      let answer = place * FeatureSchema.answerCount
      recurrent.answers.withUnsafeMutableBufferPointer { answers in
        guard options.hasVectors, let base = answers.baseAddress else { return }
        vectors.write(mainSkill: skills.first, to: base + answer)
      }
      for number in 0..<FeatureSchema.answerNumbers {
        recurrent.answers[answer + ModelTables.skillVector + number] =
          dataset.answers[row * FeatureSchema.answerNumbers + number]
      }
      let target = place * Network.headStride
      batch.targets[target + Head.correctness.rawValue] = correctness[row]
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
    if options.hasVectors {
      vectors.fill(
        &filled, skillHashes: rows.skills.map(\.hash64), itemHashes: rows.items.map(\.hash64))
    }
    return Weights(
      means: means, scales: scales, network: network,
      tables: filled, calibration: calibration)
  }

  /// - Parameter isRounded: `false` for the network in float32, before the model rounded it.
  func metrics(_ share: Share, _ weights: Weights, isRounded: Bool = true) -> Metrics {
    let chosen = rows(of: share)
    let logits = logits(chosen, weights, exact: isRounded ? nil : network)
    let probabilities = logits.map { Double(weights.probability(logit: $0)) }
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

  /// He et al. 2015, eq. 10: deviation sqrt(2 / inputs), of gates sqrt(1 / (3 units)); the padding stays 0.
  private static func startingParameters(_ random: inout SeededRandom) -> [Float] {
    var parameters = [Float](repeating: 0, count: Network.parameterCount)
    for part in [Network.Part.weights1, .weights2, .weights3, .answerGates, .stateGates] {
      let (depth, columns) = part.shape
      let used = part == .weights3 ? Network.heads : columns
      let isGate = part == .answerGates || part == .stateGates
      let deviation =
        isGate
        ? 0.58 / Double(Network.units).squareRoot()
        : (2 / Double(depth)).squareRoot() * (part == .weights3 ? 0.5 : 1)
      for row in 0..<depth {
        for column in 0..<used {
          parameters[part.offset + row * columns + column] = Float(random.normal() * deviation)
        }
      }
    }
    return parameters
  }
}
