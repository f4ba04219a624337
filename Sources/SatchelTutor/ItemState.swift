package import SatchelCore

/// What one learner's records say of one item. As of the last record's time, never "as of now".
///
/// Layout, 23 bytes, little-endian, of which zeros at the end are left out down to 19: there is a row for every item
/// that every learner ever met, more than of anything else in the store, and most have no view, feedback or duration.
///
///     u8  version = 1     u8 attempts   u8 wins   u8 last answers (bit 0 the last)   i8 run
///     u32 last time, s    f32 stability, days     f32 difficulty
///     u16 learner's attempts at the last answer, modulo 65,536
///     u16 last ln(1 + s) * 1024
///     u8  feedback: 2 bits each for skipped, too easy, too hard, liked               u8 views
///
/// Counts stay at their largest value. A row is valid when its length and version are right, wins do not exceed
/// attempts, and the two floats are finite and in the ranges of ``Memory``; every valid row can be folded on.
package struct ItemState: Equatable, Sendable {
  package static let byteCount = 23
  /// What stands before the fields that may be left out.
  static let byteCountMin = 19
  static let version: UInt8 = 1

  package var attempts: UInt8 = 0
  package var wins: UInt8 = 0
  package var lastAnswers: UInt8 = 0
  package var run: Int8 = 0
  package var feedback: UInt8 = 0
  package var views: UInt8 = 0
  package var lastSeconds: UInt32 = 0
  var stabilityDays: Float = 0
  var difficulty: Float = 0
  var learnerAttempts: UInt16 = 0
  var lastLogDuration: UInt16 = 0

  package init() {}

  /// `nil` before the first answer.
  package var memory: Memory? {
    guard attempts > 0 else { return nil }
    return Memory(stabilityDays: Double(stabilityDays), difficulty: Double(difficulty))
  }

  package func count(of kind: Feedback.Kind) -> Int {
    Int(feedback >> Self.shift(kind) & 3)
  }

  mutating func fold(_ answer: Answer, learner: LearnerState) {
    let rating = answer.rating(usualLogDuration: learner.logDuration)
    let next =
      memory?.reviewed(
        rating, elapsedSeconds: StateTime.elapsed(from: lastSeconds, to: answer.seconds))
      ?? Memory(first: rating)
    stabilityDays = Float(next.stabilityDays)
    difficulty = Float(next.difficulty)
    if attempts < .max {
      attempts += 1
      wins += answer.isCorrect ? 1 : 0
    }
    lastAnswers = lastAnswers << 1 | (answer.isCorrect ? 1 : 0)
    run = extended(run, isCorrect: answer.isCorrect)
    lastSeconds = answer.seconds
    learnerAttempts = UInt16(truncatingIfNeeded: learner.attempts)
    if let duration = answer.logDuration { lastLogDuration = UInt16(duration * 1024) }
    // Once it is answered, an old "not now" counts no more; once it is answered right, nor does "too hard".
    set(.skipped, to: 0)
    if answer.isCorrect { set(.tooHard, to: 0) }
  }

  mutating func fold(_ kind: Feedback.Kind) {
    set(kind, to: min(3, count(of: kind) + 1))
    // The last word counts: an item is not too easy and too hard at once.
    if kind == .tooEasy { set(.tooHard, to: 0) }
    if kind == .tooHard { set(.tooEasy, to: 0) }
  }

  mutating func foldView() { views = views.incremented }

  private mutating func set(_ kind: Feedback.Kind, to count: Int) {
    let shift = Self.shift(kind)
    feedback = feedback & ~(3 << shift) | UInt8(count) << shift
  }

  private static func shift(_ kind: Feedback.Kind) -> UInt8 { (kind.rawValue - 1) * 2 }
}

extension ItemState {
  /// `nil` when `bytes` are not a valid row.
  package init?(bytes: [UInt8]) {
    guard (Self.byteCountMin...Self.byteCount).contains(bytes.count) else { return nil }
    // One state has one form: a zero that could have been left out is refused.
    guard bytes.count == Self.byteCountMin || bytes.last != 0 else { return nil }
    let whole = bytes + [UInt8](repeating: 0, count: Self.byteCount - bytes.count)
    let isValid = whole.withUnsafeBytes { raw in
      var reader = StateReader(raw)
      guard reader.next(UInt8.self) == Self.version else { return false }
      attempts = reader.next()
      wins = reader.next()
      lastAnswers = reader.next()
      run = reader.next()
      lastSeconds = reader.next()
      stabilityDays = reader.nextFloat()
      difficulty = reader.nextFloat()
      learnerAttempts = reader.next()
      lastLogDuration = reader.next()
      feedback = reader.next()
      views = reader.next()
      return true
    }
    guard isValid, wins <= attempts else { return nil }
    let isEmpty = attempts == 0 && stabilityDays == 0 && difficulty == 0
    guard isEmpty || ((0.0009...36_500).contains(stabilityDays) && (1...10).contains(difficulty))
    else { return nil }
  }

  package func encoded() -> [UInt8] {
    var writer = StateWriter(capacity: Self.byteCount)
    writer.append(Self.version)
    writer.append(attempts)
    writer.append(wins)
    writer.append(lastAnswers)
    writer.append(run)
    writer.append(lastSeconds)
    writer.append(stabilityDays)
    writer.append(difficulty)
    writer.append(learnerAttempts)
    writer.append(lastLogDuration)
    writer.append(feedback)
    writer.append(views)
    var bytes = writer.bytes
    while bytes.count > Self.byteCountMin, bytes.last == 0 { bytes.removeLast() }
    return bytes
  }
}
