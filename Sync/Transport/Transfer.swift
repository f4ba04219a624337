internal import CCurl
internal import CCurlShim
import SatchelCore

/// One exchange on its way: owns an easy handle and all that the handle points to.
///
/// Not Sendable: made, used and freed on the loop's thread.
final class Transfer {
  let exchange: Exchange
  let easy: UnsafeMutableRawPointer
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private let errorText: UnsafeMutablePointer<CChar>
  private var reception: Reception
  /// What a callback found wrong; libcurl itself only learns that the callback took too few bytes.
  private var refusal: SatchelError?
  private var wasSentAgain = false
  private var bytesSent = 0
  private var bytesReceived = 0

  init(_ exchange: Exchange) throws(SatchelError) {
    guard let easy = curl_easy_init() else {
      throw SatchelError(.hubUnreachable, subject: exchange.address.origin, cause: "curl_easy_init")
    }
    self.exchange = exchange
    self.easy = easy
    errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
    errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    reception = Reception(for: exchange)
    try configure()
  }

  deinit {
    // The watcher may not be shown this object while it goes.
    _ = satchel_curl_set_long(easy, CURLOPT_VERBOSE, 0)
    curl_easy_cleanup(easy)
    curl_slist_free_all(headerList)
    errorText.deallocate()
  }

  /// What came of it, once libcurl is done with it.
  func outcome(_ result: CURLcode) -> Result<HTTPReply, SatchelError> {
    do throws(SatchelError) {
      if let refusal { throw refusal }
      guard result == CURLE_OK || hasEarlyAnswer(result) else { throw failure(result) }
      guard reception.isHeadWhole else {
        throw SatchelError(
          .hubUnreachable, subject: exchange.address.origin, cause: "the reply ended in its headers"
        )
      }
      try beginOnce()
      return .success(try reply())
    } catch {
      return .failure(error)
    }
  }

  /// A server that refuses a large body (401, 413) answers and closes before it has read all of it, and sending the
  /// rest fails. The answer is what matters, with as much of its body as came.
  private func hasEarlyAnswer(_ result: CURLcode) -> Bool {
    guard [CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE].contains(result),
      let body = exchange.request.body, let sent = try? offset(CURLINFO_SIZE_UPLOAD_T),
      let status = try? long(CURLINFO_RESPONSE_CODE)
    else { return false }
    return sent < Int64(body.count) && status >= 300
  }

  /// Whether the same answer may have been lost for good, in the moment between libcurl's last look for it and a send
  /// that met the closed connection (3 of 2,000 on loopback). Sending once more is safe: the server never had the whole
  /// request, so it cannot have acted on it.
  func shouldSendAgain(after result: CURLcode) -> Bool {
    guard result == CURLE_SEND_ERROR, refusal == nil, !wasSentAgain,
      let body = exchange.request.body,
      let sent = try? offset(CURLINFO_SIZE_UPLOAD_T), sent < Int64(body.count),
      let status = try? long(CURLINFO_RESPONSE_CODE), status == 0
    else { return false }
    wasSentAgain = true
    return true
  }

  private func reply() throws(SatchelError) -> HTTPReply {
    HTTPReply(
      status: try long(CURLINFO_RESPONSE_CODE),
      headers: headers(),
      body: reception.body,
      bytesSent: bytesSent,
      bytesReceived: bytesReceived)
  }

  private func headers() -> HTTPHeaders {
    var headers = HTTPHeaders()
    var last: UnsafeMutablePointer<curl_header>?
    // -1 is the last response: not a 1xx that came before it.
    while let header = curl_easy_nextheader(easy, UInt32(CURLH_HEADER), -1, last) {
      headers.append(String(cString: header.pointee.name), String(cString: header.pointee.value))
      last = header
    }
    return headers
  }
}

// The receiving side: libcurl calls in.
extension Transfer {
  private static let onHeader: satchel_curl_receiver = { bytes, size, count, context in
    Transfer.from(context).accept(size * count) { transfer throws(SatchelError) in
      try transfer.reception.takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
  }

  private static let onBody: satchel_curl_receiver = { bytes, size, count, context in
    Transfer.from(context).accept(size * count) { transfer throws(SatchelError) in
      try transfer.beginOnce()
      try transfer.reception.take(UnsafeRawBufferPointer(start: bytes, count: size * count))
    }
  }

  // libcurl's own totals will not do: its REQUEST_SIZE counts a small body in, its SIZE_UPLOAD counts it again, and
  // SIZE_DOWNLOAD leaves chunk framing out. What it shows its debug callback is what passes the socket (before TLS).
  private static let onTraffic: curl_debug_callback = { _, kind, _, count, context in
    let transfer = Transfer.from(context)
    switch kind {
    case CURLINFO_HEADER_OUT, CURLINFO_DATA_OUT: transfer.bytesSent += count
    case CURLINFO_HEADER_IN, CURLINFO_DATA_IN: transfer.bytesReceived += count
    default: break  // Words and TLS records.
    }
    return 0
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer {
    guard let context else { preconditionFailure("set together with the callback") }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
  }

  private func accept(_ count: Int, _ take: (Transfer) throws(SatchelError) -> Void) -> Int {
    do throws(SatchelError) {
      try take(self)
      return count
    } catch {
      refusal = error
      // Not 0, which would mean "all taken" when no byte was offered: libcurl's own word for "stop" is never a length.
      return Int(CURL_WRITEFUNC_ERROR)
    }
  }

  private func beginOnce() throws(SatchelError) {
    guard !reception.hasBegun else { return }
    try reception.begin(
      status: long(CURLINFO_RESPONSE_CODE),
      contentLength: offset(CURLINFO_CONTENT_LENGTH_DOWNLOAD_T),
      contentRange: header("Content-Range"))
  }

  private func header(_ name: String) -> String? {
    var found: UnsafeMutablePointer<curl_header>?
    guard curl_easy_header(easy, name, 0, UInt32(CURLH_HEADER), -1, &found) == CURLHE_OK, let found
    else { return nil }
    return String(cString: found.pointee.value)
  }
}

// The handle: every code that it returns is looked at.
extension Transfer {
  private func configure() throws(SatchelError) {
    for option in Option.all(for: exchange) { try set(option) }
    for line in exchange.headerLines {
      guard let longer = curl_slist_append(headerList, line) else {
        throw failure(CURLE_OUT_OF_MEMORY)
      }
      headerList = longer
    }
    try check(satchel_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList))
    try check(satchel_curl_set_pointer(easy, CURLOPT_ERRORBUFFER, errorText))
    // Unretained: the loop keeps the transfer until it has taken the handle out of the multi handle.
    let context = Unmanaged.passUnretained(self).toOpaque()
    try check(satchel_curl_set_receiver(easy, CURLOPT_HEADERFUNCTION, Self.onHeader))
    try check(satchel_curl_set_pointer(easy, CURLOPT_HEADERDATA, context))
    try check(satchel_curl_set_receiver(easy, CURLOPT_WRITEFUNCTION, Self.onBody))
    try check(satchel_curl_set_pointer(easy, CURLOPT_WRITEDATA, context))
    try check(satchel_curl_set_watcher(easy, CURLOPT_DEBUGFUNCTION, Self.onTraffic))
    try check(satchel_curl_set_pointer(easy, CURLOPT_DEBUGDATA, context))
    // Verbose towards the watcher alone: with a callback set, nothing is written to stderr.
    try check(satchel_curl_set_long(easy, CURLOPT_VERBOSE, 1))
  }

  private func set(_ option: Option) throws(SatchelError) {
    switch option.value {
    case .long(let value): try check(satchel_curl_set_long(easy, option.name, value))
    case .offset(let value):
      try check(satchel_curl_set_offset(easy, option.name, curl_off_t(value)))
    case .text(let text): try check(satchel_curl_set_string(easy, option.name, text))
    case .bytes(let bytes):
      // Terminated, so that there is an address to copy from even when there is no byte.
      let code = (bytes + [0]).withUnsafeBytes {
        satchel_curl_set_string(easy, option.name, $0.bindMemory(to: CChar.self).baseAddress)
      }
      try check(code)
    }
  }

  private func long(_ info: CURLINFO) throws(SatchelError) -> Int {
    var value = 0
    try check(satchel_curl_get_long(easy, info, &value))
    return value
  }

  private func offset(_ info: CURLINFO) throws(SatchelError) -> Int64 {
    var value: curl_off_t = 0
    try check(satchel_curl_get_offset(easy, info, &value))
    return Int64(value)
  }

  private func check(_ result: CURLcode) throws(SatchelError) {
    guard result == CURLE_OK else { throw failure(result) }
  }

  private func failure(_ result: CURLcode) -> SatchelError {
    SatchelError(result, text: String(cString: errorText), subject: exchange.address.origin)
  }
}
