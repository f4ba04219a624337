import ArgumentParser
import Foundation
import SatchelCore
import SatchelStore

struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init", abstract: "Make a hub's store and key; harmless on an existing one.",
    discussion: "Example: satchel-hub init --store class.sqlite")

  @OptionGroup var options: HubOptions

  @Option(help: "A database server; not in this version.")
  var database: String?

  func validate() throws {
    if database != nil {
      throw ValidationError("--database is not in this version: a hub stands on one SQLite file")
    }
  }

  func run() throws {
    let url = options.storeURL
    let exists = FileManager.default.fileExists(atPath: url.path)
    let store = try Store(at: url, creating: true, projection: nil)
    let key = try store.establishHubIdentity().publicKey
    Output.answer(
      Answer(store: url.path, hub: key.replica.description, created: !exists),
      "\(exists ? "found" : "made") hub \(key.replica) in \(url.path)")
  }

  private struct Answer: Encodable {
    var store: String
    var hub: String
    var created: Bool
  }
}
