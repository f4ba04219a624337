import ArgumentParser
import Foundation
import Logging
import SatchelCore
import SatchelHub

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve until SIGTERM; then finish what is under way.",
    discussion: "Example: satchel-hub serve --store class.sqlite --listen 127.0.0.1:8090")

  @OptionGroup var options: HubOptions

  @Option(help: "HOST:PORT; port 0 picks a free one.")
  var listen = "127.0.0.1:8090"

  @Flag(help: "Allow plain HTTP beyond this machine, on a network that you trust.")
  var insecure = false

  func run() async throws {
    let address = try ListenAddress(listen)
    guard address.isLoopback || insecure else {
      throw SatchelError(
        .hubInsecure, subject: listen, cause: "records would cross the network unencrypted")
    }
    forbidCoreDumps()
    LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
    let server = try HubServer(
      store: options.openStore(), log: Logger(label: "hub"), clock: wallMilliseconds)
    try await server.run(at: address, stopsOnSignals: true) { port in
      Output.note("listening on \(address.url(port: port))")
    }
  }

  /// A core dump would hold records and the hub's key.
  private func forbidCoreDumps() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }
}
