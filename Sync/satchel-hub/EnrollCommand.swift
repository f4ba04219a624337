import ArgumentParser
import SatchelCore
import SatchelHub

struct EnrollCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "enroll", abstract: "Join the next hub with a one-time code from its keeper.",
    discussion: "Example: satchel-hub enroll https://district.example:8090 --code 7K3M-9QXA")

  @OptionGroup var options: HubOptions

  @Argument(help: "The next hub.")
  var url: String

  @Option(help: "The code; case and hyphens do not matter.")
  var code: String

  @Flag(help: "Plain HTTP to another machine, on a network that you trust.")
  var insecure = false

  func run() async throws {
    guard let code = EnrolmentCode(code) else {
      throw SatchelError(.usage, subject: "code", cause: "8 letters and digits")
    }
    let outcome = try await Upstream(store: options.openStore(), allowsPlainHTTP: insecure).enroll(
      at: url, code: code, at: wallMilliseconds())
    let (hub, scope) = (
      outcome.certificate.hub.replica.description, outcome.certificate.grant.scopeText
    )
    Output.answer(
      Answer(hub: hub, scopes: [scope]),
      Output.say("joined hub \(hub) for \(scope)", "已加入中心 \(hub)，范围：\(scope)"))
  }

  private struct Answer: Encodable {
    var hub: String
    var scopes: [String]
  }
}
