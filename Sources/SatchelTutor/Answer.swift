internal import SatchelCore

/// One answer, as the three kinds of state fold it.
package struct Answer {
  /// ``KeyHash/short(_:)`` of the item.
  package var item: UInt32
  /// The same of the main skill; 0 where there is none.
  package var skill: UInt32
  package var isCorrect: Bool
  /// Right, but with part of the credit.
  package var isPartial: Bool
  /// Seconds since 1970; 0 where the data have no times, and then every elapsed time is 0.
  package var seconds: UInt32
  /// ln(1 + seconds spent), 0...8.2 (an hour: longer was not answering); `nil` where unknown.
  package var logDuration: Float?

  package init(
    item: UInt32, skill: UInt32, isCorrect: Bool, isPartial: Bool = false, seconds: UInt32,
    logDuration: Float?
  ) {
    self.item = item
    self.skill = skill
    self.isCorrect = isCorrect
    self.isPartial = isPartial
    self.seconds = seconds
    self.logDuration = logDuration
  }

  /// Folds the answer into all the states that it touches; the one order in which this is done.
  ///
  /// - Parameter slots: the exercised skills' places in `skills`, none twice.
  package func fold(
    into learner: inout LearnerState, _ item: inout ItemState, _ skills: inout [SkillState],
    at slots: [Int]
  ) {
    var newSkills = 0
    for slot in slots {
      newSkills += skills[slot].attempts == 0 ? 1 : 0
      skills[slot].fold(self, learner: learner)
    }
    let isNewItem = item.attempts == 0
    item.fold(self, learner: learner)
    learner.fold(self, isNewItem: isNewItem, newSkills: newSkills)
  }
}

extension Answer {
  init(_ attempt: Attempt, item: UInt32, skill: UInt32, wallMilliseconds: Int64) {
    self.init(
      item: item, skill: skill, isCorrect: attempt.isCorrect,
      isPartial: attempt.scorePermille.map { $0 < 1000 } ?? false,
      seconds: StateTime.seconds(milliseconds: wallMilliseconds),
      logDuration: attempt.durationMilliseconds.map(StateTime.logDuration))
  }

  /// What FSRS is told: wrong is Again; right is Good, Hard with part of the credit or at over twice the learner's
  /// usual time, Easy at under half of it.
  func rating(usualLogDuration usual: Float) -> Memory.Rating {
    guard isCorrect else { return .again }
    if isPartial { return .hard }
    guard let logDuration, usual > 0 else { return .good }
    if logDuration > usual + 0.7 { return .hard }
    return logDuration < usual - 0.7 ? .easy : .good
  }
}

/// Times as folded rows keep them: whole seconds since 1970 in 32 bits, good until 2106.
package enum StateTime {
  /// Clamped to what 32 bits hold, so that a clock of the year 1900 or 9999 is only wrong, not fatal.
  package static func seconds(milliseconds: Int64) -> UInt32 {
    UInt32(clamping: max(0, milliseconds) / 1000)
  }

  /// Clocks jump: elapsed time below 0 counts as 0.
  package static func elapsed(from earlier: UInt32, to later: UInt32) -> UInt32 {
    later > earlier ? later - earlier : 0
  }

  package static func logDuration(milliseconds: UInt32) -> Float {
    Float(ExactMath.log(1 + Double(min(milliseconds, 3_600_000)) / 1000))
  }
}

/// An exponential moving average that starts as the plain mean of the first values: weight 1/n until `rate` is more.
func averaged(_ mean: Float, with value: Float, count: UInt32, rate: Float) -> Float {
  mean + max(rate, 1 / Float(min(count, 1000) + 1)) * (value - mean)
}

/// The length of the run of equal answers: above 0 right ones, below 0 wrong ones.
func extended<Run: FixedWidthInteger & SignedInteger>(_ run: Run, isCorrect: Bool) -> Run {
  if isCorrect { return run > 0 ? run.incremented : 1 }
  return run < 0 ? (run == .min ? run : run - 1) : -1
}
