import ArgumentParser
import SatchelCore
import SatchelStore

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Look at the hub's store and change nothing.",
    discussion: "Example: satchel-hub doctor --deep")

  @OptionGroup var options: HubOptions

  @Flag(help: "Also check every hash and every signature.")
  var deep = false

  func run() throws {
    let found = try options.openStore().examine(deep ? .deep : .quick)
    let verdict = found.isHealthy ? "well" : found.problems.joined(separator: "\n")
    Output.answer(
      Answer(
        ok: found.isHealthy, records: found.records, streams: found.streams,
        learners: found.learners, items: found.items, forks: found.forks,
        fingerprint: found.fingerprint.description, problems: found.problems),
      """
      \(found.records) records, \(found.streams) streams, \(found.learners) learners: \(verdict)
      \(found.fingerprint)
      """)
    if !found.isHealthy { throw ExitCode(1) }
  }

  private struct Answer: Encodable {
    var ok: Bool
    var records: Int
    var streams: Int
    var learners: Int
    var items: Int
    var forks: Int
    var fingerprint: String
    var problems: [String]
  }
}
