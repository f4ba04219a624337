import ArgumentParser
import Foundation
import SatchelCore

/// The hub's command line.
@main
struct HubCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "satchel-hub",
    abstract: "A Satchel hub: replicas sync with it, and get their models and packs from it.",
    discussion: """
      Example:
        satchel-hub init --store class.sqlite
        satchel-hub serve --store class.sqlite --listen 127.0.0.1:8090
      """,
    version: SatchelVersion.text,
    subcommands: [
      InitCommand.self, ServeCommand.self, ClassCommand.self, LearnerCommand.self,
      InviteCommand.self, DevicesCommand.self, RevokeCommand.self, PublishCommand.self,
      TrainCommand.self, EnrollCommand.self, SyncCommand.self, DoctorCommand.self,
      BundleCommand.self,
    ])

  static func main() async {
    // A reader that went away is not an error of ours.
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot()
      if var waiting = command as? any AsyncParsableCommand {
        try await waiting.run()
      } else {
        try command.run()
      }
    } catch let error as SatchelError {
      Output.fail(error)
    } catch {
      exit(withError: error)
    }
  }
}
