package import SatchelCore

/// Where a hub listens: `HOST:PORT`, or `[IPv6]:PORT`; port 0 lets the system pick one.
package struct ListenAddress: Equatable, Sendable, CustomStringConvertible {
  package let host: String
  package let port: Int

  /// - Throws: `usage.wrong` for any other form.
  package init(_ text: String) throws(SatchelError) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
    else { throw SatchelError(.usage, subject: text, cause: "HOST:PORT") }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw SatchelError(.usage, subject: text, cause: "[IPv6]:PORT")
    }
    guard !host.isEmpty else { throw SatchelError(.usage, subject: text, cause: "HOST:PORT") }
    self.host = String(host)
    self.port = Int(port)
  }

  /// What leaves this machine could be read on the way: plain HTTP there needs a keeper who says so.
  package var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }

  /// The URL that clients use, when `port` is what was picked.
  package func url(port: Int, isEncrypted: Bool = false) -> String {
    (isEncrypted ? "https://" : "http://") + (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
  }

  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
