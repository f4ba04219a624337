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

  /// How long the server asks to be left alone: `Retry-After` in seconds. A date, the other form that HTTP allows, is
  /// taken as nothing said: judging it would need a clock, and the usual delay does as well.
  package var retryAfter: Duration? {
    headers["Retry-After"].flatMap(UInt32.init).map { .seconds($0) }
  }
}
