import ArgumentParser
import Foundation
import Satchel

struct MemoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "memory",
    abstract: "The memory model: what reviews leave behind, and its weights.",
    discussion: "Example: satchel memory fit revlog.csv",
    subcommands: [MemoryReplay.self, MemoryFitCommand.self])
}

struct MemoryReplay: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Work out the memory after each review: JSON lines in, out.",
    discussion: """
      Example:
        echo '{"reviews":[{"rating":3},{"rating":3,"elapsed_days":2}]}' | satchel memory replay

      A line may hold w: 21 numbers are FSRS-6, 34 are FSRS-7; without, the FSRS-6 defaults. Also desired_retention (0.9). \
      One answer a line, in order; the first line that is malformed ends the work and is named.
      """)

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var lines = InputLines(descriptor: STDIN_FILENO, lineBytesMax: ReplayLine.bytesMax)
    var answer = ReplayAnswer()
    while let line = try lines.next() {
      if Task.isCancelled { throw SatchelError(.cancelled) }
      Output.standard.line(try answer.bytes(for: line.bytes, number: line.number))
    }
  }
}
