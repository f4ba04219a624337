import ArgumentParser
import Foundation
import Logging
import SatchelCore
import SatchelHub

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve until SIGTERM; then finish what is under way.",
    discussion: """
      Example: satchel-hub serve --store class.sqlite --listen 0.0.0.0:8090 --tls-self-signed

      Devices that enrol pin the key of a self-signed certificate; it lies beside the store and is used again.
      """)

  @OptionGroup var options: HubOptions

  @Option(help: "HOST:PORT; port 0 picks a free one.")
  var listen = "127.0.0.1:8090"

  @Flag(help: "Allow plain HTTP beyond this machine, on a network that you trust.")
  var insecure = false

  @Flag(help: "Serve https with the hub's own certificate, made at the first time.")
  var tlsSelfSigned = false

  @Option(help: ArgumentHelp("Serve https with this certificate, a PEM file.", valueName: "file"))
  var tlsCert: String?

  @Option(help: ArgumentHelp("The certificate's key, a PEM file.", valueName: "file"))
  var tlsKey: String?

  func validate() throws {
    guard (tlsCert == nil) == (tlsKey == nil), !tlsSelfSigned || tlsCert == nil else {
      throw ValidationError("give --tls-cert and --tls-key together, or --tls-self-signed")
    }
  }

  func run() async throws {
    let address = try ListenAddress(listen)
    let tls = try tls(for: address)
    guard address.isLoopback || insecure || tls != nil else {
      throw SatchelError(
        .hubInsecure, subject: listen, cause: "records would cross the network unencrypted")
    }
    forbidCoreDumps()
    LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
    let server = try HubServer(
      store: options.openStore(), tls: tls, log: Logger(label: "hub"), clock: wallMilliseconds)
    try await server.run(at: address, stopsOnSignals: true) { port in
      Output.note("listening on \(address.url(port: port, isEncrypted: tls != nil))")
    }
  }

  private func tls(for address: ListenAddress) throws -> HubTLS? {
    if tlsSelfSigned {
      return try .selfSigned(beside: options.openStore().url, host: address.host)
    }
    guard let tlsCert, let tlsKey else { return nil }
    return try HubTLS(
      certificate: URL(fileURLWithPath: tlsCert), key: URL(fileURLWithPath: tlsKey))
  }

  /// A core dump would hold records and the hub's key.
  private func forbidCoreDumps() {
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
  }
}
