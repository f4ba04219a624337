import ArgumentParser
import Satchel

struct EnrollCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enroll",
    abstract: "Join a hub with a one-time code from the teacher.",
    discussion: """
      Example: satchel enroll https://192.168.1.10:8090 --code 7K3M-9QXA

      From then on the hub's key is pinned, and `satchel sync` without an address meets this hub.
      """)

  @Argument(help: "The hub.")
  var url: String

  @Option(help: "The code; case and hyphens do not matter.")
  var code: String

  @Flag(help: "Plain HTTP to another machine, on a network that you trust.")
  var insecure = false

  @OptionGroup var options: GlobalOptions

  func run() async throws {
    var choices = SyncOptions()
    choices.allowsPlainHTTP = insecure
    let joined = try await options.open().enroll(at: url, code: code, options: choices)
    options.answer(
      ["hub": .string(joined.hub), "scopes": .array(joined.scopes.map(JSON.string))]
    ) {
      let scopes = joined.scopes.joined(separator: ", ")
      return [
        options.say("joined hub \(joined.hub) for \(scopes)", "已加入中心 \(joined.hub)，范围：\(scopes)")
      ]
    }
  }
}
