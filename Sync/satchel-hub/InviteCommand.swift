import ArgumentParser
import SatchelCore
import SatchelHub

struct InviteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "invite", abstract: "Make a one-time code that lets one device in.",
    discussion: """
      Example: satchel-hub invite --class 3B

      Read the code out to the one who holds the device. It is good for one device and for ten minutes, and five wrong \
      codes that begin like it end it. Without --class the device sees the whole school.
      """)

  @OptionGroup var options: HubOptions

  @Option(
    name: .customLong("class"), help: "The class whose learners the device may read and write.")
  var className: String?

  @Option(help: "device, teacher or hub.")
  var role = "device"

  @Option(help: "How long it is good, such as 90s, 10m, 24h or 7d.")
  var expires = "10m"

  func validate() throws {
    guard Grant.Role(rawValue: role) != nil else {
      throw ValidationError("--role is device, teacher or hub")
    }
    guard Self.duration(expires) != nil else {
      throw ValidationError("--expires takes a number and s, m, h or d, up to 7d")
    }
  }

  func run() throws {
    let grant = Grant(
      role: Grant.Role(rawValue: role) ?? .device,
      className: try className.map { text throws(SatchelError) in try ClassName(schoolText: text) })
    let made = try Inviting(store: options.openStore()).invite(
      grant, for: Self.duration(expires) ?? Inviting.life, at: wallMilliseconds())
    let until = UTCSeconds.text(max(0, made.expires / 1000))
    Output.answer(
      Answer(
        code: made.code.shown, expires: until, role: role, scope: grant.scopeText),
      Output.say(
        "\(made.code.shown)  for \(grant.scopeText), until \(until)",
        "\(made.code.shown)  范围 \(grant.scopeText)，有效至 \(until)"))
  }

  /// `nil` for what is no duration, or is not within one second and seven days.
  static func duration(_ text: String) -> Duration? {
    let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
    guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()),
      (1...604_800).contains(number), number * unit <= 604_800
    else { return nil }
    return .seconds(number * unit)
  }

  private struct Answer: Encodable {
    var code: String
    var expires: String
    var role: String
    var scope: String
  }
}
