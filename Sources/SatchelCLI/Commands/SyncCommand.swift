import ArgumentParser
import Satchel
import SatchelTransport

struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync",
    abstract: "One round with a hub: progress both ways, then newer packs and models.",
    discussion: """
      Example: satchel sync http://127.0.0.1:8090

      Synced means that both sides compared fingerprints and they are equal; else the exit status is 1.
      """)

  @Argument(help: "The hub; else the one that was met last.")
  var url: String?

  @Option(help: "Rounds again and again, this many seconds apart.")
  var watch: Double?

  @OptionGroup var hub: HubOptions
  @OptionGroup var options: GlobalOptions

  func validate() throws {
    if let watch, !(0.1...86_400).contains(watch) {
      throw ValidationError("--watch takes 0.1 to 86400 seconds.")
    }
  }

  func run() async throws {
    let replica = try options.open()
    guard let watch else {
      let report = try await hub.round(of: replica, with: url, options)
      report.answer(options)
      if !report.converged { throw ExitCode(1) }
      return
    }
    try await keepInStep(replica, every: watch)
  }

  /// Ends only when it is cancelled, or by an error that waiting does not mend.
  ///
  /// A round is a function of its own: with the loop's variables in one function with a `do` and a `catch … where`,
  /// Swift 6.3.1 never ends compiling it.
  private func keepInStep(_ replica: Replica, every seconds: Double) async throws {
    var backoff = Backoff(base: .seconds(seconds), cap: .seconds(max(seconds, 60)))
    var random = SystemRandomNumberGenerator()
    while !Task.isCancelled {
      let failure = try await failureOfRound(replica)
      let delay: Duration
      if let failure {
        delay = backoff.delay(after: failure.retryAfter, using: &random)
        options.note("\(failure.message(in: options.language)); \(delay)")
      } else {
        backoff.succeed()
        delay = .seconds(seconds)
      }
      Output.standard.flush()
      try await Task.sleep(for: delay)
    }
  }

  /// Runs one round and tells of it; returns an error that waiting may mend, and throws any other.
  private func failureOfRound(_ replica: Replica) async throws(SatchelError) -> SatchelError? {
    do {
      let report = try await hub.round(of: replica, with: url, options)
      report.answer(options)
      return nil
    } catch {
      guard [69, 75].contains(error.code.exitStatus) else { throw error }
      if options.json {
        let body: JSON = [
          "code": .string(error.code.rawValue), "subject": .string(error.subject),
          "message": .string(error.message(in: options.language)),
          "hint": .string(error.hint(in: options.language)),
        ]
        Output.standard.line(JSON.object([("error", body)]).text)
      }
      return error
    }
  }
}

/// How a hub is met.
struct HubOptions: ParsableArguments {
  @Option(help: "The line of model versions to follow.")
  var channel = "stable"

  @Flag(help: "Plain HTTP to another machine, on a network that you trust.")
  var insecure = false

  @Flag(help: "Take the hub's new key, after it was set up anew.")
  var trustNewHub = false

  func round(of replica: Replica, with url: String?, _ options: GlobalOptions)
    async throws(SatchelError) -> SyncReport
  {
    var choices = SyncOptions()
    choices.channel = channel
    choices.allowsPlainHTTP = insecure
    choices.trustsNewHub = trustNewHub
    let isShown = !options.quiet && Screen.isLive(2)
    return try await replica.sync(with: url, options: choices) { progress in
      guard isShown else { return }
      Messages.write(
        "\r\u{1B}[2K↑ \(progress.recordsSent)  ↓ \(progress.recordsReceived)\r")
    }
  }
}

extension SyncReport {
  var json: JSON {
    [
      "converged": .bool(converged), "fingerprint": .string(fingerprint),
      "requests": .integer(requests), "records_sent": .integer(recordsSent),
      "records_received": .integer(recordsReceived), "bytes_sent": .integer(bytesSent),
      "bytes_received": .integer(bytesReceived), "seconds": JSON(seconds: seconds),
      "model": [
        "channel": .string(model.channel), "version": .integer(model.version),
        "changed": .bool(model.changed),
      ],
      "packs": .array(packs.map(JSON.string)),
    ]
  }

  func answer(_ options: GlobalOptions) {
    options.answer(json) {
      let state =
        converged
        ? options.style.green(options.say("synced", "已同步"))
        : options.style.yellow(options.say("not in step yet", "尚未一致"))
      let counts = options.say(
        "\(recordsSent) records sent, \(recordsReceived) received",
        "发送 \(recordsSent) 条记录，接收 \(recordsReceived) 条")
      let traffic = "\(requests) requests, ↑\(bytesSent) ↓\(bytesReceived) bytes"
      var lines = ["\(state): \(counts) (\(traffic))"]
      if model.changed {
        lines.append(
          options.say(
            "new model: \(model.channel) \(model.version)", "新模型：\(model.channel) \(model.version)")
        )
      }
      return lines + packs.map { options.say("new pack: \($0)", "新课程包：\($0)") }
    }
  }
}
