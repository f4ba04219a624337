import Foundation
import SatchelCore
import SatchelTestSupport
import Testing

/// A built program beside the test bundle, and what its help says.
private struct Program {
  let name: String

  /// Fails, and does not skip, when the program is missing: building the tests builds it.
  func help(_ subcommands: [String] = []) throws -> String {
    let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent()
    let (status, bytes) = try SatchelTestSupport.Program.run(
      [folder.appendingPathComponent(name).path] + subcommands + ["--help"],
      environment: ["LANG": "C.UTF-8", "COLUMNS": "200"])
    #expect(status == 0)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Every command, with its parents: `["learner", "add"]`.
  func commands(under parents: [String] = []) throws -> [[String]] {
    var out: [[String]] = []
    for name in Self.subcommands(in: try help(parents)) {
      out.append(parents + [name])
      if Self.groups.contains(name) { out += try commands(under: parents + [name]) }
    }
    return out
  }

  /// The commands that have commands of their own.
  static let groups: Set = [
    "class", "learner", "model", "publish", "bundle", "memory", "neighbours",
  ]

  private static func subcommands(in help: String) -> [String] {
    help.components(separatedBy: "\n").drop { $0 != "SUBCOMMANDS:" }.dropFirst()
      .prefix { !$0.isEmpty }
      .filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
      .compactMap { $0.split(separator: " ").first.map { String($0.filter { $0 != "," }) } }
  }

  /// The long flags that a text names.
  static func flags(in text: String) -> Set<String> {
    Set(text.matches(of: /(?:^|[^a-z-])(--[a-z][a-z-]*)/).map { String($0.1) })
  }
}

@Suite struct `The command line's page` {
  private static let page = "Docs/cli.md"

  @Test func `names every error code with its exit status`() throws {
    let rows = try DocsTree.rows(of: Self.page, under: "## Exit statuses")
    var said: [String: Int32] = [:]
    for row in rows {
      for code in row[2].quotedCode { said[code] = Int32(row[0]) }
    }
    for code in SatchelError.Code.allCases {
      #expect(said[code.rawValue] == code.exitStatus, "\(code.rawValue)")
    }
    #expect(said.count == SatchelError.Code.allCases.count)
  }

  @Test(arguments: ["satchel", "satchel-hub"])
  func `has a heading for every command, and names its flags`(name: String) throws {
    let program = Program(name: name)
    let lines = try DocsTree.text(Self.page).components(separatedBy: "\n")
    let commands = try program.commands()
    #expect(commands.count >= 7)
    let common = Self.flags(of: lines.prefix { !$0.hasPrefix("## ") })
    for command in commands {
      let heading = "### `\(([name] + command).joined(separator: " "))`"
      let place = try #require(lines.firstIndex(of: heading), "\(heading)")
      let own = Self.flags(of: lines[(place + 1)...].prefix { !$0.hasPrefix("##") })
      let missing = Program.flags(in: try program.help(command)).subtracting(own.union(common))
      // A group's help shows examples of its commands, which say their flags themselves.
      #expect(
        missing.isEmpty || Program.groups.contains(command.last ?? ""), "\(heading) \(missing)")
    }
  }

  private static func flags(of lines: some Sequence<String>) -> Set<String> {
    Program.flags(in: lines.joined(separator: "\n"))
  }

  @Test func `has no heading for a command that is not there`() throws {
    var real: Set<String> = []
    for name in ["satchel", "satchel-hub"] {
      for command in try Program(name: name).commands() {
        real.insert("### `\(([name] + command).joined(separator: " "))`")
      }
    }
    let headings = try DocsTree.text(Self.page).components(separatedBy: "\n")
      .filter { $0.hasPrefix("### `satchel") }
    #expect(Set(headings).subtracting(real).isEmpty)
  }
}
