import Foundation
import Testing

@Suite struct `The help` {
  static let commands = [
    "", "init", "import", "learner", "learner add", "learner list", "learner show", "record",
    "feedback", "next", "path", "progress", "search", "enroll", "sync", "bundle", "bundle write",
    "bundle read", "model", "model list", "model show",
    "model use", "model rollback", "model pull", "doctor", "records", "prepare", "train",
    "evaluate",
    "features", "tune", "memory", "memory replay", "memory fit", "neighbours", "neighbours fit",
    "neighbours rank", "neighbours evaluate", "pack",
    "simulate-class", "simulate", "bench", "demo",
  ]

  @Test(arguments: commands)
  func `of every command shows an example`(command: String) throws {
    let shell = try Shell()
    defer { shell.remove() }

    let help = try shell.satchel(command.split(separator: " ").map(String.init) + ["--help"])

    #expect(help.status == 0)
    #expect(help.out.contains("Example"))
    #expect(help.out.contains("satchel \(command)"))
    #expect(help.error.isEmpty)
  }

  @Test func `names every command that there is, and no other`() throws {
    let shell = try Shell()
    defer { shell.remove() }

    let text = try shell.satchel("--help").out
    let list = text.components(separatedBy: "SUBCOMMANDS:").last ?? ""
    let named = list.split(separator: "\n").compactMap { line -> String? in
      let isName = line.hasPrefix("  ") && !line.hasPrefix("   ") && !line.contains("See '")
      return isName ? line.split(separator: " ").first.map(String.init) : nil
    }

    let known = Self.commands.filter { !$0.isEmpty && !$0.contains(" ") }
    #expect(Set(named) == Set(known))
  }
}
