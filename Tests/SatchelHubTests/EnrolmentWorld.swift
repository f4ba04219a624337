import Foundation
import Logging
import SatchelCore
import SatchelHub
import SatchelStore
import SatchelSync
import SatchelTestSupport
import SatchelTransport
import SatchelWire
import Synchronization
import Testing

extension Classroom {
  /// A class with its learners.
  func makeClass(_ name: String, of learners: LearnerID...) throws {
    let name = try ClassName(name)
    try store.addClass(name, at: 0)
    for learner in learners { try store.add(learner, to: name) }
  }

  func invite(_ role: Grant.Role = .device, to name: String?, for life: Duration = Inviting.life)
    throws -> EnrolmentCode
  {
    let grant = Grant(role: role, className: try name.map { try ClassName($0) })
    return try Inviting(store: store).invite(grant, for: life, at: now.milliseconds).code
  }
}

extension Laptop {
  @discardableResult
  func enrol(at url: String, with code: EnrolmentCode) async throws -> Enrol.Outcome {
    try await peer(url).enrol(with: code)
  }

  /// A round of a device that shows where its key comes from.
  @discardableResult
  func syncAsSuccessor(
    with url: String, certificate: GrantCertificate? = nil, presentsAtOnce: Bool = false
  ) async throws -> RoundReport {
    let credentials = Credentials(
      certificate: certificate?.bytes, lineage: try #require(try store.lineage()))
    let peer = HTTPPeer(
      url: url, key: key, client: client, credentials: credentials, presentsAtOnce: presentsAtOnce)
    return try await Round(ledger: store, peer: peer, expected: nil).run()
  }

  /// One guess, with no code behind it.
  func guess(_ begins: String, at url: String) async throws -> HTTPReply {
    let proof = (0..<32).map { _ in UInt8.random(in: .min ... .max) }
    let body = try Wire.encode(EnrolRequest(begins: begins, proof: proof), signedBy: key)
    return try await client.send(
      HTTPRequest(.post, url: url + "/v1/enroll", body: body, bodyBytesMax: Wire.enrolBytesMax))
  }
}

/// What a hub wrote to its log.
final class LogBook: Sendable {
  private let written = Mutex<[String]>([])
  var lines: [String] { written.withLock { $0 } }
  var logger: Logger { Logger(label: "test") { _ in Handler(book: self) } }

  private struct Handler: LogHandler {
    let book: LogBook
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]

    init(book: LogBook) { self.book = book }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      book.written.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
  }
}

/// Stands between a device and its hub, and writes down every byte that passes, in both directions.
final class Wiretap: Sendable {
  private let bytes: Recording
  private let server: ScriptedServer
  var url: String { "http://127.0.0.1:\(server.port)" }
  var recorded: [UInt8] { bytes.all.withLock { $0 } }

  private final class Recording: Sendable {
    let all = Mutex<[UInt8]>([])
  }

  init(before url: String) throws {
    let recording = Recording()
    bytes = recording
    server = try ScriptedServer { connection in
      while let request = connection.read() {
        let head = request.head.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n")
        let passed = Array(head.utf8) + request.body
        guard let answer = try? wholeExchange(url, passed) else { return }
        recording.all.withLock { $0 += passed + answer }
        connection.send(answer)
        return
      }
    }
  }
}
