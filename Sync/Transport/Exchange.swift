import SatchelCore
import Synchronization

/// Takes the bytes of a download, in order.
typealias Sink = @Sendable ([UInt8]) throws -> Void

/// A request that was found fit to be sent, and where its bytes go; its identity is what a cancellation names.
final class Exchange: Sendable {
  let request: HTTPRequest
  let address: ServerAddress
  let policy: TransportPolicy
  let sink: Sink?
  // A cancellation may reach the thread before the start does; the flag makes either order come out the same.
  private let cancelled = Atomic(false)

  /// Throws `hub.insecure` or `usage.wrong` before any network is used.
  init(_ request: HTTPRequest, by policy: TransportPolicy, into sink: Sink?) throws(SatchelError) {
    address = try ServerAddress(url: request.url)
    guard address.isEncrypted || address.isLoopback || policy.allowsPlainHTTPBeyondLoopback else {
      throw SatchelError(.hubInsecure, subject: address.origin)
    }
    guard request.headers.fields.allSatisfy(\.isWellFormed) else {
      throw SatchelError(.usage, subject: address.origin, cause: "malformed header field")
    }
    if let pin = policy.pinnedPublicKey, !Self.isPin(pin) {
      throw SatchelError(.usage, subject: address.origin, cause: "malformed public key pin")
    }
    self.request = request
    self.policy = policy
    self.sink = sink
  }

  var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

  func markCancelled() { cancelled.store(true, ordering: .releasing) }

  // libcurl takes a pin that does not begin so for the name of a file.
  private static func isPin(_ text: String) -> Bool {
    text.split(separator: ";", omittingEmptySubsequences: false)
      .allSatisfy { $0.hasPrefix("sha256//") && $0.utf8.count == "sha256//".utf8.count + 44 }
  }
}
