internal import SatchelCore

/// Turns folded states, a model's tables and the time into the network's inputs, not yet normalised.
///
/// The one code for training and for the device. Each function fills one stretch of ``FeatureSchema`` in the caller's
/// memory and allocates nothing; every number is finite.
package struct Features {
  package let tables: ModelTables
  /// What makes the recurrent state; without, the state is 0.
  let network: Network?

  package init(tables: ModelTables) {
    self.tables = tables
    network = nil
  }

  package init(_ weights: Weights) {
    tables = weights.tables
    network = weights.network
  }

  /// The learner as the other stretches need her.
  package struct Level {
    /// An Elo walk over the last answers, on the logit scale; 0 for a learner who does as all do.
    package var strength: Float = 0
    package var attempts: UInt32 = 0
    package var mean: Float = 0
    package var logDuration: Float = 0
    package var seconds: UInt32 = 0
  }

  /// Fills ``FeatureSchema/learner``, 29 numbers at `row`.
  package func writeLearner(
    _ state: LearnerState, nowSeconds: UInt32, to row: UnsafeMutablePointer<Float>
  ) -> Level {
    let recent = recentAnswers(of: state)
    let level = Level(
      strength: recent.strength, attempts: state.attempts,
      mean: state.attempts == 0 ? logistic(tables.baseLogit) : state.mean,
      logDuration: state.logDuration, seconds: nowSeconds)
    let elapsed = StateTime.elapsed(from: state.lastSeconds, to: nowSeconds)
    let wrong = state.attempts - state.wins
    var out = RowWriter(row)
    out.append(logCount(Int(state.attempts)))
    out.append(logCount(Int(state.wins)))
    out.append(logCount(Int(wrong)))
    out.append(rateLogit(right: Float(state.wins), of: Float(state.attempts)))
    out.append(state.attempts == 0 ? level.mean : state.fastMean)
    out.append(level.mean)
    out.append(state.attempts == 0 ? level.mean : state.slowMean)
    out.append(runLength(Int(state.run)))
    for age in 0..<3 {
      out.append(lastAnswer(state.lastAnswers, age: age, of: Int(min(state.attempts, 32))))
    }
    out.append(recent.fast)
    out.append(recent.middle)
    out.append(recent.slow)
    out.append(recent.strength)
    out.append(recent.itemLogit)
    let hours = Float(elapsed) / 3600
    let kept: Float = hours < 40 ? Float(ExactMath.exp(-Double(hours) * 0.6931471805599453)) : 0
    let isSameSitting = elapsed <= LearnerState.sittingGapSeconds
    let sitting = StateTime.elapsed(from: state.sittingSeconds, to: nowSeconds)
    out.append(logSeconds(elapsed))
    out.append(isSameSitting ? logCount(Int(state.sittingAnswers)) : 0)
    out.append(isSameSitting ? log1p(Float(sitting) / 60) : 0)
    out.append(log1p(state.recentAnswered * kept))
    out.append((state.recentRight * kept + 1.3) / (state.recentAnswered * kept + 2))
    out.append(state.repeatMean)
    out.append(logCount(Int(state.itemsMet)))
    out.append(logCount(Int(state.skillsMet)))
    out.append(state.logDuration)
    out.append(state.logDurationDeviation)
    out.append(askedEase(of: state))
    let skipped = Float(state.count(of: .skipped))
    out.append(skipped / (Float(min(state.attempts, 1000)) + skipped + 5))
    out.append(log1p(Float(StateTime.elapsed(from: state.firstSeconds, to: nowSeconds)) / 86_400))
    assert(out.count == FeatureSchema.learner.count)
    return level
  }

  private struct Recent {
    var fast: Float = 0
    var middle: Float = 0
    var slow: Float = 0
    var strength: Float = 0
    var itemLogit: Float = 0
  }

  /// Walks over the last answers, oldest first: answer minus what the item's logit foretells.
  private func recentAnswers(of state: LearnerState) -> Recent {
    var recent = Recent()
    recent.itemLogit = tables.baseLogit
    let count = state.recentAnswers
    guard count > 0 else { return recent }
    var logits: Float = 0
    var residuals: Float = 0
    var step = 1
    for age in stride(from: count - 1, through: 0, by: -1) {
      let logit = tables.logit(short: state.recentItem(age))
      let answer: Float = state.lastAnswers >> UInt32(age) & 1 == 1 ? 1 : 0
      let residual = answer - logistic(logit)
      recent.fast += max(0.3, 1 / Float(step + 1)) * (residual - recent.fast)
      recent.middle += max(0.1, 1 / Float(step + 1)) * (residual - recent.middle)
      residuals += residual
      logits += logit
      let rate = 0.15 + 0.6 / (1 + 0.2 * Float(step))
      recent.strength += rate * (answer - logistic(logit + recent.strength))
      step += 1
    }
    recent.slow = residuals / Float(count + 3)
    recent.itemLogit = logits / Float(count)
    return recent
  }

  private func askedEase(of state: LearnerState) -> Float {
    let easy = Float(state.count(of: .tooEasy))
    let hard = Float(state.count(of: .tooHard))
    return (easy - hard) / (easy + hard + 2)
  }

  /// Fills ``FeatureSchema/skill``, 22 numbers at `row`, with the mean over `states`; no state at all counts as one
  /// skill never met.
  package func writeSkills(
    _ states: some Collection<SkillState>, level: Level, to row: UnsafeMutablePointer<Float>
  ) {
    let width = FeatureSchema.skill.count
    for column in 0..<width { row[column] = 0 }
    let share = 1 / Float(max(1, states.count))
    var weakest: Float = 10
    for state in states { weakest = min(weakest, addSkill(state, level, share, to: row)) }
    if states.isEmpty { weakest = addSkill(SkillState(), level, share, to: row) }
    row[width - 1] = weakest
  }

  /// Adds all but the last number, each times `share`; answers the skill's rate as a logit.
  private func addSkill(
    _ state: SkillState, _ level: Level, _ share: Float, to row: UnsafeMutablePointer<Float>
  ) -> Float {
    let isNew = state.attempts == 0
    let attempts = Int(state.attempts)
    let elapsed = isNew ? 0 : StateTime.elapsed(from: state.lastSeconds, to: level.seconds)
    let rate = rateLogit(right: Float(state.wins), of: Float(attempts))
    let recent = recentAnswers(of: state, strength: level.strength)
    var out = RowAdder(row, share: share)
    out.add(logCount(attempts))
    out.add(logCount(Int(state.wins)))
    out.add(logCount(attempts - Int(state.wins)))
    out.add(rate)
    out.add(isNew ? level.mean : state.slowMean)
    out.add(isNew ? level.mean : state.fastMean)
    out.add(runLength(Int(state.run)))
    for age in 0..<3 {
      out.add(lastAnswer(UInt32(state.lastAnswers), age: age, of: attempts))
    }
    out.add(recent.fast)
    out.add(recent.middle)
    out.add(recent.strength)
    out.add(recent.itemLogit)
    out.add(isNew ? 0 : logSeconds(elapsed))
    out.add(isNew ? 0 : logCount(lag(since: state.learnerAttempts, level)))
    out.add(isNew ? 0 : log1p(state.stabilityDays))
    out.add(isNew ? 0 : retrievability(state.stabilityDays, elapsed))
    out.add(state.logDuration == 0 ? 0 : Float(state.logDuration) / 1024 - level.logDuration)
    out.add(Float(state.ease) / 100)
    out.add(isNew ? 1 : 0)
    return rate
  }

  private func recentAnswers(of state: SkillState, strength: Float) -> Recent {
    var recent = Recent()
    recent.strength = strength
    recent.itemLogit = tables.baseLogit
    let count = state.recentAnswers
    guard count > 0 else { return recent }
    var logits: Float = 0
    var residuals: Float = 0
    for age in stride(from: count - 1, through: 0, by: -1) {
      let logit = tables.logit(short: state.recentItem(age))
      let answer: Float = state.lastAnswers >> UInt8(age) & 1 == 1 ? 1 : 0
      let residual = answer - logistic(logit)
      recent.fast += 0.4 * (residual - recent.fast)
      residuals += residual
      logits += logit
      recent.strength += 0.35 * (answer - logistic(logit + recent.strength))
    }
    recent.middle = residuals / Float(count + 1)
    recent.itemLogit = logits / Float(count)
    return recent
  }

  /// Fills ``FeatureSchema/pair``, 15 numbers at `row`; `nil` is an item never touched.
  package func writePair(
    _ state: ItemState?, level: Level, to row: UnsafeMutablePointer<Float>
  ) {
    var out = RowWriter(row)
    let state = state ?? ItemState()
    let isSeen = state.attempts > 0
    let attempts = Int(state.attempts)
    let elapsed = isSeen ? StateTime.elapsed(from: state.lastSeconds, to: level.seconds) : 0
    out.append(isSeen ? 1 : 0)
    out.append(logCount(attempts))
    out.append(logCount(Int(state.wins)))
    out.append(logCount(attempts - Int(state.wins)))
    out.append(lastAnswer(UInt32(state.lastAnswers), age: 0, of: attempts))
    out.append(lastAnswer(UInt32(state.lastAnswers), age: 1, of: attempts))
    out.append(runLength(Int(state.run)))
    out.append(isSeen ? logCount(lag(since: state.learnerAttempts, level)) : 0)
    out.append(isSeen ? logSeconds(elapsed) : 0)
    out.append(state.views > 0 ? 1 : 0)
    out.append(
      state.lastLogDuration == 0 ? 0 : Float(state.lastLogDuration) / 1024 - level.logDuration)
    out.append(isSeen ? retrievability(state.stabilityDays, elapsed) : 0)
    out.append(isSeen ? log1p(state.stabilityDays) : 0)
    out.append(state.difficulty / 10)
    out.append(Float(state.count(of: .tooEasy) - state.count(of: .tooHard)) / 3)
    assert(out.count == FeatureSchema.pair.count)
  }

  /// Answers given since the one at `attempts`, which is a count modulo 65,536.
  private func lag(since attempts: UInt16, _ level: Level) -> Int {
    Int(UInt16(truncatingIfNeeded: level.attempts) &- attempts)
  }

  private func retrievability(_ stabilityDays: Float, _ elapsedSeconds: UInt32) -> Float {
    guard elapsedSeconds > 0 else { return 1 }
    let memory = Memory(stabilityDays: Double(stabilityDays), difficulty: 5)
    return Float(memory.retrievability(elapsedDays: Double(elapsedSeconds) / 86_400))
  }
}
