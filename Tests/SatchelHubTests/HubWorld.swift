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

let mei = LearnerID(high: 0, low: 1)
let tom = LearnerID(high: 0, low: 2)

/// A hub in this process, on a port of its own.
final class Classroom: Sendable {
  let scratch: Scratch
  let store: Store
  let url: String
  private let serving: Task<Void, any Error>

  /// `pin` of its own certificate, when it speaks TLS.
  let pin: String?
  let now = Clock()

  /// A clock that the test sets, in milliseconds since 1970.
  final class Clock: Sendable {
    private let value = Mutex<Int64>(1_750_000_000_000)
    var milliseconds: Int64 { value.withLock { $0 } }
    func advance(by duration: Duration) {
      value.withLock { $0 += Int64(duration / .milliseconds(1)) }
    }
  }

  init(
    scratch: Scratch? = nil, isEncrypted: Bool = false, log: Logger = .silent,
    limits: ConnectionLimits = ConnectionLimits()
  ) async throws {
    let scratch = try scratch ?? Scratch()
    let store = try Store(at: scratch.file("hub.sqlite"), creating: true, projection: nil)
    let tls =
      isEncrypted ? try HubTLS.selfSigned(beside: store.url, host: "127.0.0.1") : nil
    pin = tls?.pin
    let now = now
    let server = try HubServer(store: store, tls: tls, limits: limits, log: log) {
      now.milliseconds
    }
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    // Unstructured: it serves while the test goes on, and ends with `close`.
    serving = Task {
      defer { found.finish() }
      try await server.run(at: ListenAddress("127.0.0.1:0"), stopsOnSignals: false) {
        found.yield($0)
      }
    }
    let port = await ports.first { _ in true }
    url = "\(isEncrypted ? "https" : "http")://127.0.0.1:\(try #require(port))"
    self.scratch = scratch
    self.store = store
  }

  deinit { serving.cancel() }

  func close() async throws {
    serving.cancel()
    _ = await serving.result
    try store.close()
  }

  var key: PublicKey { get throws { try #require(try store.publicKey()) } }

  /// All that a request could have changed.
  var snapshot: String {
    get throws {
      let (held, found) = (try store.summary(of: .everyone), try store.examine(.deep))
      return "\(held) \(found) \(try store.learnerIDs()) \(try recordIDs(of: store))"
    }
  }
}

extension Logger {
  static var silent: Logger {
    Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  }
}

/// A device of a learner, with a real store and the real client.
final class Laptop: Sendable {
  let scratch: Scratch
  let store: Store
  let key: SigningKey
  let client = HTTPClient(policy: TransportPolicy())

  init() throws {
    scratch = try Scratch()
    store = try Store(at: scratch.file("store.sqlite"), creating: true, projection: nil)
    key = try store.establishIdentity()
  }

  /// What remains when this laptop's disk is copied into another one.
  init(copying other: Laptop) throws {
    scratch = try Scratch()
    try other.store.copy(to: scratch.file("store.sqlite"))
    store = try Store(at: scratch.file("store.sqlite"), creating: false, projection: nil)
    key = try store.establishIdentity()
  }

  func answer(_ item: String, by learner: LearnerID) throws {
    let attempt = Attempt(
      item: ItemID(checked: item), skills: [SkillID(checked: "adding")], isCorrect: true)
    let now: Int64 = 1_750_000_000_000
    _ = try store.append(
      Draft(learner: learner, event: .attempt(attempt), wallMilliseconds: now),
      at: DeviceMoment(wallMilliseconds: now, session: 1))
  }

  func peer(_ url: String) -> HTTPPeer { HTTPPeer(url: url, key: key, client: client) }

  @discardableResult
  func sync(with url: String, expecting hub: PublicKey? = nil) async throws -> RoundReport {
    try await Round(ledger: store, peer: peer(url), expected: hub).run()
  }

  /// The bytes of a first request that offers all that this laptop holds, after `change` was done to it.
  func body(_ change: (inout SyncRequest) -> Void = { _ in }) throws -> [UInt8] {
    var (request, _) = try Exchange.request(
      from: store, to: nil, scope: .everyone, note: PeerNote(),
      bytesMax: Wire.offerBytesMax)
    change(&request)
    return try Wire.encode(request, signedBy: key).bytes
  }

  func post(_ body: [UInt8], to url: String) async throws -> HTTPReply {
    try await client.send(
      HTTPRequest(.post, url: url + "/v1/sync", body: body, bodyBytesMax: Wire.bodyBytesMax))
  }

  func get(_ path: String, _ headers: HTTPHeaders = [:], at url: String) async throws -> HTTPReply {
    try await client.send(
      HTTPRequest(.get, url: url + path, headers: headers, bodyBytesMax: 1 << 20))
  }
}

extension Store {
  /// Copies the file as a disk image would, with all that was written so far.
  func copy(to url: URL) throws {
    for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: self.url.path + suffix)
    {
      try FileManager.default.copyItem(atPath: self.url.path + suffix, toPath: url.path + suffix)
    }
  }
}

/// Every record's name, sorted; a record that stood twice would show twice.
func recordIDs(of store: Store) throws -> [String] {
  var out: [String] = []
  try store.forEachRecord { out += $0.map(\.record.id.description) }
  return out.sorted()
}

/// Sends `text` over a bare socket and returns the first bytes of what comes back.
///
/// On a thread of its own: the hub in this process needs the tasks' threads, of which there may be two, to answer.
func rawExchange(_ url: String, _ text: [UInt8]) async throws -> String {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread {
      continuation.resume(with: Result { try blockingExchange(url, text) })
    }
  }
}

private func blockingExchange(_ url: String, _ text: [UInt8]) throws -> String {
  try onSocket(url, sending: text) { descriptor in
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }
}

/// Sends `bytes` and returns all that comes back until the other side closes; on a thread that may wait.
func wholeExchange(_ url: String, _ bytes: [UInt8]) throws -> [UInt8] {
  try onSocket(url, sending: bytes) { descriptor in
    var (all, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 1 << 16))
    while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 {
      all += buffer.prefix(count)
    }
    return all
  }
}

private func onSocket<Answer>(
  _ url: String, sending text: [UInt8], _ receive: (Int32) throws -> Answer
) throws -> Answer {
  let port = try #require(url.split(separator: ":").last.flatMap { UInt16($0) })
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  let status = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  try #require(status == 0)
  var sent = 0
  while sent < text.count {
    let part = Array(text[sent...].prefix(1 << 16))
    let count = send(descriptor, part, part.count, Int32(MSG_NOSIGNAL))
    if count <= 0 { break }
    sent += count
  }
  return try receive(descriptor)
}
