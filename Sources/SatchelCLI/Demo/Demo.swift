import ArgumentParser
import Foundation
import Satchel

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "The whole story with real parts: a hub, laptops, offline lessons, sync, training, new weights.",
    discussion: """
      Examples:
        satchel demo
        satchel demo --interactions interactions.csv.gz --replicas 8 --json

      Runs `satchel-hub`, which lies beside this program, on loopback. The exit status is 0 only when all that the story \
      promises held: the same records everywhere, each exactly once.
      """)

  @Option(
    help: ArgumentHelp(
      "The same story on a table of answers, spread over replicas.", valueName: "file"))
  var interactions: String?

  @Option(help: "Over how many.")
  var replicas = 8

  @Option(help: ArgumentHelp("Leave the stores in this folder.", valueName: "folder"))
  var keep: String?

  @Option(help: ArgumentHelp("The folder with course/ and model/.", valueName: "folder"))
  var fixtures: String?

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard (2...64).contains(replicas) else { throw ValidationError("--replicas takes 2 to 64.") }
  }

  func run() async throws {
    let folder = try DemoFolder(kept: keep)
    defer { folder.remove() }
    let log = StepLog(options)
    if let interactions {
      let story = TableStory(
        path: interactions, replicaCount: replicas, folder: folder.url, log: log, options: options)
      try await story.run()
    } else {
      let fixtures = try Fixtures(given: fixtures)
      try await ClassStory(fixtures: fixtures, folder: folder.url, log: log, options: options).run()
    }
    try log.conclude()
  }
}

/// Where the demo's stores lie: a temporary folder that goes, or one that stays.
struct DemoFolder {
  let url: URL
  private let isKept: Bool

  init(kept path: String?) throws(SatchelError) {
    isKept = path != nil
    url =
      path.map { URL(fileURLWithPath: $0) }
      ?? FileManager.default.temporaryDirectory
      .appendingPathComponent("satchel-demo-\(LearnerID.random())")
    do {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      guard try FileManager.default.contentsOfDirectory(atPath: url.path).isEmpty else {
        throw SatchelError(.cannotCreate, subject: url.path, cause: "the folder is not empty")
      }
    } catch let error as SatchelError {
      throw error
    } catch {
      throw SatchelError(.cannotCreate, subject: url.path, cause: error.localizedDescription)
    }
  }

  func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  func remove() {
    // A temporary folder that cannot be removed is the system's to clear.
    if !isKept { try? FileManager.default.removeItem(at: url) }
  }
}

/// The files that the demo is played with.
struct Fixtures {
  let coursePack: URL
  let model: URL

  /// - Parameter path: the folder; else SATCHEL_FIXTURES, else beside the installed program, else in the source tree above it.
  init(given path: String?) throws(SatchelError) {
    let root = try Self.root(path)
    coursePack = root.appendingPathComponent("course/arithmetic-to-algebra.satchelpack")
    model = root.appendingPathComponent("model/first.safetensors")
    for file in [coursePack, model] {
      guard FileManager.default.fileExists(atPath: file.path) else {
        throw SatchelError(.fileMissing, subject: file.path, cause: "see --fixtures")
      }
    }
  }

  private static func root(_ path: String?) throws(SatchelError) -> URL {
    if let path { return URL(fileURLWithPath: path) }
    if let path = ProcessInfo.processInfo.environment["SATCHEL_FIXTURES"], !path.isEmpty {
      return URL(fileURLWithPath: path)
    }
    var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent()
    let installed = folder.appendingPathComponent("../share/satchel/fixtures").standardizedFileURL
    if isFixtures(installed) { return installed }
    while folder.path != "/" {
      let candidate = folder.appendingPathComponent("Fixtures")
      if isFixtures(candidate) { return candidate }
      folder.deleteLastPathComponent()
    }
    throw SatchelError(.fileMissing, subject: "Fixtures", cause: "see --fixtures")
  }

  private static func isFixtures(_ url: URL) -> Bool {
    FileManager.default.fileExists(atPath: url.appendingPathComponent("course").path)
  }
}
