import ArgumentParser
import SatchelCore
import SatchelHub
import SatchelStore

struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices", abstract: "List the devices that may sync, or might.",
    discussion: "Example: satchel-hub devices --json")

  @OptionGroup var options: HubOptions

  func run() throws {
    let store = try options.openStore()
    var holdings = Holdings(store)
    let devices = try store.devices().map {
      DeviceLine($0, isUpToDate: try holdings.isUpToDate($0))
    }
    let lines = devices.map { "\($0.device)  \($0.lastSeen)  \($0.role)  \($0.scope)  \($0.state)" }
    Output.answer(
      Answer(devices: devices),
      lines.isEmpty ? Output.say("no devices", "没有设备") : lines.joined(separator: "\n"))
  }

  private struct Answer: Encodable {
    var devices: [DeviceLine]
  }
}

struct RevokeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "revoke", abstract: "Shut a device out from its next request on.",
    discussion: "Example: satchel-hub revoke 3f9a1c")

  @OptionGroup var options: HubOptions

  @Argument(help: "The device's id, or as much of its beginning as no other has.")
  var device: String

  func run() throws {
    let store = try options.openStore()
    let revoked = try Grants(store: store).revoke(device)
    var holdings = Holdings(store)
    let line = DeviceLine(revoked, isUpToDate: try holdings.isUpToDate(revoked))
    Output.answer(line, Output.say("revoked \(line.device)", "已撤销 \(line.device)"))
  }
}

/// A device as JSON shows it.
struct DeviceLine: Encodable {
  var device: String
  var firstSeen: String
  var lastSeen: String
  var role: String
  /// `school`, or `class:3B`.
  var scope: String
  /// `nil` for the whole school.
  var className: String?
  var state: String
  /// What the device held at its last request is what the hub holds of its scope now.
  var converged: Bool

  init(_ device: KnownDevice, isUpToDate: Bool) {
    self.device = device.key.replica.description
    firstSeen = UTCSeconds.text(max(0, device.firstSeenMilliseconds / 1000))
    lastSeen = UTCSeconds.text(max(0, device.lastSeenMilliseconds / 1000))
    role = device.grant.role.rawValue
    scope = device.grant.scopeText
    className = device.grant.className?.text
    state = device.state.rawValue
    converged = isUpToDate
  }

  private enum CodingKeys: String, CodingKey {
    case device, role, scope, state, converged
    case className = "class"
    case firstSeen = "first_seen"
    case lastSeen = "last_seen"
  }
}
