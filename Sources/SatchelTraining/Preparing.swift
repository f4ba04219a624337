package import SatchelCore

/// Cleans one learner's rows after another, and counts what it finds; holds one row at a time.
///
/// The rules are those that training applies (``CleaningRules``). A repeat of the row before is left out; an impossible
/// time becomes an unknown one; a duration beyond the usual is cut to it; a time that goes back stays, for the order of
/// the rows counts.
package struct Preparing: Sendable {
  package private(set) var report: CleaningReport
  private var norm = RunningNorm()
  private var previous: Interaction?

  /// - Parameter report: with what was counted while the rows were read: ``Preparing/count(_:into:)``.
  package init(_ report: CleaningReport) { self.report = report }

  /// What one row alone tells.
  package static func count(_ row: Interaction, into report: inout CleaningReport) {
    report.rows += 1
    report.missingSkills += row.skills.isEmpty ? 1 : 0
    report.missingDurations += row.durationMilliseconds == nil ? 1 : 0
    guard let time = row.timestampMilliseconds else {
      report.missingTimes += 1
      return
    }
    report.impossibleTimes += CleaningRules.isPossible(time) ? 0 : 1
  }

  /// Begins the next learner.
  package mutating func startLearner() {
    previous = nil
    report.learners += 1
  }

  /// The learner's next row, cleaned; `nil` where it repeats the one before.
  package mutating func cleaned(_ row: Interaction) -> Interaction? {
    defer { previous = row }
    var cleaned = row
    if let duration = row.durationMilliseconds {
      report.longDurations += duration > report.durationMaxMilliseconds ? 1 : 0
      let kept = min(duration, report.durationMaxMilliseconds)
      cleaned.durationMilliseconds = kept
      norm.add(Double(Float(CleaningRules.logDuration(kept))))
      (report.logDurationMean, report.logDurationDeviation) = (norm.mean, norm.deviation)
    }
    if let time = row.timestampMilliseconds, !CleaningRules.isPossible(time) {
      cleaned.timestampMilliseconds = nil
    }
    guard let before = previous else { return cleaned }
    let seconds = CleaningRules.seconds(row.timestampMilliseconds)
    let earlier = CleaningRules.seconds(before.timestampMilliseconds)
    report.backwardTimes += CleaningRules.isBackward(seconds: seconds, after: earlier) ? 1 : 0
    let isRepeat = CleaningRules.isRepeat(
      seconds: seconds, of: earlier, sameItem: row.item == before.item,
      sameAnswer: row.isCorrect == before.isCorrect)
    report.duplicates += isRepeat ? 1 : 0
    return isRepeat ? nil : cleaned
  }
}
