internal import CCurl
import Glibc
package import SatchelCore

/// What must be known of a URL before a byte is sent, as libcurl itself reads it: were it read by another parser, the
/// two could differ over which host `http://127.0.0.1@elsewhere/` names.
package struct ServerAddress: Sendable {
  /// Scheme, host and port: all that errors say of a URL, since path and query may hold what is nobody's business.
  let origin: String
  let isEncrypted: Bool
  /// 127.0.0.0/8, ::1 or localhost, which libcurl never asks a name server for.
  let isLoopback: Bool

  /// Throws `usage.wrong` for anything but an absolute http or https URL without user and password.
  package init(url: String) throws(SatchelError) {
    guard let parsed = curl_url() else { throw SatchelError(.usage, cause: "out of memory") }
    defer { curl_url_cleanup(parsed) }
    let code = curl_url_set(parsed, CURLUPART_URL, url, UInt32(CURLU_DISALLOW_USER))
    guard code == CURLUE_OK else {
      throw SatchelError(.usage, subject: "url", cause: String(cString: curl_url_strerror(code)))
    }
    guard let scheme = Self.part(CURLUPART_SCHEME, of: parsed), ["http", "https"].contains(scheme),
      let host = Self.part(CURLUPART_HOST, of: parsed),
      let port = Self.part(CURLUPART_PORT, of: parsed)
    else { throw SatchelError(.usage, subject: "url", cause: "not http or https") }
    origin = "\(scheme)://\(host):\(port)"
    isEncrypted = scheme == "https"
    isLoopback = Self.isLoopback(host)
  }

  private static func part(_ part: CURLUPart, of parsed: OpaquePointer) -> String? {
    var text: UnsafeMutablePointer<CChar>?
    guard curl_url_get(parsed, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text
    else { return nil }
    defer { curl_free(text) }
    return String(cString: text)
  }

  private static func isLoopback(_ host: String) -> Bool {
    if host.lowercased() == "localhost" { return true }
    var four = in_addr()
    if inet_pton(AF_INET, host, &four) == 1 { return UInt32(bigEndian: four.s_addr) >> 24 == 127 }
    var six = in6_addr()
    guard host.hasPrefix("["), host.hasSuffix("]"),
      inet_pton(AF_INET6, String(host.dropFirst().dropLast()), &six) == 1
    else { return false }
    return withUnsafeBytes(of: six) { Array($0) } == [UInt8](repeating: 0, count: 15) + [1]
  }
}
