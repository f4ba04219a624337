internal import Hummingbird
internal import SatchelCore

/// The body of a request, within the limits of size and pace.
enum RequestBytes {
  /// A body that comes slower than this, once it has taken ``patience``, is given up; see faults H6.
  static let bytesPerSecondMin = 250.0
  static let patience = Duration.seconds(30)

  /// - Throws: `input.tooLarge`, `hub.timeout`, and what breaks the connection.
  static func collect(_ request: Request, bytesMax: Int) async throws -> [UInt8] {
    let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
    guard declared <= bytesMax else { throw tooLarge }
    var bytes: [UInt8] = []
    let start = ContinuousClock.now
    for try await part in request.body {
      // A length may lie, or be missing: what counts is what came.
      guard bytes.count + part.readableBytes <= bytesMax else { throw tooLarge }
      bytes.append(contentsOf: part.readableBytesView)
      let elapsed = ContinuousClock.now - start
      if elapsed > patience, Double(bytes.count) < bytesPerSecondMin * (elapsed / .seconds(1)) {
        throw SatchelError(.hubTimeout, subject: "body")
      }
    }
    return bytes
  }

  private static var tooLarge: SatchelError { SatchelError(.inputTooLarge, subject: "body") }
}
