import ArgumentParser
import Foundation
import SatchelCore
import SatchelHub
import SatchelStore

struct BundleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bundle", abstract: "A round through a file, for a stick.",
    discussion: """
      Example:
        satchel-hub bundle write /media/stick/school.satchelbundle
        satchel-hub bundle read /media/stick/lessons.satchelbundle
      """,
    subcommands: [Write.self, Read.self])

  struct Write: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write all that the hub holds, with its newest models and packs, to a file.",
      discussion: "Example: satchel-hub bundle write /media/stick/school.satchelbundle")

    @Argument(help: "The file; more than 2 GiB go on in FILE.2, FILE.3 and so on.")
    var file: String

    @Flag(help: "Only what came since the last bundle of that name.")
    var sinceLast = false

    @Option(name: .customLong("class"), help: "Only the learners of this class; else all.")
    var className: String?

    @OptionGroup var options: HubOptions

    func run() throws {
      let name = try className.map { try ClassName(schoolText: $0) }
      let (store, start) = (try options.openStore(), ContinuousClock.now)
      let written = try HubBundles(store: store).write(
        to: URL(fileURLWithPath: file), of: name, sinceLast: sinceLast, at: wallMilliseconds())
      var answer = BundleAnswer(fingerprint: written.fingerprint, since: start)
      answer.recordsSent = written.records
      answer.bytesSent = written.byteCount
      Output.answer(answer, "written: \(written.records) records, \(written.byteCount) bytes")
    }
  }

  struct Read: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take a device's or another hub's bundle: all of its records, or none.",
      discussion: "Example: satchel-hub bundle read /media/stick/lessons.satchelbundle")

    @Argument(help: "The file; FILE.2 and so on are read with it.")
    var file: String

    @Option(
      help: "The writer's id: take its bundle although it is not known, and know it from now on.")
    var trust: String?

    @Option(
      name: .customLong("class"),
      help: "With --trust: the class that it is let into; else the school.")
    var className: String?

    @OptionGroup var options: HubOptions

    func run() throws {
      let voucher = try trust.map { text in
        guard let id = ReplicaID(hex: text) else {
          throw ValidationError("--trust takes the 32 hex digits of a writer's id.")
        }
        let name = try className.map { try ClassName(schoolText: $0) }
        return HubBundles.Voucher(writer: id, grant: Grant(role: .device, className: name))
      }
      let (store, start) = (try options.openStore(), ContinuousClock.now)
      let reading = try HubBundles(store: store).read(
        from: URL(fileURLWithPath: file), trusting: voucher, at: wallMilliseconds())
      var answer = BundleAnswer(fingerprint: reading.fingerprint, since: start)
      answer.converged = reading.converged
      answer.recordsReceived = reading.records
      answer.bytesReceived = reading.byteCount
      let state =
        reading.converged
        ? "in step with the writer"
        : reading.isBehind
          ? "taken, but the writer holds more: ask for a bundle without --since-last"
          : "taken; write a bundle back"
      Output.answer(answer, "\(state): \(reading.records) new records")
    }
  }
}

/// As `satchel sync` answers.
private struct BundleAnswer: Encodable {
  struct Model: Encodable {
    var channel = "stable"
    var version = 0
    var changed = false
  }

  var converged = false
  var fingerprint: String
  var requests = 0
  var recordsSent = 0
  var recordsReceived = 0
  var bytesSent = 0
  var bytesReceived = 0
  var seconds: Double
  /// A hub takes no model from a bundle.
  var model = Model()
  var packs: [String] = []

  init(fingerprint: Hash256, since start: ContinuousClock.Instant) {
    self.fingerprint = fingerprint.description
    seconds = (ContinuousClock.now - start) / .seconds(1)
  }

  private enum CodingKeys: String, CodingKey {
    case converged, fingerprint, requests, seconds, model, packs
    case recordsSent = "records_sent"
    case recordsReceived = "records_received"
    case bytesSent = "bytes_sent"
    case bytesReceived = "bytes_received"
  }
}
