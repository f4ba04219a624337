internal import SatchelCore

/// What one learner's records say of one skill. As of the last record's time, never "as of now".
///
/// Layout, 48 bytes, little-endian:
///
///     u8  version = 1     i8 run     u8 last answers (bit 0 the last)     i8 ease asked for, -100...100
///     u16 attempts        u16 wins
///     f32 mean of answers, rate 0.1       f32 the same, rate 0.3
///     u32 last time, s    f32 stability, days
///     u16 learner's attempts at the last answer, modulo 65,536     u16 mean ln(1 + s) * 1024
///     6 x u24 the last items (``KeyHash/short(_:)``), slot `attempts mod 6` is written next
///     u16 reserved = 0
///
/// Which item each answer was to is kept, not how hard it was: difficulty is the model's word, and a fold must depend
/// on records alone (INV-merge). The model's logits are put in when the row is read.
package struct SkillState: Equatable, Sendable {
  package static let byteCount = 48
  static let version: UInt8 = 1
  static let recentCount = 6

  package var attempts: UInt16 = 0
  package var wins: UInt16 = 0
  package var run: Int8 = 0
  package var lastAnswers: UInt8 = 0
  /// Above 0: "too easy" was said more often; below 0: "too hard". Fades with each answer.
  package var ease: Int8 = 0
  var slowMean: Float = 0
  var fastMean: Float = 0
  package var lastSeconds: UInt32 = 0
  var stabilityDays: Float = 0
  var learnerAttempts: UInt16 = 0
  var logDuration: UInt16 = 0
  var recent = SIMD8<UInt32>()

  package init() {}

  /// The skill as one thing to be remembered: FSRS-6 at the middle difficulty. `nil` before the first answer.
  package var memory: Memory? {
    guard attempts > 0 else { return nil }
    return Memory(stabilityDays: Double(stabilityDays), difficulty: 5)
  }

  /// How many of the last answers are at hand, with the item of each.
  var recentAnswers: Int { min(Int(attempts), Self.recentCount) }

  /// The item answered `age` answers ago, 0 the last; `age` < ``recentAnswers``.
  func recentItem(_ age: Int) -> UInt32 {
    recent[(Int(attempts) - 1 - age) % Self.recentCount]
  }

  mutating func fold(_ answer: Answer, learner: LearnerState) {
    let rating = answer.rating(usualLogDuration: learner.logDuration)
    let next =
      memory?.reviewed(
        rating, elapsedSeconds: StateTime.elapsed(from: lastSeconds, to: answer.seconds))
      ?? Memory(first: rating)
    stabilityDays = Float(next.stabilityDays)
    let value: Float = answer.isCorrect ? 1 : 0
    slowMean = averaged(slowMean, with: value, count: UInt32(attempts), rate: 0.1)
    fastMean = averaged(fastMean, with: value, count: UInt32(attempts), rate: 0.3)
    if let duration = answer.logDuration {
      let mean = averaged(
        Float(logDuration) / 1024, with: duration, count: UInt32(attempts), rate: 0.2)
      logDuration = UInt16(mean * 1024)
    }
    recent[Int(attempts) % Self.recentCount] = answer.item
    if attempts < .max {
      attempts += 1
      wins += answer.isCorrect ? 1 : 0
    }
    run = extended(run, isCorrect: answer.isCorrect)
    lastAnswers = lastAnswers << 1 | (answer.isCorrect ? 1 : 0)
    lastSeconds = answer.seconds
    learnerAttempts = UInt16(truncatingIfNeeded: learner.attempts)
    ease = Int8(Int(ease) * 4 / 5)
  }

  mutating func fold(_ kind: Feedback.Kind) {
    switch kind {
    case .tooEasy: ease = Int8(min(100, Int(ease) + 25))
    case .tooHard: ease = Int8(max(-100, Int(ease) - 25))
    case .skipped, .liked: break
    }
  }
}

extension SkillState {
  /// `nil` when `bytes` are not a valid row.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    let isValid = bytes.withUnsafeBytes { raw in
      var reader = StateReader(raw)
      guard reader.next(UInt8.self) == Self.version else { return false }
      run = reader.next()
      lastAnswers = reader.next()
      ease = reader.next()
      attempts = reader.next()
      wins = reader.next()
      slowMean = reader.nextFloat()
      fastMean = reader.nextFloat()
      lastSeconds = reader.next()
      stabilityDays = reader.nextFloat()
      learnerAttempts = reader.next()
      logDuration = reader.next()
      for slot in 0..<Self.recentCount { recent[slot] = reader.nextKey() }
      return reader.next(UInt16.self) == 0
    }
    guard isValid, wins <= attempts, (-100...100).contains(ease) else { return nil }
    guard slowMean.isWithin(2), fastMean.isWithin(2) else { return nil }
    let isEmpty = attempts == 0 && stabilityDays == 0
    guard isEmpty || (0.0009...36_500).contains(stabilityDays) else { return nil }
  }

  package func encoded() -> [UInt8] {
    var writer = StateWriter(capacity: Self.byteCount)
    writer.append(Self.version)
    writer.append(run)
    writer.append(lastAnswers)
    writer.append(ease)
    writer.append(attempts)
    writer.append(wins)
    writer.append(slowMean)
    writer.append(fastMean)
    writer.append(lastSeconds)
    writer.append(stabilityDays)
    writer.append(learnerAttempts)
    writer.append(logDuration)
    for slot in 0..<Self.recentCount { writer.append(key: recent[slot]) }
    writer.append(UInt16(0))
    return writer.bytes
  }
}
