import ArgumentParser
import Satchel

struct ProgressCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "progress",
    abstract: "Show mastery, what is due, and what will be left in a week.",
    discussion: "Example: satchel progress Mei --skill fraction-meaning")

  @Argument(help: "Her pseudonym, her name, or the name that a file gave her.")
  var learner: String

  @Option(help: "Only this skill.")
  var skill: String?

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let replica = try options.open()
    let id = try replica.learner(learner)
    let wanted = try skill.map { try SkillID($0) }
    if let wanted, try !replica.store.knows(wanted) {
      throw SatchelError(.skillUnknown, subject: wanted.text)
    }
    let skills = try replica.progress(of: id).skills.filter { wanted == nil || $0.skill == wanted }
    let records = try replica.recordCount(of: id)
    let titles = try replica.skillTitles()
    options.answer([
      "learner": JSON(id), "records": .integer(records), "skills": .array(skills.map(\.json)),
    ]) {
      ["\(records) \(options.say("records", "条记录"))"] + lines(skills, titles)
    }
  }

  private func lines(_ skills: [SkillProgress], _ titles: [SkillID: LocalizedText]) -> [String] {
    let english = ["skill", "mastery", "", "answers", "in a week", "due", "title"]
    let chinese = ["知识点", "掌握度", "", "作答", "一周后", "复习", "名称"]
    var table = Table(
      options.language == .chinese ? chinese : english, rightAligned: [2, 3, 4])
    for skill in skills {
      table.add(
        skill.skill.text, Table.bar(skill.mastery), percent(skill.mastery), "\(skill.attempts)",
        percent(skill.forecast),
        Times.day(skill.dueMilliseconds),
        titles[skill.skill]?.text(in: options.language) ?? "")
    }
    return skills.isEmpty ? [] : table.lines(options.style)
  }
}

extension SkillProgress {
  var json: JSON {
    [
      "skill": JSON(skill), "mastery": .number(mastery), "attempts": .integer(attempts),
      "due": Times.json(dueMilliseconds), "forecast": .number(forecast),
    ]
  }
}
