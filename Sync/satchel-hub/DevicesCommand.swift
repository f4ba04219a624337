import ArgumentParser
import SatchelCore
import SatchelHub
import SatchelStore

struct DevicesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devices", abstract: "List the devices that have synced.",
    discussion: "Example: satchel-hub devices --json")

  @OptionGroup var options: HubOptions

  func run() throws {
    let store = try options.openStore()
    let held = try store.summary(of: .everyone).fingerprint
    let devices = try store.devices().map { DeviceLine($0, hubFingerprint: held) }
    let lines = devices.map { "\($0.device)  \($0.lastSeen)  \($0.state)" }
    Output.answer(
      Answer(devices: devices), lines.isEmpty ? "no devices" : lines.joined(separator: "\n"))
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
    let line = DeviceLine(revoked, hubFingerprint: try store.summary(of: .everyone).fingerprint)
    Output.answer(line, "revoked \(line.device)")
  }
}

/// A device as JSON shows it.
struct DeviceLine: Encodable {
  var device: String
  var firstSeen: String
  var lastSeen: String
  var state: String
  /// What the device held at its last request is what the hub holds now.
  var converged: Bool

  init(_ device: KnownDevice, hubFingerprint: Hash256) {
    self.device = device.key.replica.description
    firstSeen = UTCSeconds.text(max(0, device.firstSeenMilliseconds / 1000))
    lastSeen = UTCSeconds.text(max(0, device.lastSeenMilliseconds / 1000))
    state = device.state.rawValue
    converged = device.lastFingerprint == hubFingerprint
  }

  private enum CodingKeys: String, CodingKey {
    case device, state, converged
    case firstSeen = "first_seen"
    case lastSeen = "last_seen"
  }
}
