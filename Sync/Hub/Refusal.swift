internal import Hummingbird
internal import SatchelCore
internal import SatchelWire

/// How a hub says no: a status for every code, and the code itself in the body.
enum Refusal {
  /// Seconds after which a client may come again.
  private static let retryAfterSeconds = 2

  static func response(to error: SatchelError, retryAfterSeconds seconds: Int? = nil) -> Response {
    let status = status(of: error)
    var headers = HTTPFields()
    if status == .serviceUnavailable { headers[.retryAfter] = "\(retryAfterSeconds)" }
    if let seconds { headers[.retryAfter] = "\(seconds)" }
    // What the store calls its subject is a path of the hub's: nobody's business.
    let subject = status.code >= 500 ? "" : error.subject
    let body = Wire.encode(SyncFailure(code: error.code, subject: subject))
    return Response(
      status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: body)))
  }

  private static func status(of error: SatchelError) -> HTTPResponse.Status {
    switch error.code {
    case .hubRefused: error.cause == "signature" ? .unauthorized : .forbidden
    case .scopeDenied, .deviceUnknown, .enrolmentRefused: .forbidden
    case .enrolmentTooMany: .tooManyRequests
    case .modelUnknown, .fileMissing: .notFound
    case .hubTimeout: .requestTimeout
    case .streamGap, .streamBroken, .streamSignature: .conflict
    case .inputTooLarge: .contentTooLarge
    case .protocolNewer: .upgradeRequired
    case .storeBusy, .storeFull, .storeFailed, .storeReadOnly: .serviceUnavailable
    case .storeMissing, .storeForeign, .storeNewer, .storeDamaged, .hubFailed: .internalServerError
    default: .badRequest
    }
  }
}
