import ArgumentParser
import Foundation
import Satchel
import SatchelImport
import SatchelTraining

struct Prepare: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Clean a table of answers of any size, and say what was found.",
    discussion: """
      Example: satchel prepare raw.csv.gz --out clean.csv

      Repeats of the row before are left out, impossible times become unknown, durations beyond the usual are cut. Learners'
      rows come out together, each learner's in their order. Memory does not grow with the rows.
      """)

  @Argument(help: ArgumentHelp("Tables (.csv, .csv.gz) or stores.", valueName: "data"))
  var data: [String]

  @Option(help: ArgumentHelp("The table to write.", valueName: "file"))
  var out: String

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if out.hasSuffix(".gz") { throw ValidationError("--out writes plain tables: .csv") }
  }

  func run() async throws {
    let start = ContinuousClock.now
    let spill = try InteractionSpill()
    var (report, durations) = (CleaningReport(), DurationHistogram())
    var (items, skills) = (Set<ItemID>(), Set<SkillID>())
    try TrainingData.forEachRow(of: data, options: options) { row in
      Preparing.count(row, into: &report)
      row.durationMilliseconds.map { durations.add($0) }
      items.insert(row.item)
      skills.formUnion(row.skills)
      try spill.append(row)
    }
    report.durationMaxMilliseconds = durations.largestUsual
    (report.items, report.skills) = (items.count, skills.count)
    var preparing = Preparing(report)
    try write(spill, &preparing)
    answer(preparing.report, seconds: Times.seconds(since: start))
  }

  private func write(_ spill: InteractionSpill, _ preparing: inout Preparing) throws {
    let file = try WholeTextFile(path: out)
    try file.append(InteractionTable.header)
    try spill.forEachLearner { rows in
      try Task.checkCancellation()
      preparing.startLearner()
      try rows { row in
        guard let cleaned = preparing.cleaned(row) else { return }
        try file.append(InteractionTable.line(cleaned))
      }
    }
    try file.finish()
  }

  private func answer(_ report: CleaningReport, seconds: Double) {
    options.answer([
      "out": .string(out), "written": .integer(report.rows - report.duplicates),
      "cleaning": report.json, "seconds": JSON(seconds: seconds),
    ]) {
      var table = Table(
        [options.say("found", "项目"), options.say("count", "数量")], rightAligned: [1])
      for (english, chinese, count) in [
        ("rows", "行", report.rows), ("learners", "学习者", report.learners),
        ("items", "题目", report.items), ("skills", "知识点", report.skills),
        ("repeats left out", "去掉的重复行", report.duplicates),
        ("without a time", "缺少时间", report.missingTimes),
        ("without a duration", "缺少用时", report.missingDurations),
        ("without a skill", "缺少知识点", report.missingSkills),
        ("impossible times, now unknown", "不可能的时间（改为未知）", report.impossibleTimes),
        ("times that go back", "倒退的时间", report.backwardTimes),
        ("long durations, cut", "过长的用时（已截断）", report.longDurations),
        ("longest usual duration, ms", "通常的最长用时（毫秒）", Int(report.durationMaxMilliseconds)),
      ] {
        table.add(options.say(english, chinese), "\(count)")
      }
      return table.lines(options.style)
    }
  }
}
