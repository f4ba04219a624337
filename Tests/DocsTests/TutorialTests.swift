import Foundation
import SatchelTestSupport
import Testing

@Suite struct `The tutorial` {
  private static let page = "Docs/Satchel.docc/TenMinutes.tutorial"
  private static let resources = "Docs/Satchel.docc/Resources"

  @Test(arguments: 1...6) func `compiles and runs at every step`(step: Int) throws {
    let desk = try Desk()
    let program = try desk.compile("lesson-\(step).swift")

    let printed = try Toolchain.run([program.path], in: desk.folder)

    let shown = try DocsTree.text("\(Self.resources)/printed.txt")
    switch step {
    case 1...4: #expect(printed == "")
    case 5: #expect(printed == shown)
    default: #expect(printed.hasPrefix(shown) && printed.hasSuffix("answers: 3\n"), "\(printed)")
    }
  }

  @Test func `syncs what an earlier run could not`() throws {
    let desk = try Desk()
    let program = try desk.compile("lesson-7.swift")
    let nobody = "http://127.0.0.1:\(try ScriptedServer.deadPort())"
    let alone = try Toolchain.run([program.path, nobody], in: desk.folder)
    #expect(alone.contains("answers: 3\nthe hub cannot be reached: \(nobody)"), "\(alone)")

    let hub = try desk.serve()
    defer { hub.end(by: SIGTERM) }
    let together = try Toolchain.run([program.path, hub.url], in: desk.folder)

    // Three answers of each run.
    let last = "sent 6 records; both sides hold the same: true\n"
    #expect(together.hasSuffix("answers: 3\n" + last), "\(together)")
  }

  @Test(arguments: 2...7) func `adds to the step before`(step: Int) throws {
    let before = try DocsTree.text("\(Self.resources)/lesson-\(step - 1).swift")
    let after = try DocsTree.text("\(Self.resources)/lesson-\(step).swift")
    #expect(after.hasPrefix(before) && after != before)
  }

  @Test func `shows a manifest that names our product`() throws {
    let desk = try Desk()
    let manifest = try DocsTree.text("\(Self.resources)/manifest.swift")
    try Data(manifest.utf8).write(to: desk.folder.appending(path: "Package.swift"))
    let told = try Toolchain.run(["swift", "package", "dump-package"], in: desk.folder)
    #expect(told.contains("\"Satchel\"") && told.contains("\"satchel\""))
    #expect(try DocsTree.text("Package.swift").contains(#".library(name: "Satchel""#))
  }

  @Test func `shows each of its files, and tests them all`() throws {
    let shown = try DocsTree.text(Self.page).matches(of: /file: ([^)]+)\)/).map { String($0.1) }
    let tested = ["manifest.swift", "setup.sh"] + (1...5).map { "lesson-\($0).swift" }
    #expect(shown == tested + ["printed.txt", "lesson-6.swift", "hub.sh", "lesson-7.swift"])
  }
}

/// Where a reader sits: a folder with the pack in it, and our repository beside it.
private struct Desk {
  private static let resources = SourceTree.file("Docs/Satchel.docc/Resources")
  let scratch: Scratch
  let folder: URL

  init() throws {
    scratch = try Scratch()
    folder = scratch.file("lesson")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      at: scratch.file("satchel"), withDestinationURL: SourceTree.file("."))
    try Toolchain.run(
      ["sh", "-e", Self.resources.appending(path: "setup.sh").path], in: folder)
  }

  /// The program of a step.
  func compile(_ source: String) throws -> URL {
    let program = folder.appending(path: "lesson")
    try Toolchain.compile(Self.resources.appending(path: source), to: program)
    return program
  }

  /// Does what `hub.sh` says; only the port is another, for the reader's may be taken.
  func serve() throws -> HubProgram {
    let script = try String(
      contentsOf: Self.resources.appending(path: "hub.sh"), encoding: .utf8)
    let lines = script.split(separator: "\n").map(String.init)
    try #require(lines.count == 2 && lines[1] == "satchel-hub serve --store class.sqlite")
    let path = "PATH=\(Toolchain.products.path):/usr/bin:/bin"
    try Toolchain.run(["env", path, "sh", "-ec", lines[0]], in: folder)
    return try HubProgram(store: folder.appending(path: "class.sqlite"))
  }
}
