import ArgumentParser
import Foundation
import Satchel

/// What the demo did, step by step: told as it happens, and as JSON at the end.
final class StepLog {
  private let options: GlobalOptions
  private let start = ContinuousClock.now
  private var steps: [JSON] = []
  private var facts: [(String, JSON)] = []
  private var broken: [String] = []
  /// Whether all stores were compared and found equal.
  var converged = false

  init(_ options: GlobalOptions) { self.options = options }

  /// One step: says its title, does it, and notes how long it took and what it found.
  func step<Value>(
    _ name: String, _ english: String, _ chinese: String, _ body: (Step) async throws -> Value
  ) async throws -> Value {
    try Task.checkCancellation()
    let step = Step(self)
    let title = options.say(english, chinese)
    say(options.style.bold("\(steps.count + 1). \(title)"))
    let start = ContinuousClock.now
    let value = try await body(step)
    let members: [(String, JSON)] = [
      ("name", .string(name)), ("seconds", JSON(seconds: Times.seconds(since: start))),
    ]
    steps.append(.object(members + step.facts))
    return value
  }

  func say(_ line: String) {
    if options.json {
      if !options.quiet { Messages.line(line) }
    } else {
      Output.standard.lineAtOnce(line)
    }
  }

  /// Notes a promise of the story, and whether it was kept.
  func check(_ promise: String, _ isKept: Bool) {
    let mark = isKept ? options.style.green("✓") : options.style.red("✗")
    say("   \(mark) \(promise)")
    if !isKept { broken.append(promise) }
  }

  func fact(_ name: String, _ value: JSON) { facts.append((name, value)) }

  /// Sums up.
  ///
  /// - Throws: exit status 1 when a promise was broken.
  func conclude() throws {
    let seconds = Times.seconds(since: start)
    let holds = broken.isEmpty && converged
    if options.json {
      let head: [(String, JSON)] = [
        ("steps", .array(steps)), ("converged", .bool(converged)), ("ok", .bool(holds)),
        ("broken", .array(broken.map { JSON.string($0) })),
      ]
      Output.standard.line(JSON.object(head + facts + [("seconds", JSON(seconds: seconds))]).text)
    }
    let time = String(format: "%.1f s", seconds)
    say(
      holds
        ? options.style.green(options.say("All of it held, in \(time).", "全部成立，用时 \(time)。"))
        : options.style.red(options.say("Not all of it held.", "并非全部成立。")))
    if !holds { throw ExitCode(1) }
  }

  /// The step under way.
  final class Step {
    private let log: StepLog
    fileprivate var facts: [(String, JSON)] = []

    fileprivate init(_ log: StepLog) { self.log = log }

    func say(_ line: String) { log.say("   " + line) }
    func fact(_ name: String, _ value: JSON) { facts.append((name, value)) }
    func check(_ promise: String, _ isKept: Bool) { log.check(promise, isKept) }
  }
}

/// The most memory that a process ever held, in bytes.
enum PeakMemory {
  static var ofThisProcess: Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1024
  }

  /// From the kernel's account of it; `nil` when it is gone.
  static func of(_ process: pid_t) -> Int? {
    let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = text?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return line?.split(whereSeparator: \.isWhitespace).dropFirst().first
      .flatMap { Int($0) }.map { $0 * 1024 }
  }

  static func text(_ bytes: Int) -> String { "\(bytes >> 20) MB" }
}
