/// One request: what to send, and how much may come back.
package struct HTTPRequest: Sendable {
  package enum Method: Sendable { case get, post }

  package let method: Method
  /// Absolute, `https` (or `http` to loopback), without user and password.
  package let url: String
  /// Sent besides Host and Content-Length, which libcurl writes; nothing else is sent unless it stands here.
  package let headers: HTTPHeaders
  /// Sent as it is, with its length; only with `post`.
  package let body: [UInt8]?
  /// The first byte wanted of a resource whose earlier bytes are here already; only with `get`.
  package let resumeFrom: Int64?
  /// The longest reply body that is accepted, in bytes from `resumeFrom` on.
  package let bodyBytesMax: Int

  package init(
    _ method: Method, url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil,
    resumeFrom: Int64? = nil, bodyBytesMax: Int
  ) {
    precondition(method == .post || body == nil, "a get has no body")
    precondition(method == .get || resumeFrom == nil, "only a get is resumed")
    precondition(resumeFrom ?? 0 >= 0 && bodyBytesMax >= 0, "offsets and limits are not negative")
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.resumeFrom = resumeFrom
    self.bodyBytesMax = bodyBytesMax
  }
}
