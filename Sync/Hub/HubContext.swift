internal import Glibc
internal import Hummingbird
internal import NIOCore

/// A request's surroundings: what Hummingbird needs, and from where it came.
struct HubContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  private let remote: SocketAddress?
  /// As ``name(of:)`` gives it; asked for where guesses are counted, and not for each request.
  var address: String { Self.name(of: remote) }

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    remote = source.channel.remoteAddress
  }

  /// One name for all addresses that one household has: an IPv4 address, or the first 64 bits of an IPv6 one.
  static func name(of address: SocketAddress?) -> String {
    guard let text = address?.ipAddress else { return "unknown" }
    return text.contains(":") ? prefix64(text) : text
  }

  static func prefix64(_ text: String) -> String {
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return text }
    let bytes = withUnsafeBytes(of: six) { Array($0) }
    // An IPv4 address that came in by a socket for both.
    if bytes.prefix(12).elementsEqual([UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]) {
      return bytes.suffix(4).map(String.init).joined(separator: ".")
    }
    return stride(from: 0, to: 8, by: 2).map {
      String(Int(bytes[$0]) << 8 | Int(bytes[$0 + 1]), radix: 16)
    }.joined(separator: ":") + "::/64"
  }
}
