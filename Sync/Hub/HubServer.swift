internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdTLS
package import Logging
package import SatchelCore
package import SatchelStore
internal import ServiceLifecycle

/// A hub's door: HTTP over one store, from ``run(at:stopsOnSignals:ready:)`` until it is stopped.
package final class HubServer: Sendable {
  /// The most open connections; who comes later waits in the system's queue.
  package static let connectionsMax = 1024
  /// How long requests under way may take after the signal to stop.
  private static let drainSeconds = 20
  private static let idleSeconds: Int64 = 60

  private let store: Store
  private let key: SigningKey
  private let tls: HubTLS?
  private let limits: ConnectionLimits
  private let log: Logger
  private let clock: @Sendable () -> Int64

  /// - Parameters:
  ///   - store: opened with projection nil: a hub folds nothing. A restored store starts a new epoch here.
  ///   - tls: key and certificate; `nil` is plain HTTP.
  ///   - clock: milliseconds since 1970.
  package init(
    store: Store, tls: HubTLS? = nil, limits: ConnectionLimits = ConnectionLimits(), log: Logger,
    clock: @escaping @Sendable () -> Int64
  ) throws(SatchelError) {
    self.store = store
    self.tls = tls
    self.limits = limits
    self.log = log
    self.clock = clock
    key = try store.establishHubIdentity()
  }

  /// Serves until the task is cancelled or, with `stopsOnSignals`, SIGTERM or SIGINT comes; then drains and returns.
  ///
  /// - Parameter ready: called once with the port that is listened on.
  /// - Throws: `hub.failed` when the address cannot be listened on.
  package func run(
    at address: ListenAddress, stopsOnSignals: Bool, ready: @escaping @Sendable (Int) -> Void
  ) async throws(SatchelError) {
    var quiet = log
    quiet.logLevel = .error
    let application = Application(
      router: router(),
      server: builder,
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: address.port), serverName: nil,
        availableConnectionsDelegate: MaximumAvailableConnections(Self.connectionsMax)),
      onServerRunning: { channel in ready(channel.localAddress?.port ?? address.port) },
      logger: quiet)
    var configuration = ServiceGroupConfiguration(
      services: [application],
      gracefulShutdownSignals: stopsOnSignals ? [.sigterm, .sigint] : [], logger: quiet)
    configuration.maximumGracefulShutdownDuration = .seconds(Self.drainSeconds)
    let group = ServiceGroup(configuration: configuration)
    // Unstructured, so that a cancellation does not reach it: NIO stops the whole program when a server is cancelled
    // while a connection was accepted and is not served yet (apple/swift-nio#2637). It drains, as after a signal.
    let serving = Task { try await group.run() }
    do {
      try await withTaskCancellationHandler {
        try await serving.value
      } onCancel: {
        // Unstructured, for a cancellation handler cannot wait.
        Task { await group.triggerGracefulShutdown() }
      }
    } catch is CancellationError {
      // Stopped by its owner, or drained for as long as it may: both are an end and no error.
    } catch {
      throw SatchelError(.hubFailed, subject: address.description, cause: "\(error)")
    }
  }

  private var builder: HTTPServerBuilder {
    let (limits, sockets, tls) = (limits, SocketsByAddress(), tls)
    return HTTPServerBuilder { responder in
      let channel = HTTP1Channel(
        responder: responder,
        configuration: .init(
          additionalChannelHandlers: [ConnectionGuard(limits, sockets), ClosingWhenAsked()],
          idleTimeout: .seconds(Self.idleSeconds)))
      guard let tls else { return channel }
      return try TLSChannel(channel, tlsConfiguration: tls.configuration)
    }
  }

  private func router() -> Router<HubContext> {
    let (threads, counters, hub) = (StoreThreads(), Counters(), key.publicKey)
    let sync = SyncEndpoint(
      store: store, key: key, grants: Grants(store: store, hub: hub), threads: threads,
      counters: counters, clock: clock)
    let enrolment = Enrolment(
      store: store, key: key, pin: tls?.pin ?? "", threads: threads, guesses: GuessesByAddress(),
      log: log, clock: clock)
    let releases = Releases(store: store, threads: threads)
    let desk = Desk(store: store, threads: threads, key: hub, clock: clock)
    let router = Router(context: HubContext.self)
    router.add(middleware: RequestLog(log: log, counters: counters))
    router.post("/v1/sync") { request, _ in try await sync.answer(request) }
    router.post("/v1/enroll") { request, context in
      try await enrolment.answer(request, from: context.address)
    }
    router.get("/v1/models/{channel}") { request, context in
      try await releases.manifest(.model, channel: context.parameters.require("channel"), request)
    }
    router.get("/v1/packs/{channel}") { request, context in
      try await releases.manifest(.pack, channel: context.parameters.require("channel"), request)
    }
    router.get("/v1/blobs/{sha256}") { request, context in
      try await releases.blob(context.parameters.require("sha256"), request)
    }
    router.get("/healthz") { _, _ in Self.text("ok") }
    router.get("/metrics") { [store] _, _ in
      Self.text(
        try await threads.read { try counters.page(store) }, type: "text/plain; version=0.0.4")
    }
    router.get("/") { request, _ in try await desk.page(request) }
    return router
  }

  private static func text(_ text: String, type: String = "text/plain") -> Response {
    Response(
      status: .ok, headers: [.contentType: type + "; charset=utf-8"],
      body: .init(byteBuffer: ByteBuffer(string: text)))
  }
}
