import ArgumentParser
import Foundation
import Satchel

struct PathCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "path", abstract: "Plan a learner's way to a goal.",
    discussion: "Example: satchel path Mei --goal add-fractions-unlike -n 12")

  @Argument(help: "Her pseudonym, her name, or the name that a file gave her.")
  var learner: String

  @Option(help: ArgumentHelp("The skill that she wants to reach.", valueName: "skill"))
  var goal: String

  @Option(name: [.customShort("n"), .customLong("limit")], help: "At most this many steps.")
  var limit = 20

  @Option(help: ArgumentHelp("Instead of now, ISO 8601.", valueName: "time"))
  var at: Moment?

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard (1...Replica.pathStepsMax).contains(limit) else {
      throw ValidationError("-n takes 1 to \(Replica.pathStepsMax).")
    }
  }

  func run() async throws {
    let replica = try options.open()
    let path = try replica.path(
      to: try SkillID(goal), for: try replica.learner(learner), limit: limit, at: at?.date)
    let words = RecommendationWords(replica, options.language)
    let steps = try path.steps.map { try json($0, words) }
    options.answer([
      "steps": .array(steps), "mastery": .number(path.mastery),
      "expected_mastery": .number(path.expectedMastery),
    ]) {
      var table = Table(
        ["#", words.itemHead, words.skillHead, words.gainHead], rightAligned: [0, 3])
      for (index, step) in path.steps.enumerated() {
        table.add(
          "\(index + 1)", step.item.text, step.skill?.text ?? "",
          String(format: "%+.1f %%", 100 * step.expectedGain))
      }
      return (path.steps.isEmpty ? [] : table.lines(options.style)) + [summary(path)]
    }
  }

  private func json(_ step: LearningPath.Step, _ words: RecommendationWords) throws -> JSON {
    [
      "item": JSON(step.item), "skill": step.skill.map { .string($0.text) } ?? nil,
      "expected_gain": .number(step.expectedGain), "p_correct": .number(step.probabilityCorrect),
      "why": .string(try step.reasons.first.map { try words.sentence($0) } ?? ""),
    ]
  }

  private func summary(_ path: LearningPath) -> String {
    let (now, then) = (Int(100 * path.mastery), Int(100 * path.expectedMastery))
    return options.say(
      "mastery of \(goal): \(now) % now, \(then) % expected", "\(goal) 掌握度：现在 \(now)%，预计 \(then)%")
  }
}
