import ArgumentParser
import Foundation
import Satchel
import SatchelImport
import SatchelTraining

struct SimulateClass: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate-class",
    abstract: "Write the answers of a class that never was, to try and to test with.",
    discussion:
      "Example: satchel simulate-class --course Fixtures/course --learners 200 --seed 1 --out class.csv.gz"
  )

  @Option(help: ArgumentHelp("A pack, or a course folder.", valueName: "path"))
  var course: String

  @Option(help: "How many learners.")
  var learners = 200

  @Option(help: "Answers of each, about.")
  var answers = 120

  @Option(help: "The same seed gives the same class.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("The table to write, .csv or .csv.gz.", valueName: "file"))
  var out: String

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard (1...100_000).contains(learners), (1...100_000).contains(answers),
      learners * answers <= 100_000_000
    else { throw ValidationError("At most 100,000 learners, and 100 million answers.") }
  }

  func run() async throws {
    let content = try CourseSource.read(course)
    let rows = try ClassSimulator(learners: learners, answersPerLearner: answers, seed: seed)
      .interactions(of: content)
    let text = InteractionTable.text(rows)
    try WholeFile.write(out.hasSuffix(".gz") ? try Gzip.compress(text) : text, to: out)
    options.answer([
      "file": .string(out), "records": .integer(rows.count), "learners": .integer(learners),
      "seed": .integer(Int(truncatingIfNeeded: seed)),
    ]) {
      [
        options.say(
          "\(out): \(rows.count) answers of \(learners) learners",
          "\(out)：\(learners) 名学习者的 \(rows.count) 次作答")
      ]
    }
  }
}

enum CourseSource {
  /// The content of a pack, or of the folder that packs are made of.
  static func read(_ path: String) throws(SatchelError) -> Content {
    var isFolder = false
    _ = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    if isFolder { return try CourseFolder.read(path: path) }
    try ContentFormat.requirePack(path)
    return try Pack(path: path).content
  }
}
