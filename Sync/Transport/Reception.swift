import SatchelCore

/// What arrives, held to the request's limits while it arrives; knows nothing of libcurl.
struct Reception {
  /// More than any server needs for its headers; without it they could fill memory before the body's limit holds.
  static let headerBytesMax = 64 * 1024
  /// How much is kept of the body of a refused download: the words of an error, not a film.
  static let refusalBytesMax = 64 * 1024

  private(set) var body: [UInt8] = []
  private let exchange: Exchange
  private var headerBytes = 0
  /// The empty line has come: what is missing after it is body. A server that goes away before it leaves a head that
  /// libcurl takes for a whole one.
  private(set) var isHeadWhole = false
  private var bodyBytes = 0
  private var bytesToSkip: Int64 = 0
  private var status: Int?

  init(for exchange: Exchange) { self.exchange = exchange }

  /// Whether the headers have been judged.
  var hasBegun: Bool { status != nil }

  mutating func takeHeader(_ line: UnsafeRawBufferPointer) throws(SatchelError) {
    headerBytes += line.count
    isHeadWhole = line.elementsEqual("\r\n".utf8) || line.elementsEqual("\n".utf8)
    guard headerBytes <= Self.headerBytesMax else {
      throw refusal("headers over \(Self.headerBytesMax) bytes")
    }
  }

  /// Judges the headers, before the first byte of the body is taken. `contentLength` is -1 when the server named none.
  mutating func begin(status: Int, contentLength: Int64, contentRange: String?)
    throws(SatchelError)
  {
    if (300..<400).contains(status), status != 304 {
      throw SatchelError(
        .hubNotAHub, subject: exchange.address.origin, cause: "redirect with HTTP status \(status)")
    }
    let offset = exchange.request.resumeFrom ?? 0
    if status == 206 {
      guard exchange.request.resumeFrom != nil, Self.firstByte(of: contentRange) == offset else {
        throw refusal("another range than the one asked for")
      }
    }
    // A server, or a proxy that drops the Range header, may send the whole: then its beginning, which is here already,
    // is passed over, and the caller sees the same bytes either way.
    bytesToSkip = status == 200 ? offset : 0
    let room = Int64(exchange.request.bodyBytesMax).addingReportingOverflow(bytesToSkip)
    guard room.overflow || contentLength <= room.partialValue else { throw tooLong }
    self.status = status
  }

  mutating func take(_ bytes: UnsafeRawBufferPointer) throws(SatchelError) {
    let skipped = Int(min(bytesToSkip, Int64(bytes.count)))
    bytesToSkip -= Int64(skipped)
    let chunk = bytes.dropFirst(skipped)
    guard chunk.count <= exchange.request.bodyBytesMax - bodyBytes else { throw tooLong }
    bodyBytes += chunk.count
    guard !chunk.isEmpty else { return }
    guard let sink = exchange.sink else {
      body.append(contentsOf: chunk)
      return
    }
    if status == 200 || status == 206 {
      try hand(Array(chunk), to: sink)
    } else {
      body.append(contentsOf: chunk.prefix(Self.refusalBytesMax - body.count))
    }
  }

  private func hand(_ chunk: [UInt8], to sink: Sink) throws(SatchelError) {
    do {
      try sink(chunk)
    } catch let error as SatchelError {
      throw error
    } catch {
      throw SatchelError(.storeFailed, subject: exchange.address.origin, cause: "\(error)")
    }
  }

  private var tooLong: SatchelError {
    refusal("body over \(exchange.request.bodyBytesMax) bytes")
  }

  private func refusal(_ cause: String) -> SatchelError {
    SatchelError(.replyMalformed, subject: exchange.address.origin, cause: cause)
  }

  /// 500 of `bytes 500-999/1234`.
  private static func firstByte(of contentRange: String?) -> Int64? {
    guard let contentRange, contentRange.lowercased().hasPrefix("bytes ") else { return nil }
    return Int64(contentRange.dropFirst("bytes ".count).prefix { $0 != "-" })
  }
}
