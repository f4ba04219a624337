internal import SatchelCore

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
  /// The 99.5th percentile of the durations, at most an hour; 0 where there are none.
  package var durationMaxMilliseconds: UInt32 = 0

  package init() {}
}

/// Interactions with keys as indices, grouped by learner, odd values mended.
struct CleanedRows {
  static let timeMaxMilliseconds: Int64 = 4_102_444_800_000

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
  /// ln(1 + s), or below 0 for unknown.
  private(set) var logDuration: [Float] = []
  private(set) var isDuplicate: [Bool] = []
  /// The rows of each learner, in file order.
  private(set) var rowsOfLearner: [[Int]] = []
  private(set) var learnerOfRow: [Int32] = []

  func skills(of row: Int) -> ArraySlice<Int32> {
    skillIndices[Int(skillStarts[row])..<Int(skillStarts[row + 1])]
  }

  var count: Int { item.count }

  init(_ interactions: [Interaction]) {
    report.rows = interactions.count
    report.durationMaxMilliseconds = Self.durationMax(interactions)
    var learnerIndex: [String: Int] = [:]
    var itemIndex: [ItemID: Int] = [:]
    var skillIndex: [SkillID: Int] = [:]
    for (row, interaction) in interactions.enumerated() {
      let learner = Self.index(of: interaction.learner, &learnerIndex, &learners)
      if learner == rowsOfLearner.count { rowsOfLearner.append([]) }
      rowsOfLearner[learner].append(row)
      learnerOfRow.append(Int32(learner))
      item.append(Int32(Self.index(of: interaction.item, &itemIndex, &items)))
      for skill in interaction.skills {
        let index = Int32(Self.index(of: skill, &skillIndex, &skills))
        if !skillIndices[Int(skillStarts[row])...].contains(index) { skillIndices.append(index) }
      }
      skillStarts.append(Int32(skillIndices.count))
      isCorrect.append(interaction.isCorrect)
      takeTime(interaction)
      takeDuration(interaction)
    }
    report.learners = learners.count
    report.items = items.count
    report.skills = skills.count
    markDuplicates()
  }

  private static func index<Key: Hashable>(
    of key: Key, _ known: inout [Key: Int], _ keys: inout [Key]
  ) -> Int {
    if let index = known[key] { return index }
    known[key] = keys.count
    keys.append(key)
    return keys.count - 1
  }

  private static func durationMax(_ interactions: [Interaction]) -> UInt32 {
    let durations = interactions.compactMap(\.durationMilliseconds).sorted()
    guard !durations.isEmpty else { return 0 }
    return min(3_600_000, durations[min(durations.count - 1, durations.count * 995 / 1000)])
  }

  private mutating func takeTime(_ interaction: Interaction) {
    guard let time = interaction.timestampMilliseconds else {
      seconds.append(0)
      return
    }
    if (0...Self.timeMaxMilliseconds).contains(time) {
      seconds.append(UInt32(time / 1000))
    } else {
      report.impossibleTimes += 1
      seconds.append(0)
    }
  }

  private mutating func takeDuration(_ interaction: Interaction) {
    guard let duration = interaction.durationMilliseconds else {
      logDuration.append(-1)
      return
    }
    if duration > report.durationMaxMilliseconds { report.longDurations += 1 }
    logDuration.append(
      Float(ExactMath.log(1 + Double(min(duration, report.durationMaxMilliseconds)) / 1000)))
  }

  private mutating func markDuplicates() {
    isDuplicate = [Bool](repeating: false, count: count)
    for rows in rowsOfLearner {
      var previous: Int?
      for row in rows {
        defer { previous = row }
        guard let before = previous, seconds[row] > 0 else { continue }
        if seconds[row] < seconds[before] { report.backwardTimes += 1 }
        if seconds[row] == seconds[before], item[row] == item[before],
          isCorrect[row] == isCorrect[before]
        {
          isDuplicate[row] = true
          report.duplicates += 1
        }
      }
    }
  }
}
