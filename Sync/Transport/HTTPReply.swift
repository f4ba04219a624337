/// A whole reply. Any status but a redirect comes back as a reply: what a 404 or a 500 means is for the layer above.
package struct HTTPReply: Sendable {
  package let status: Int
  package let headers: HTTPHeaders
  /// As sent, never decompressed. After a download only the words of a refusal (see ``HTTPClient/download(_:into:)``).
  package let body: [UInt8]
  /// Request line, headers and body as they passed the socket, attempts on a dead connection too; without TLS and TCP.
  package let bytesSent: Int
  /// Status line, headers, body and chunk framing as they passed the socket; without TLS and TCP.
  package let bytesReceived: Int

  /// Whether the reply says where it ends. One that does not (HTTP/1.0 allows it) is over when the connection is, and
  /// if that was cut, looks whole.
  package var hasEnd: Bool {
    headers["Content-Length"] != nil || headers["Transfer-Encoding"] != nil
  }

  /// A page for people, as portals and proxies send; no hub does.
  package var isPage: Bool {
    headers["Content-Type"]?.lowercased().hasPrefix("text/html") == true
  }

  /// How long the server asks to be left alone: `Retry-After` in seconds. A date, the other form that HTTP allows, is
  /// taken as nothing said: judging it would need a clock, and the usual delay does as well.
  package var retryAfter: Duration? {
    headers["Retry-After"].flatMap(UInt32.init).map { .seconds($0) }
  }
}
