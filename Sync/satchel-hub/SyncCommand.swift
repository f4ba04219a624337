import ArgumentParser
import SatchelCore
import SatchelHub

struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "One round with the next hub, as its client.",
    discussion: """
      Example: satchel-hub sync https://district.example:8090

      Records go both ways; models and packs do not. Exit status 1 when the two do not hold the same yet.
      """)

  @OptionGroup var options: HubOptions

  @Argument(help: "The next hub; else the one that was met last.")
  var url: String?

  @Flag(help: "Plain HTTP to another machine, on a network that you trust.")
  var insecure = false

  @Flag(help: "Take the hub's new key, after it was set up anew.")
  var trustNewHub = false

  func run() async throws {
    let report = try await Upstream(store: options.openStore(), allowsPlainHTTP: insecure).sync(
      with: url, trustsNewHub: trustNewHub, at: wallMilliseconds())
    let (round, traffic) = (report.round, report.traffic)
    let state =
      round.converged
      ? Output.say("synced", "已同步") : Output.say("not in step yet", "尚未一致")
    Output.answer(
      Answer(
        converged: round.converged, fingerprint: round.fingerprint.description,
        requests: traffic.requests, recordsSent: round.recordsSent,
        recordsReceived: round.recordsReceived, bytesSent: traffic.bytesSent,
        bytesReceived: traffic.bytesReceived, seconds: report.seconds),
      Output.say(
        "\(state): \(round.recordsSent) records sent, \(round.recordsReceived) received",
        "\(state)：发送 \(round.recordsSent) 条记录，接收 \(round.recordsReceived) 条"))
    if !round.converged { throw ExitCode(1) }
  }

  private struct Answer: Encodable {
    var converged: Bool
    var fingerprint: String
    var requests: Int
    var recordsSent: Int
    var recordsReceived: Int
    var bytesSent: Int
    var bytesReceived: Int
    var seconds: Double

    private enum CodingKeys: String, CodingKey {
      case converged, fingerprint, requests, seconds
      case recordsSent = "records_sent"
      case recordsReceived = "records_received"
      case bytesSent = "bytes_sent"
      case bytesReceived = "bytes_received"
    }
  }
}
