import ArgumentParser
import Dispatch
import Foundation
import Satchel

/// One run of the program: arguments in, exit status out.
@main
enum Program {
  static func main() async {
    // A reader that leaves early shows as an error of write(2), which `Output` treats as the end of the work.
    signal(SIGPIPE, SIG_IGN)
    let arguments = Array(CommandLine.arguments.dropFirst())
    // Unstructured, because a signal handler must be able to cancel it.
    let task = Task { await run(arguments) }
    let signals = Signals { task.cancel() }
    let exitStatus = await task.value
    signals.stop()
    leave(exitStatus)
  }

  /// Flushes, ends the programs that this one started, and exits.
  static func leave(_ status: Int32) -> Never {
    Output.standard.flush()
    Children.shared.endAll()
    exit(status)
  }

  private static func run(_ arguments: [String]) async -> Int32 {
    do {
      var command = try SatchelCommand.parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return 0
    } catch {
      return ErrorReport(arguments: arguments).report(error)
    }
  }
}

/// Turns SIGINT and SIGTERM into a cancellation of the work; a second one, or five seconds, end the program.
struct Signals {
  private let sources: [any DispatchSourceSignal]

  init(cancel: @escaping @Sendable () -> Void) {
    let queue = DispatchQueue(label: "satchel.signals")
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      let once = Once()
      source.setEventHandler {
        if !once.isFirst() { Self.giveUp() }
        cancel()
        // What does not look whether it is cancelled may be cut: a transaction is there or it is not.
        queue.asyncAfter(deadline: .now() + 5) { Self.giveUp() }
      }
      source.resume()
      return source
    }
  }

  func stop() { for source in sources { source.cancel() } }

  private static func giveUp() {
    Children.shared.endAll()
    _exit(130)
  }
}
