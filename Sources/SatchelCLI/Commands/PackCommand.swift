import ArgumentParser
import Foundation
import Satchel
import SatchelImport
import SatchelStore

struct PackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pack",
    abstract: "Make a signed pack of a course folder.",
    discussion: """
      Example: satchel pack Fixtures/course --out course.satchelpack --key publisher.key --pack-version 2

      The folder holds course.json and media/<sha256>. The key is made where there is none: keep it, for later versions \
      must be signed by it. SOURCE_DATE_EPOCH sets the time that is written in.
      """)

  @Argument(help: "The course folder.")
  var folder: String

  @Option(help: ArgumentHelp("The pack to write.", valueName: "file"))
  var out: String

  @Option(
    help: ArgumentHelp("The publisher's secret key: 64 hex digits in a file.", valueName: "file"))
  var key: String

  @Option(help: "The pack's name; else the course's id.")
  var name: String?

  @Option(help: "Only ever rises.")
  var packVersion = 1

  @Option(help: "The line of versions that it belongs to.")
  var channel = "stable"

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    let content = try CourseFolder.read(path: folder)
    let name = self.name ?? content.courses.first?.id.text ?? "course"
    let signing = try KeyFile.readOrMake(URL(fileURLWithPath: key))
    let epoch = ProcessInfo.processInfo.environment["SOURCE_DATE_EPOCH"].flatMap { Int64($0) }
    let bytes = try Pack.write(
      content: content, name: name, version: packVersion, channel: channel,
      created: epoch ?? Int64(Date().timeIntervalSince1970), key: signing)
    try WholeFile.write(bytes, to: out)
    options.answer([
      "pack": .string(out), "name": .string(name), "version": .integer(packVersion),
      "channel": .string(channel), "publisher": .string(signing.publicKey.hex),
      "bytes": .integer(bytes.count), "items": .integer(content.items.count),
      "skills": .integer(content.skills.count), "media": .integer(content.media.count),
    ]) {
      [
        "\(out): \(name) \(packVersion), \(content.items.count) \(options.say("items", "道题")), \(bytes.count) bytes",
        options.say("publisher", "发布者") + " \(signing.publicKey.hex)",
      ]
    }
  }
}

/// A publisher's key in a file: the 32-byte seed as hex.
enum KeyFile {
  static func readOrMake(_ url: URL) throws(SatchelError) -> SigningKey {
    if FileManager.default.fileExists(atPath: url.path) { return try read(url) }
    let key = SigningKey.random()
    try PrivateFile.create(url, bytes: Array((Hex.encode(key.seed) + "\n").utf8))
    return key
  }

  private static func read(_ url: URL) throws(SatchelError) -> SigningKey {
    let text = String(decoding: try FileStart.read(url.path, count: 200), as: UTF8.self)
    let digits = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard let seed = Hex.decode(digits), let key = SigningKey(seed: seed) else {
      throw SatchelError(.fileMalformed, subject: url.path, cause: "a key is 64 hex digits")
    }
    return key
  }
}
