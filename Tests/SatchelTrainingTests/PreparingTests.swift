import SatchelCore
import Testing

@testable import SatchelTraining

@Suite struct `Preparing data` {
  /// Everything that can be odd about a row, and a learner who comes twice.
  private func odd() throws -> [Interaction] {
    func row(
      _ learner: String, _ item: String, _ time: Int64?, _ duration: UInt32?,
      skills: [String] = ["adding"], isCorrect: Bool = true
    ) throws -> Interaction {
      Interaction(
        learner: learner, item: try ItemID(item), skills: try skills.map { try SkillID($0) },
        isCorrect: isCorrect, timestampMilliseconds: time, durationMilliseconds: duration)
    }
    var rows = try [
      row("mei", "a", 1_000_000, 4000), row("mei", "a", 1_000_000, 5000),
      row("mei", "a", 1_000_000, 5000, isCorrect: false), row("mei", "b", 900_000, nil),
      row("li", "a", 9_000_000_000_000_000, 3_000_000_000, skills: []), row("mei", "b", -5, 0),
      row("li", "b", nil, 2000), row("mei", "b", 2_000_000, 7000), row("li", "b", nil, 2000),
    ]
    for number in 0..<400 {
      rows.append(try row("li", "c", 3_000_000 + Int64(number) * 5000, UInt32(2000 + number)))
    }
    return rows
  }

  private func prepared(_ rows: [Interaction]) -> (report: CleaningReport, rows: [Interaction]) {
    var (report, durations) = (CleaningReport(), DurationHistogram())
    for row in rows {
      Preparing.count(row, into: &report)
      row.durationMilliseconds.map { durations.add($0) }
    }
    report.durationMaxMilliseconds = durations.largestUsual
    report.items = Set(rows.map(\.item)).count
    report.skills = Set(rows.flatMap(\.skills)).count
    var preparing = Preparing(report)
    var out: [Interaction] = []
    for learner in ["mei", "li"] {
      preparing.startLearner()
      out += rows.filter { $0.learner == learner }.compactMap { preparing.cleaned($0) }
    }
    return (preparing.report, out)
  }

  @Test func `finds the same on the way as training does at once`() throws {
    let rows = try odd()
    let (report, out) = prepared(rows)
    let cleaned = CleanedRows(rows).report
    #expect(report.duplicates == 1 && cleaned.duplicates == 1)
    #expect(report.impossibleTimes == 2 && report.backwardTimes == 1)
    #expect(report.missingTimes == 2 && report.missingDurations == 1 && report.missingSkills == 1)
    #expect(out.count == rows.count - 1)
    // Only the mean and its deviation may differ: they are summed in another order.
    #expect((report.logDurationMean - cleaned.logDurationMean).magnitude < 1e-9)
    #expect((report.logDurationDeviation - cleaned.logDurationDeviation).magnitude < 1e-9)
    var same = report
    (same.logDurationMean, same.logDurationDeviation) = (
      cleaned.logDurationMean, cleaned.logDurationDeviation
    )
    #expect(same == cleaned)
  }

  @Test func `makes clean what it has cleaned before`() throws {
    let once = prepared(try odd())
    #expect(once.rows.allSatisfy { $0.timestampMilliseconds.map(CleaningRules.isPossible) ?? true })
    #expect(
      once.rows.allSatisfy {
        $0.durationMilliseconds ?? 0 <= once.report.durationMaxMilliseconds
      })
    let again = prepared(once.rows)
    #expect(again.report.duplicates == 0 && again.report.impossibleTimes == 0)
    #expect(again.rows.count == once.rows.count)
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `finds the usual longest duration within a 2048th`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var histogram = DurationHistogram()
    var all: [UInt32] = []
    for _ in 0..<5000 {
      let duration = UInt32(random.below(1 << (4 + random.below(18))))
      histogram.add(duration)
      all.append(duration)
    }
    let exact = min(3_600_000, all.sorted()[5000 * 995 / 1000])
    let found = histogram.largestUsual
    #expect(found <= exact && Double(exact - found) <= Double(exact) / 2048, "seed \(seed)")
    #expect(DurationHistogram().largestUsual == 0)
  }
}
