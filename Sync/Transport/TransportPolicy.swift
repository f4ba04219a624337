/// How a client talks: the same for all its requests.
package struct TransportPolicy: Sendable, Equatable {
  /// Where a proxy comes from. A loopback host is never reached through one.
  package enum Proxy: Sendable, Equatable {
    /// `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`, as libcurl reads them.
    case environment
    case none
    case address(String)
  }

  /// Name lookup, TCP and TLS together.
  package var connectTimeout: Duration = .seconds(15)
  /// Slower than this for `stallTime`, in either direction, is `hub.timeout`. There is no limit on the total time.
  package var stallBytesPerSecond = 100
  /// Whole seconds, at least one.
  package var stallTime: Duration = .seconds(60)
  /// How long connections are kept when nothing is under way: long enough for what follows at once, and short enough that
  /// a hub of a thousand devices has sockets for all, and that a laptop which moved to another network does not talk to
  /// the last one for long.
  package var keptTime: Duration = .seconds(15)
  /// For a network that its user trusts (`--insecure`).
  package var allowsPlainHTTPBeyondLoopback = false
  /// `sha256//` and the base64 of the SHA-256 of the server's public key; several are joined by `;`.
  ///
  /// With it the key alone proves who the server is: certificate chain, name and dates are not looked at, so that a
  /// classroom hub may sign its own certificate and a device may have a wrong clock.
  package var pinnedPublicKey: String?
  /// `false` for an enrolment alone, where a one-time code says who the server is, by a proof over all that it sends;
  /// whatever else is sent or taken so could come from anybody.
  package var verifiesServer = true
  /// A PEM file of the authorities that are trusted, in place of the system's; looked at only without a pin.
  package var authorityFile: String?
  /// Not sent when nil.
  package var userAgent: String?
  package var proxy = Proxy.environment

  package init() {}
}
