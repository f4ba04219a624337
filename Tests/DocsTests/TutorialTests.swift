import Foundation
import SatchelTestSupport
import Testing

@Suite struct `The tutorial` {
  private static let page = "Docs/Satchel.docc/TenMinutes.tutorial"
  private static let resources = "Docs/Satchel.docc/Resources"

  @Test(arguments: 1...6) func `compiles and runs at every step`(step: Int) throws {
    let desk = try Desk()
    let source = SourceTree.file("\(Self.resources)/lesson-\(step).swift")
    try Toolchain.run(
      ["sh", "-e", SourceTree.file("\(Self.resources)/setup.sh").path], in: desk.folder)
    let program = desk.folder.appending(path: "lesson")
    try Toolchain.compile(source, to: program)

    let printed = try Toolchain.run([program.path], in: desk.folder)

    let shown = try DocsTree.text("\(Self.resources)/printed.txt")
    switch step {
    case 1...4: #expect(printed == "")
    case 5: #expect(printed == shown)
    default: #expect(printed.hasPrefix(shown) && printed.hasSuffix("answers: 3\n"), "\(printed)")
    }
  }

  @Test(arguments: 2...6) func `adds to the step before`(step: Int) throws {
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
    #expect(shown == tested + ["printed.txt", "lesson-6.swift"])
  }
}

/// Where a reader sits: an empty folder with our repository beside it.
private struct Desk {
  let scratch: Scratch
  let folder: URL

  init() throws {
    scratch = try Scratch()
    folder = scratch.file("lesson")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      at: scratch.file("satchel"), withDestinationURL: SourceTree.file("."))
  }
}
