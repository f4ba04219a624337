internal import SatchelCore

/// What one learner's records say of her as a whole. As of the last record's time, never "as of now".
///
/// Layout, 72 bytes and 7 for each of the last answers at hand, at most 268, little-endian:
///
///     u8  version = 2     u8 skipped    u8 too easy    u8 too hard    u8 liked    u8 reserved = 0
///     u16 views           u32 attempts  u32 wins
///     f32 mean of answers at rates 0.2, 0.067, 0.02
///     f32 mean ln(1 + s)  f32 mean deviation of it     f32 mean of "was a repeat", rate 0.1
///     f32 answers and f32 right answers of late, halved every hour
///     u32 last time, s    u32 first time, s     u32 start of the sitting, s
///     u16 answers in the sitting     i16 run    u16 items met    u16 skills met
///     u32 last answers (bit 0 the last)
///     for each of the last 28 answers, the oldest first:
///       u24 item, u24 main skill (``KeyHash/short(_:)``; 0 for none)
///       u8  ln(1 + seconds since the answer before) * 12
///
/// A sitting ends after half an hour without an answer. As in ``SkillState``, items are kept and not their difficulty.
package struct LearnerState: Equatable, Sendable {
  static let headByteCount = 72
  static let recentByteCount = 7
  static let version: UInt8 = 2
  package static let recentCount = 28
  /// Steps of a gap's logarithm.
  static let gapSteps: Float = 12
  static let sittingGapSeconds: UInt32 = 1800

  package var attempts: UInt32 = 0
  package var wins: UInt32 = 0
  package var views: UInt16 = 0
  /// How often each ``Feedback/Kind`` was said, by `rawValue - 1`.
  package var feedback = SIMD4<UInt8>()
  var fastMean: Float = 0
  var mean: Float = 0
  var slowMean: Float = 0
  /// Mean of ln(1 + seconds spent); 0 where no duration is known.
  package var logDuration: Float = 0
  var logDurationDeviation: Float = 0
  var repeatMean: Float = 0
  var recentAnswered: Float = 0
  var recentRight: Float = 0
  package var lastSeconds: UInt32 = 0
  package var firstSeconds: UInt32 = 0
  var sittingSeconds: UInt32 = 0
  var sittingAnswers: UInt16 = 0
  package var run: Int16 = 0
  package var itemsMet: UInt16 = 0
  package var skillsMet: UInt16 = 0
  package var lastAnswers: UInt32 = 0
  /// Of each of the last answers; slot `attempts mod 28` is written next.
  private var recentItems = SIMD32<UInt32>()
  private var recentSkills = SIMD32<UInt32>()
  private var recentGaps = SIMD32<UInt8>()

  package init() {}

  /// How many of the last answers are at hand, with the item of each.
  package var recentAnswers: Int { Int(min(attempts, UInt32(Self.recentCount))) }

  /// The item answered `age` answers ago, 0 the last; `age` < ``recentAnswers``.
  package func recentItem(_ age: Int) -> UInt32 { recentItems[slot(age)] }

  /// Its main skill; 0 for none.
  func recentSkill(_ age: Int) -> UInt32 { recentSkills[slot(age)] }

  /// ln(1 + seconds since the answer before it) in steps of 1 / ``gapSteps``; 0 for the first.
  func recentGap(_ age: Int) -> UInt8 { recentGaps[slot(age)] }

  private func slot(_ age: Int) -> Int { (Int(attempts) - 1 - age) % Self.recentCount }

  func count(of kind: Feedback.Kind) -> Int { Int(feedback[Int(kind.rawValue) - 1]) }

  /// - Parameters:
  ///   - isNewItem: the item was never answered before.
  ///   - newSkills: how many of its skills were not.
  mutating func fold(_ answer: Answer, isNewItem: Bool, newSkills: Int) {
    let elapsed = attempts == 0 ? 0 : StateTime.elapsed(from: lastSeconds, to: answer.seconds)
    foldTime(answer.seconds)
    let value: Float = answer.isCorrect ? 1 : 0
    fastMean = averaged(fastMean, with: value, count: attempts, rate: 0.2)
    mean = averaged(mean, with: value, count: attempts, rate: 0.067)
    slowMean = averaged(slowMean, with: value, count: attempts, rate: 0.02)
    repeatMean = averaged(repeatMean, with: isNewItem ? 0 : 1, count: attempts, rate: 0.1)
    recentAnswered += 1
    recentRight += value
    if let duration = answer.logDuration { foldDuration(duration) }
    let slot = Int(attempts) % Self.recentCount
    recentItems[slot] = answer.item
    recentSkills[slot] = answer.skill
    recentGaps[slot] = UInt8(min(255, logSeconds(elapsed) * Self.gapSteps))
    if attempts < .max {
      attempts += 1
      wins += answer.isCorrect ? 1 : 0
    }
    if isNewItem { itemsMet = itemsMet.incremented }
    skillsMet = UInt16(clamping: Int(skillsMet) + newSkills)
    run = extended(run, isCorrect: answer.isCorrect)
    lastAnswers = lastAnswers << 1 | (answer.isCorrect ? 1 : 0)
  }

  mutating func fold(_ kind: Feedback.Kind) {
    let slot = Int(kind.rawValue) - 1
    feedback[slot] = feedback[slot].incremented
  }

  mutating func foldView() { views = views.incremented }

  private mutating func foldTime(_ seconds: UInt32) {
    let elapsed = StateTime.elapsed(from: lastSeconds, to: seconds)
    if attempts == 0 {
      firstSeconds = seconds
    } else if elapsed > 0 {
      let kept = Float(ExactMath.exp(-Double(elapsed) * 0.6931471805599453 / 3600))
      recentAnswered *= kept
      recentRight *= kept
    }
    if attempts == 0 || elapsed > Self.sittingGapSeconds {
      sittingSeconds = seconds
      sittingAnswers = 0
    }
    sittingAnswers = sittingAnswers.incremented
    lastSeconds = seconds
  }

  private mutating func foldDuration(_ duration: Float) {
    guard logDuration > 0 else {
      logDuration = duration
      return
    }
    logDurationDeviation += 0.1 * ((duration - logDuration).magnitude - logDurationDeviation)
    logDuration += 0.1 * (duration - logDuration)
  }
}

extension LearnerState {
  /// `nil` when `bytes` are not a valid row.
  package init?(bytes: [UInt8]) {
    guard bytes.count >= Self.headByteCount else { return nil }
    let isValid = bytes.withUnsafeBytes { raw in
      var reader = StateReader(raw)
      guard reader.next(UInt8.self) == Self.version else { return false }
      for kind in 0..<4 { feedback[kind] = reader.next() }
      guard reader.next(UInt8.self) == 0 else { return false }
      views = reader.next()
      attempts = reader.next()
      wins = reader.next()
      readFloats(&reader)
      lastSeconds = reader.next()
      firstSeconds = reader.next()
      sittingSeconds = reader.next()
      sittingAnswers = reader.next()
      run = reader.next()
      itemsMet = reader.next()
      skillsMet = reader.next()
      lastAnswers = reader.next()
      // One state has one form: the answers at hand, no more and no fewer.
      let recentBytes = bytes.count - Self.headByteCount
      guard recentBytes == recentAnswers * Self.recentByteCount else { return false }
      for age in (0..<recentAnswers).reversed() {
        recentItems[slot(age)] = reader.nextKey()
        recentSkills[slot(age)] = reader.nextKey()
        recentGaps[slot(age)] = reader.next()
      }
      return true
    }
    // The two counts of late may reach a number of answers in one second, so their bound is that of 32 bits.
    guard isValid, wins <= attempts, (0...5e9).contains(recentAnswered),
      (0...5e9).contains(recentRight),
      [fastMean, mean, slowMean, repeatMean].allSatisfy({ $0.isWithin(2) }),
      logDuration.isWithin(10), logDurationDeviation.isWithin(10)
    else { return nil }
  }

  private mutating func readFloats(_ reader: inout StateReader) {
    fastMean = reader.nextFloat()
    mean = reader.nextFloat()
    slowMean = reader.nextFloat()
    logDuration = reader.nextFloat()
    logDurationDeviation = reader.nextFloat()
    repeatMean = reader.nextFloat()
    recentAnswered = reader.nextFloat()
    recentRight = reader.nextFloat()
  }

  package func encoded() -> [UInt8] {
    var writer = StateWriter(
      capacity: Self.headByteCount + recentAnswers * Self.recentByteCount)
    writer.append(Self.version)
    for kind in 0..<4 { writer.append(feedback[kind]) }
    writer.append(UInt8(0))
    writer.append(views)
    writer.append(attempts)
    writer.append(wins)
    for value in [
      fastMean, mean, slowMean, logDuration, logDurationDeviation, repeatMean, recentAnswered,
      recentRight,
    ] { writer.append(value) }
    writer.append(lastSeconds)
    writer.append(firstSeconds)
    writer.append(sittingSeconds)
    writer.append(sittingAnswers)
    writer.append(run)
    writer.append(itemsMet)
    writer.append(skillsMet)
    writer.append(lastAnswers)
    for age in (0..<recentAnswers).reversed() {
      writer.append(key: recentItem(age))
      writer.append(key: recentSkill(age))
      writer.append(recentGap(age))
    }
    return writer.bytes
  }
}
