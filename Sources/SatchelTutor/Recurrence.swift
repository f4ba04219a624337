/// What the network makes of the order of a learner's last answers.
///
/// The state is not folded: a fold must depend on records alone (INV-merge), and this depends on the model. It is run,
/// whenever it is asked for, over the window of answers that ``LearnerState`` holds, from a state of zeros.
extension Network {
  /// Answers in a window at most.
  package static let windowLength = LearnerState.recentCount

  /// The state after each window.
  ///
  /// Cost: `windowLength` * 10,000 products a window at most; nothing is allocated on the heap for a few windows.
  ///
  /// - Parameters:
  ///   - answers: [lengths.count, ``windowLength``, ``FeatureSchema/answerCount``], each window's answers oldest first.
  ///   - lengths: how many answers each window has, descending.
  ///   - states: rows of ``units``, `stride` floats apart.
  package func recur(
    over answers: UnsafePointer<Float>, lengths: some RandomAccessCollection<Int>,
    into states: UnsafeMutablePointer<Float>, stride: Int, kernel: Kernel = .serving
  ) {
    let width = FeatureSchema.answerCount
    for row in 0..<lengths.count {
      for unit in 0..<Self.units { states[row * stride + unit] = 0 }
    }
    var active = lengths.count
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * active * Self.gates) { gates in
      guard let answerGates = gates.baseAddress else { return }
      let stateGates = answerGates + lengths.count * Self.gates
      for step in 0..<(lengths.first ?? 0) {
        while lengths[lengths.index(lengths.startIndex, offsetBy: active - 1)] <= step {
          active -= 1
        }
        advance(
          active, answers: answers + step * width, rowStride: Self.windowLength * width,
          state: states, next: states, stride: stride, answerGates: answerGates,
          stateGates: stateGates, saved: nil, kernel: kernel)
      }
    }
  }

  /// One answer more for `count` learners; `answerGates` and `stateGates` are room for [count, ``gates``] each.
  package func advance(
    _ count: Int, answers: UnsafePointer<Float>, rowStride: Int, state: UnsafePointer<Float>,
    next: UnsafeMutablePointer<Float>, stride: Int, answerGates: UnsafeMutablePointer<Float>,
    stateGates: UnsafeMutablePointer<Float>, saved: UnsafeMutablePointer<Float>?,
    kernel: Kernel = .serving
  ) {
    parameters.withUnsafeBufferPointer { parameters in
      guard let base = parameters.baseAddress else { return }
      let bias = base + Part.gateBias.offset
      for row in 0..<count {
        for gate in 0..<Self.gates { answerGates[row * Self.gates + gate] = bias[gate] }
      }
      kernel.multiply(
        rows: count, columns: Self.gates, depth: FeatureSchema.answerCount, answers,
        rowStride: rowStride, by: base + Part.answerGates.offset, rowStride: Self.gates,
        into: answerGates, rowStride: Self.gates, isAdding: true)
      kernel.multiply(
        rows: count, columns: Self.gates, depth: Self.units, state, rowStride: stride,
        by: base + Part.stateGates.offset, rowStride: Self.gates, into: stateGates,
        rowStride: Self.gates, isAdding: false)
      kernel.recur(
        rows: count, width: Self.units, answerGates: answerGates, stateGates: stateGates,
        candidateBias: base + Part.candidateBias.offset, state: state, next: next, stride: stride,
        saved: saved)
    }
  }
}

extension Features {
  /// Fills a window, [``Network/windowLength``, ``FeatureSchema/answerCount``], with the answers at hand, oldest first,
  /// and says how many they are; the rest is left as it was.
  package func writeWindow(
    _ state: LearnerState, to window: UnsafeMutablePointer<Float>
  ) -> Int {
    let count = state.recentAnswers
    for place in 0..<count {
      let row = window + place * FeatureSchema.answerCount
      let age = count - 1 - place
      let skill = state.recentSkill(age)
      let known = skill == 0 ? nil : tables.skills.row(ofShort: skill)
      for column in 0..<ModelTables.skillVector {
        row[column] = known.map { tables.skills.value($0, ModelTables.skillNumbers + column) } ?? 0
      }
      writeAnswer(state, age: age, to: row + ModelTables.skillVector)
    }
    return count
  }

  /// Fills ``FeatureSchema/answerNumbers`` numbers of one of the last answers: right 1 or wrong -1; the answer less
  /// what the item's logit foretells; that logit less the usual one; ln(1 + seconds since the answer before) / 10.
  package func writeAnswer(
    _ state: LearnerState, age: Int, to row: UnsafeMutablePointer<Float>
  ) {
    let isCorrect = state.lastAnswers >> UInt32(age) & 1 == 1
    let logit = tables.logit(short: state.recentItem(age))
    row[0] = isCorrect ? 1 : -1
    row[1] = (isCorrect ? 1 : 0) - logistic(logit)
    row[2] = logit - tables.baseLogit
    row[3] = Float(state.recentGap(age)) / (10 * LearnerState.gapSteps)
  }
}
