internal import SatchelTutor

extension Lesson {
  /// One step: the batch's gradient, and all that learns moves a little.
  mutating func learn(_ stretches: StretchBatch, _ dataset: Dataset, rate: Float) {
    let chosen = stretches.rows
    var told = [Int?](repeating: nil, count: chosen.count)
    for (place, row) in chosen.enumerated() {
      told[place] = random.uniform() < Double(options.itemDropout) ? nil : Int(rows.item[row])
    }
    gather(chosen, dataset, items: told)
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
  private mutating func gather(_ chosen: [Int], _ dataset: Dataset, items: [Int?]) {
    let width = FeatureSchema.computed
    for (place, row) in chosen.enumerated() {
      let start = place * Network.inputs
      let source = dataset.place(of: row)
      for column in 0..<width {
        batch.inputs[start + column] = dataset.inputs[source * width + column]
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
          dataset.answers[source * FeatureSchema.answerNumbers + number]
      }
      let target = place * Network.headStride
      batch.targets[target + Head.correctness.rawValue] = correctness[row]
      batch.targets[target + Head.responseTime.rawValue] = dataset.targets.responseTime[source]
      batch.targets[target + Head.engagement.rawValue] = dataset.targets.engagement[source]
      batch.targets[target + Head.pathValue.rawValue] = dataset.targets.pathValue[source]
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
}
