import Foundation
import Satchel
import SatchelImport
import SatchelTestSupport
import Testing

@Suite struct `README` {
  @Test(arguments: ["README.md", "Docs/README.zh.md"])
  func `shows the program that is tested here`(page: String) throws {
    let shown = try DocsTree.block(after: "<!-- program -->", in: page)
    let source = try DocsTree.text("Tests/DocsTests/FirstLesson.swift")
    let body = source.components(separatedBy: "\n").drop { !$0.hasPrefix("func ") }
      .dropFirst().prefix { $0 != "}" }
      .map { String($0.dropFirst(2)) }
    let head = ["import Foundation", "import Satchel", ""]
    #expect(shown == head + ["let folder = URL(filePath: \".\")"] + body)
    #expect(shown.count <= 20)
  }

  @Test(arguments: ["README.md", "Docs/README.zh.md"])
  func `prints what the program prints`(page: String) throws {
    let scratch = try Scratch()
    let content = try CourseFolder.read(path: SourceTree.file("Fixtures/course").path)
    let pack = try Pack.write(
      content: content, name: "arithmetic-to-algebra", version: 1, channel: "stable", created: 0,
      key: .random())
    try Data(pack).write(to: scratch.file("arithmetic-to-algebra.satchelpack"))

    var printed: [String] = []
    try firstLesson(in: scratch.folder) { printed.append($0) }

    let shown = try DocsTree.block(after: "<!-- printed -->", in: page)
    #expect(shown == printed, "it prints\n\(printed.joined(separator: "\n"))")
  }
}

@Suite struct `Links` {
  @Test func `lead to files that are there`() throws {
    for page in try DocsTree.pages() {
      let folder = SourceTree.file(page).deletingLastPathComponent()
      for target in Self.targets(in: try DocsTree.text(page)) {
        let path = folder.appendingPathComponent(target).standardizedFileURL.path
        #expect(FileManager.default.fileExists(atPath: path), "\(page): \(target)")
      }
    }
  }

  /// Relative targets of `[text](target)`, without fragments.
  private static func targets(in text: String) -> [String] {
    text.components(separatedBy: "](").dropFirst().compactMap { rest in
      let target = rest.prefix { $0 != ")" && $0 != "#" }
      return target.isEmpty || target.contains(":") ? nil : String(target)
    }
  }
}
