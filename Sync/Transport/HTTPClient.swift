package import SatchelCore
import Synchronization

/// Sends requests to servers and keeps the connections to them.
///
/// May be used from any task. One thread of its own serves all requests; it starts with the first and ends with
/// ``close()`` or the last reference.
package final class HTTPClient: Sendable {
  private enum State {
    case idle
    case running(TransferLoop, NetworkThread)
    case closed
  }

  private let policy: TransportPolicy
  private let state = Mutex(State.idle)

  package init(policy: TransportPolicy) { self.policy = policy }

  deinit { close() }

  /// Sends a request and collects the reply, whatever its status.
  ///
  /// Throws `hub.insecure` or `usage.wrong` before any network use; `hub.unreachable`, `hub.timeout`, `hub.tls` or
  /// `hub.keyChanged` when no whole reply came; `hub.notAHub` for a redirect or what is not HTTP; `reply.malformed` for
  /// a reply over the request's limit; `cancelled`, within milliseconds, when the task is. A large body may be refused
  /// before all of it is sent: that status is a reply like any other, though its body may be cut short.
  package func send(_ request: HTTPRequest) async throws(SatchelError) -> HTTPReply {
    try await perform(request, into: nil)
  }

  /// Sends a request and hands the reply's bytes to `sink` as they come, in memory that does not grow with them.
  ///
  /// `sink` gets the body of a 200 or 206 from `resumeFrom` on, in order, also when the server ignores the Range. It is
  /// called on the network thread, so it may write to a file but not wait for another request. What it throws stops the
  /// transfer and is thrown here, as `store.failed` when it is no `SatchelError`. Bytes handed over before an error are
  /// good: go on from there. The body of any other status is in the reply, its first 64 KiB; the sink does not see it.
  package func download(
    _ request: HTTPRequest, into sink: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws(SatchelError) -> HTTPReply {
    try await perform(request, into: sink)
  }

  /// Ends the thread and closes all connections; requests under way and later ones throw `cancelled`.
  ///
  /// Returns when the thread has ended: at once, unless a sink is at work.
  package func close() {
    let last = state.withLock { state in
      defer { state = .closed }
      return state
    }
    guard case .running(let loop, let thread) = last else { return }
    loop.end()
    thread.join()
  }

  private func perform(_ request: HTTPRequest, into sink: Sink?) async throws(SatchelError)
    -> HTTPReply
  {
    // Else the optimizer may let go of the client, and so close it, while its last request is under way.
    defer { withExtendedLifetime(self) {} }
    let exchange = try Exchange(request, by: policy, into: sink)
    guard !Task.isCancelled else {
      throw SatchelError(.cancelled, subject: exchange.address.origin)
    }
    let loop = try runningLoop()
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { loop.start(exchange, $0) }
    } onCancel: {
      loop.cancel(exchange)
    }
    return try outcome.get()
  }

  private func runningLoop() throws(SatchelError) -> TransferLoop {
    try state.withLock { state throws(SatchelError) in
      switch state {
      case .running(let loop, _):
        return loop
      case .closed:
        throw SatchelError(.cancelled, cause: "the client is closed")
      case .idle:
        let loop = try TransferLoop(keeping: policy.keptTime)
        state = .running(loop, try NetworkThread(running: loop))
        return loop
      }
    }
  }
}
