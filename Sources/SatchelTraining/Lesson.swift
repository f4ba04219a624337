internal import SatchelCore
internal import SatchelTutor

/// One training from cleaned rows to weights.
struct Lesson {
  let rows: CleanedRows
  var options: TrainingOptions
  private let tables: ModelTables
  private let means: [Float]
  private let scales: [Float]
  private(set) var portions: Portions
  let sequences: Sequences
  private let rowsOfShare: [[Int]]
  private let trainLearners: [Int]
  private let itemAnswers: [Float]
  private let isFirst: [Bool]
  /// What the network is to say of each row: the answer, or what teachers and answer say together.
  var correctness: [Float]
  var random: SeededRandom
  var network: Network
  var adam: Adam
  var vectors: Vectors
  private var best: (network: Network, vectors: Vectors, logLoss: Double)
  var batch: Backpropagation
  var recurrent: RecurrentPass
  private var calibration = Weights.Calibration(slope: 1, shift: 0)

  init(_ rows: CleanedRows, _ split: Split, _ options: TrainingOptions) {
    self.rows = rows
    var options = options
    options.batchRows = max(1, options.batchRows)
    if !options.hasRecurrence { options.recurrentDropout = 1 }
    self.options = options
    let statistics = Statistics(rows, split, vectorAnswersMin: options.itemVectorAnswersMin)
    tables = statistics.tables(without: nil)
    let whole = Features(tables: Weights.roundedTables(tables))
    let parts = (0..<Split.parts).map {
      Features(tables: Weights.roundedTables(statistics.tables(without: $0)))
    }
    portions = Portions(rows, rowsMax: options.portionRows, threads: options.threads) {
      split.shares[$0] == .train ? parts[split.part[$0]] : whole
    }
    sequences = Sequences(rows)
    rowsOfShare = split.rowsOfShare(rows)
    trainLearners = rows.learners.indices.filter { split.shares[$0] == .train }
    (means, scales) = options.withoutExcluded(
      portions.scaling(over: rowsOfShare[0].filter { !rows.isDuplicate[$0] }))
    itemAnswers = rows.items.indices.map(statistics.answers(toItem:))
    correctness = rows.isCorrect.map { $0 ? 1 : 0 }
    isFirst = rows.firstMeetings()
    (network, vectors, adam, random) = Self.start(
      seed: options.seed, rows, itemAnswers, options)
    best = (network, vectors, .infinity)
    batch = Backpropagation(capacity: options.batchRows + Network.windowLength)
    recurrent = RecurrentPass(capacity: options.batchRows + Network.windowLength)
    portions.normalise(by: weights())
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
    let teachersEpochs = options.teachers * options.epochs
    if options.teachers > 0 {
      let rows = rows(of: .train)
      let taught = options.taught
      let whole = teachersEpochs + taught.epochs
      let word = try teachersWord(
        on: rows, progress: { progress?($0, whole, $1) }, isCancelled: isCancelled)
      for (row, logit) in zip(rows, word) {
        correctness[row] += options.teachersShare * (logistic(logit) - correctness[row])
      }
      options = taught
      restart(seed: options.seed)
    }
    let whole = teachersEpochs + options.epochs
    let epochs = try fit(
      progress: { progress?(teachersEpochs + $0, whole, $1) },
      isCancelled: isCancelled)
    (report.epochs, report.bestEpoch) = (epochs.run, epochs.best)
    let judges = rows(of: .validation)
    calibration = Weights.Calibration(
      fitting: try logits(judges, weights(), isCancelled: isCancelled),
      to: judges.map { rows.isCorrect[$0] })
  }

  /// Begins anew, with the network and the chances of `seed`.
  mutating func restart(seed: UInt64) {
    (network, vectors, adam, random) = Self.start(seed: seed, rows, itemAnswers, options)
    best = (network, vectors, .infinity)
  }

  /// Runs epochs until the validation log loss has stopped falling, and keeps the best of them.
  ///
  /// - Parameter progress: after each epoch, its number from 1 and its validation log loss.
  /// - Returns: how many epochs were run, and the number of the best.
  mutating func fit(
    progress: (Int, Double) -> Void, isCancelled: () -> Bool
  ) throws(SatchelError) -> (run: Int, best: Int) {
    var epochs = (run: 0, best: 0)
    for epoch in 1...max(1, options.epochs) {
      guard try runEpoch(epoch, isCancelled) else { break }
      let logLoss = try metrics(.validation, weights(), isCancelled: isCancelled).logLoss
      progress(epoch, logLoss)
      epochs.run = epoch
      if logLoss < best.logLoss {
        best = (network, vectors, logLoss)
        epochs.best = epoch
      } else if epoch - epochs.best >= options.patience {
        break
      }
    }
    (network, vectors) = (best.network, best.vectors)
    return epochs
  }

  private mutating func runEpoch(_ epoch: Int, _ isCancelled: () -> Bool) throws(SatchelError)
    -> Bool
  {
    let whole = Double(trainLearners.reduce(0) { $0 + sequences.ranges[$1].count })
    var learners = trainLearners
    if !portions.isOne { random.shuffle(&learners) }
    var told = 0
    for learners in portions.cut(learners) {
      if isCancelled() { throw SatchelError(.cancelled) }
      let dataset = portions.dataset(of: learners)
      let stretches = sequences.stretches(of: learners, &random)
      var next = 0
      while next < stretches.count {
        if isCancelled() { throw SatchelError(.cancelled) }
        let done = (Double(epoch - 1) + Double(told) / whole) / Double(max(1, options.epochs))
        var (end, rows) = (next, 0)
        while end < stretches.count, rows < options.batchRows {
          rows += stretches[end].count
          end += 1
        }
        learn(
          StretchBatch(stretches[next..<end], of: sequences), dataset,
          rate: options.learningRate * Self.schedule(done))
        (next, told) = (end, told + rows)
      }
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
  /// - Throws: `cancelled`.
  func metrics(
    _ share: Share, _ weights: Weights, isRounded: Bool = true, isCancelled: () -> Bool
  ) throws(SatchelError) -> Metrics {
    let chosen = rows(of: share)
    let logits = try logits(
      chosen, weights, exact: isRounded ? nil : network, isCancelled: isCancelled)
    let probabilities = logits.map { Double(weights.probability(logit: $0)) }
    return Metrics(
      probabilities: probabilities, isCorrect: chosen.map { rows.isCorrect[$0] },
      isFirst: chosen.map { isFirst[$0] })
  }

  /// - Throws: `cancelled`.
  func predictions(
    _ share: Share, _ weights: Weights, isCancelled: () -> Bool
  ) throws(SatchelError) -> [Trainer.Prediction] {
    let chosen = rows(of: share)
    return zip(chosen, try logits(chosen, weights, isCancelled: isCancelled)).map {
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
