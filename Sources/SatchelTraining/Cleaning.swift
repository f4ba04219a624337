internal import SatchelCore
internal import SatchelTutor

/// What was found odd in the data, and what was done about it. No row is left out of the predictions.
package struct CleaningReport: Equatable, Sendable {
  package var rows = 0
  package var learners = 0
  package var items = 0
  package var skills = 0
  /// Same learner, item, time and answer as a row before: not learned from and not folded.
  package var duplicates = 0
  /// Before 1970 or after 2100: treated as unknown.
  package var impossibleTimes = 0
  /// Earlier than the learner's row before: elapsed time counts as 0.
  package var backwardTimes = 0
  /// Durations over ``durationMaxMilliseconds``: set to it (winsorised).
  package var longDurations = 0
  /// The 99.5th percentile of the durations, at most an hour; 0 where there are none. Of ``DurationHistogram``.
  package var durationMaxMilliseconds: UInt32 = 0
  /// Rows without a time, a duration, a skill.
  package var missingTimes = 0
  package var missingDurations = 0
  package var missingSkills = 0
  /// Mean and deviation of ln(1 + s) of the known durations, after they were cut: what they are normalised by.
  package var logDurationMean = 0.0
  package var logDurationDeviation = 0.0

  package init() {}
}

/// What is done about odd values; one code for training and for `satchel prepare`.
package enum CleaningRules {
  /// The end of the year 2099.
  static let timeMaxMilliseconds: Int64 = 4_102_444_800_000
  /// Longer was not answering.
  static let durationMaxMilliseconds: UInt32 = 3_600_000

  package static func isPossible(_ milliseconds: Int64) -> Bool {
    (0...timeMaxMilliseconds).contains(milliseconds)
  }

  /// Seconds since 1970; 0 for a time that is unknown or impossible.
  package static func seconds(_ milliseconds: Int64?) -> UInt32 {
    guard let milliseconds, isPossible(milliseconds) else { return 0 }
    return UInt32(milliseconds / 1000)
  }

  /// Whether a row repeats its learner's row before it: same known second, item and answer.
  package static func isRepeat(
    seconds: UInt32, of before: UInt32, sameItem: Bool, sameAnswer: Bool
  ) -> Bool {
    seconds > 0 && seconds == before && sameItem && sameAnswer
  }

  /// Whether the clock went back since the learner's row before.
  package static func isBackward(seconds: UInt32, after before: UInt32) -> Bool {
    seconds > 0 && seconds < before
  }

  package static func logDuration(_ milliseconds: UInt32) -> Double {
    ExactMath.log(1 + Double(milliseconds) / 1000)
  }
}

/// Durations, counted in bins of at most a 2048th of their size: a percentile of any number of rows in 360 kB.
package struct DurationHistogram: Sendable {
  private var counts = [Int](repeating: 0, count: 4096 + 20 * 2048)
  private var total = 0

  package init() {}

  package mutating func add(_ milliseconds: UInt32) {
    counts[Self.bin(milliseconds)] += 1
    total += 1
  }

  /// The 99.5th percentile, rounded down to its bin, at most an hour; 0 of nothing.
  package var largestUsual: UInt32 {
    var waiting = min(total - 1, total * 995 / 1000)
    for (bin, count) in counts.enumerated() {
      if waiting < count {
        return min(CleaningRules.durationMaxMilliseconds, Self.least(bin))
      }
      waiting -= count
    }
    return 0
  }

  /// Below 4,096 ms each its own; above, 2,048 to each doubling.
  private static func bin(_ milliseconds: UInt32) -> Int {
    guard milliseconds >= 4096 else { return Int(milliseconds) }
    let exponent = 31 - milliseconds.leadingZeroBitCount
    return 4096 + (exponent - 12) * 2048 + Int(milliseconds >> UInt32(exponent - 11) & 2047)
  }

  private static func least(_ bin: Int) -> UInt32 {
    guard bin >= 4096 else { return UInt32(bin) }
    let (doubling, step) = (bin - 4096).quotientAndRemainder(dividingBy: 2048)
    return UInt32(2048 + step) << UInt32(doubling + 1)
  }
}

/// Interactions with keys as indices, grouped by learner, odd values mended.
struct CleanedRows {
  private(set) var report = CleaningReport()
  private(set) var learners: [String] = []
  private(set) var items: [ItemID] = []
  private(set) var skills: [SkillID] = []
  /// One for each row: index of its item.
  private(set) var item: [Int32] = []
  /// The skills of row r are `skillIndices[skillStarts[r]..<skillStarts[r + 1]]`, none twice.
  private(set) var skillStarts: [Int32] = [0]
  private(set) var skillIndices: [Int32] = []
  private(set) var isCorrect: [Bool] = []
  /// Seconds since 1970; 0 unknown.
  private(set) var seconds: [UInt32] = []
  /// ln(1 + s), cut to the usual, or below 0 for unknown: what is learned from.
  private(set) var logDuration: [Float] = []
  /// The same as a device folds it, cut at an hour alone: what inputs are made of, for the device has not seen all data.
  private(set) var foldedLogDuration: [Float] = []
  private(set) var isDuplicate: [Bool] = []
  /// The rows of each learner, in file order.
  private(set) var rowsOfLearner: [[Int]] = []
  private(set) var learnerOfRow: [Int32] = []
  /// One for each row: how many rows of its learner stand before it.
  private(set) var earlier: [Int32] = []

  func skills(of row: Int) -> ArraySlice<Int32> {
    skillIndices[Int(skillStarts[row])..<Int(skillStarts[row + 1])]
  }

  var count: Int { item.count }

  init(_ interactions: [Interaction]) {
    report.rows = interactions.count
    var durations = DurationHistogram()
    for interaction in interactions { interaction.durationMilliseconds.map { durations.add($0) } }
    report.durationMaxMilliseconds = durations.largestUsual
    var learnerIndex: [String: Int] = [:]
    var itemIndex: [ItemID: Int] = [:]
    var skillIndex: [SkillID: Int] = [:]
    for (row, interaction) in interactions.enumerated() {
      let learner = Self.index(of: interaction.learner, &learnerIndex, &learners)
      if learner == rowsOfLearner.count { rowsOfLearner.append([]) }
      earlier.append(Int32(rowsOfLearner[learner].count))
      rowsOfLearner[learner].append(row)
      learnerOfRow.append(Int32(learner))
      item.append(Int32(Self.index(of: interaction.item, &itemIndex, &items)))
      for skill in interaction.skills {
        let index = Int32(Self.index(of: skill, &skillIndex, &skills))
        if !skillIndices[Int(skillStarts[row])...].contains(index) { skillIndices.append(index) }
      }
      skillStarts.append(Int32(skillIndices.count))
      isCorrect.append(interaction.isCorrect)
      report.missingSkills += interaction.skills.isEmpty ? 1 : 0
      takeTime(interaction)
      takeDuration(interaction)
    }
    takeNorm()
    report.learners = learners.count
    report.items = items.count
    report.skills = skills.count
    markDuplicates()
  }

  /// Whether each row is its learner's first meeting with the item.
  func firstMeetings() -> [Bool] {
    var metBy = [Int32](repeating: -1, count: items.count)
    var isFirst = [Bool](repeating: false, count: count)
    for (learner, learnerRows) in rowsOfLearner.enumerated() {
      for row in learnerRows where metBy[Int(item[row])] != learner {
        metBy[Int(item[row])] = Int32(learner)
        isFirst[row] = true
      }
    }
    return isFirst
  }

  private static func index<Key: Hashable>(
    of key: Key, _ known: inout [Key: Int], _ keys: inout [Key]
  ) -> Int {
    if let index = known[key] { return index }
    known[key] = keys.count
    keys.append(key)
    return keys.count - 1
  }

  private mutating func takeTime(_ interaction: Interaction) {
    seconds.append(CleaningRules.seconds(interaction.timestampMilliseconds))
    guard let time = interaction.timestampMilliseconds else {
      report.missingTimes += 1
      return
    }
    report.impossibleTimes += CleaningRules.isPossible(time) ? 0 : 1
  }

  private mutating func takeDuration(_ interaction: Interaction) {
    guard let duration = interaction.durationMilliseconds else {
      report.missingDurations += 1
      logDuration.append(-1)
      foldedLogDuration.append(-1)
      return
    }
    if duration > report.durationMaxMilliseconds { report.longDurations += 1 }
    foldedLogDuration.append(StateTime.logDuration(milliseconds: duration))
    logDuration.append(
      Float(CleaningRules.logDuration(min(duration, report.durationMaxMilliseconds))))
  }

  private mutating func takeNorm() {
    var norm = RunningNorm()
    for value in logDuration where value >= 0 { norm.add(Double(value)) }
    (report.logDurationMean, report.logDurationDeviation) = (norm.mean, norm.deviation)
  }

  private mutating func markDuplicates() {
    isDuplicate = [Bool](repeating: false, count: count)
    for rows in rowsOfLearner {
      var previous: Int?
      for row in rows {
        defer { previous = row }
        guard let before = previous, seconds[row] > 0 else { continue }
        if CleaningRules.isBackward(seconds: seconds[row], after: seconds[before]) {
          report.backwardTimes += 1
        }
        if CleaningRules.isRepeat(
          seconds: seconds[row], of: seconds[before], sameItem: item[row] == item[before],
          sameAnswer: isCorrect[row] == isCorrect[before])
        {
          isDuplicate[row] = true
          report.duplicates += 1
        }
      }
    }
  }
}

/// Mean and deviation of numbers that come one by one (Welford 1962).
package struct RunningNorm: Sendable {
  private var count = 0.0
  package private(set) var mean = 0.0
  private var squares = 0.0

  package init() {}

  package mutating func add(_ value: Double) {
    count += 1
    let step = value - mean
    mean += step / count
    squares += step * (value - mean)
  }

  package var deviation: Double { count > 0 ? (squares / count).squareRoot() : 0 }
}
