import Foundation
import SatchelTestSupport
import Testing

/// The targets of Package.swift and what each depends on, as the manifest says it.
private struct Manifest {
  let dependencies: [String: Set<String>]

  init() throws {
    let text = try DocsTree.text("Package.swift")
    var products: [String: String] = [:]
    let shorthand = /let (\w+): Target\.Dependency = \.product\(\s*name: "([^"]+)"/
    for match in text.matches(of: shorthand) {
      products[String(match.1)] = String(match.2)
    }
    var found: [String: Set<String>] = [:]
    let target = try Regex(
      #"\.(?:target|executableTarget)\(\s*name: "([^"]+)""#
        + #"(?:,\s*dependencies: \[([^\]]*)\])?"#, as: (Substring, Substring, Substring?).self)
    for match in text.matches(of: target) {
      let words = (match.2 ?? "").split { $0 == "," || $0.isWhitespace }.map(String.init)
      found[String(match.1)] = Set(
        words.map { products[$0] ?? $0.replacingOccurrences(of: "\"", with: "") })
    }
    dependencies = found
  }

  /// What is shipped: no tests and nothing for them.
  var shipped: [String: Set<String>] {
    dependencies.filter { $0.key != "SatchelTestSupport" }
  }
}

@Suite struct `The architecture's page` {
  private static let page = "Docs/architecture.md"

  @Test func `says of each target what it may import, and no more`() throws {
    let manifest = try Manifest()
    #expect(manifest.shipped.count >= 13)
    let rows = try DocsTree.rows(of: Self.page, under: "## Who may import whom")
    var said: [String: Set<String>] = [:]
    for row in rows { said[row[0].quotedCode.first ?? row[0]] = Set(row[2].quotedCode) }
    for (name, dependencies) in manifest.shipped {
      #expect(said[name] == dependencies, "\(name)")
    }
    #expect(Set(said.keys) == Set(manifest.shipped.keys))
  }

  @Test func `keeps the directions that matter`() throws {
    let all = try Manifest().shipped
    func reached(from name: String) -> Set<String> {
      var (found, waiting): (Set<String>, [String]) = ([], [name])
      while let next = waiting.popLast() {
        for dependency in all[next] ?? [] where found.insert(dependency).inserted {
          waiting.append(dependency)
        }
      }
      return found
    }
    #expect(reached(from: "SatchelCore").isDisjoint(with: all.keys))
    #expect(!reached(from: "Satchel").contains("Hummingbird"))
    #expect(reached(from: "SatchelSync").isDisjoint(with: ["SatchelStore", "SatchelTutor"]))
    #expect(reached(from: "SatchelTutor").isDisjoint(with: ["SatchelStore", "GRDB", "CCurl"]))
    #expect(!reached(from: "SatchelHub").contains("Satchel"))
  }

  @Test func `names for each invariant files that keep it and tests that are there`() throws {
    let rows = try DocsTree.rows(of: Self.page, under: "## Where each invariant is kept")
    let invariants = [
      "append", "merge", "fork", "verify", "scope", "converge", "offline", "version",
    ]
    #expect(rows.map { $0[0] } == invariants.map { "INV-" + $0 })
    let tests = try Self.testSources()
    for row in rows {
      for file in row[1].quotedCode {
        #expect(FileManager.default.fileExists(atPath: SourceTree.file(file).path), "\(file)")
      }
      #expect(!row[2].quotedCode.isEmpty)
      for name in row[2].quotedCode {
        #expect(tests.contains("`\(name)`()") || tests.contains("`\(name)`("), "\(row[0]): \(name)")
      }
    }
  }

  private static func testSources() throws -> String {
    let folder = SourceTree.file("Tests").resolvingSymlinksInPath()
    return try FileManager.default.subpathsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".swift") }
      .map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
      .joined()
  }
}

@Suite struct `Decisions` {
  @Test func `ask a question and answer it in four parts`() throws {
    let pages = try DocsTree.pages().filter { $0.hasPrefix("Docs/decisions/0") }
    for (index, page) in pages.enumerated() {
      let number = String(format: "%04d", index + 1)
      #expect(page.hasPrefix("Docs/decisions/\(number)-"), "\(page)")
      let lines = try DocsTree.text(page).components(separatedBy: "\n")
      #expect(lines[0].hasPrefix("# ") && lines[0].hasSuffix("?"), "\(page)")
      let parts = lines.filter { $0.hasPrefix("## ") }
      #expect(
        parts == ["## Context", "## Choice", "## Refused", "## What would change our mind"],
        "\(page)")
    }
    #expect(pages.count >= 12)
  }
}
