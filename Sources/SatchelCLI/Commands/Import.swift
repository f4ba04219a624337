import ArgumentParser
import Foundation
import Satchel

struct Import: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Read content: signed Satchel packs.",
    discussion: """
      Example: satchel import arithmetic-to-algebra.satchelpack

      Each file is taken whole or not at all. The first file that is refused ends the import; those before it stay.
      """)

  @Argument(help: ArgumentHelp("Packs.", valueName: "file"))
  var files: [String]

  @Flag(help: "Take the pack from a new publisher, from now on.")
  var trust = false

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let replica = try options.open()
    var imports: [JSON] = []
    for file in files {
      do {
        try Task.checkCancellation()
        try ContentFormat.requirePack(file)
        let report = try replica.importPack(
          at: URL(fileURLWithPath: file), trustsNewPublisher: trust)
        imports.append(json(report, file))
        if !options.json { say(report, file) }
      } catch let error as SatchelError {
        throw DetailedError(
          error: error,
          notes: imports.isEmpty
            ? [] : ["\(imports.count) file(s) before it were imported and stay."],
          members: imports.isEmpty ? [] : [("imports", .array(imports))])
      }
    }
    options.answer(["imports": .array(imports)]) { [] }
  }

  private func json(_ report: ImportReport, _ file: String) -> JSON {
    [
      "file": .string(file), "format": "satchelpack", "courses": .integer(report.courses),
      "topics": .integer(report.topics), "items": .integer(report.items),
      "skills": .integer(report.skills), "media": .integer(report.media), "skipped": .integer(0),
      "warnings": report.isNew ? [] : ["this version is in the store already"],
    ]
  }

  private func say(_ report: ImportReport, _ file: String) {
    let counts = options.say(
      "\(report.items) items, \(report.skills) skills, \(report.topics) topics, \(report.media) media",
      "\(report.items) 道题，\(report.skills) 个知识点，\(report.topics) 个主题，\(report.media) 个媒体")
    let known = report.isNew ? "" : options.say(" (was there already)", "（已在库中）")
    Output.standard.line("\(file): \(counts)\(known)")
  }
}

/// Tells what a file is by its first bytes.
enum ContentFormat {
  /// - Throws: `file.missing`, `file.unreadable`, or `file.malformed` naming what can be read.
  static func requirePack(_ path: String) throws(SatchelError) {
    let start = try FileStart.read(path, count: 11)
    guard start == Array("SATCHELPACK".utf8) else {
      throw SatchelError(
        .fileMalformed, subject: path, cause: "supported: Satchel packs (.satchelpack)")
    }
  }
}

enum FileStart {
  static func read(_ path: String, count: Int) throws(SatchelError) -> [UInt8] {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw SatchelError(.fileMissing, subject: path)
    }
    guard !isFolder, let handle = FileHandle(forReadingAtPath: path),
      let bytes = try? handle.read(upToCount: count) ?? Data()
    else { throw SatchelError(.fileUnreadable, subject: path) }
    return Array(bytes)
  }
}
