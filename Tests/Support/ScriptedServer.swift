internal import Foundation
internal import Synchronization

/// A server on loopback that plays a script to each connection, byte for byte: nothing between the test and the socket
/// mends what the script does wrong. Each connection has a thread of its own, so a script may block.
package final class ScriptedServer: Sendable {
  package typealias Script = @Sendable (Connection) -> Void

  package struct Request: Sendable {
    package let head: String
    package let body: [UInt8]
    package var bytes: Int { head.utf8.count + body.count }
  }

  package enum Event: Sendable {
    case asked(Request)
    case ended(bytesSent: Int)
  }

  package let port: UInt16
  /// What happened, in order; for one reader.
  package let events: AsyncStream<Event>
  private let listener: Int32
  private let counted = Counted()

  private final class Counted: Sendable {
    let connections = Mutex(0)
  }

  package var connections: Int { counted.connections.withLock { $0 } }

  package init(_ script: @escaping Script) throws {
    let (listener, port) = try Loopback.listen()
    let (events, report) = AsyncStream.makeStream(of: Event.self)
    self.listener = listener
    self.port = port
    self.events = events
    let counted = counted
    Thread.detachNewThread {
      // `deinit` shuts the listener down, and then accept fails.
      while let socket = Loopback.accept(listener) {
        counted.connections.withLock { $0 += 1 }
        Thread.detachNewThread {
          let connection = Connection(socket, report)
          script(connection)
          connection.close()
        }
      }
      close(listener)
    }
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  package func url(_ path: String = "/", scheme: String = "http") -> String {
    "\(scheme)://127.0.0.1:\(port)\(path)"
  }

  /// The next request that arrives.
  package func nextRequest() async -> Request? {
    for await case .asked(let request) in events { return request }
    return nil
  }

  /// Waits until `count` connections have ended; says how many bytes they were sent in all.
  package func ended(_ count: Int = 1) async -> Int {
    var (left, bytes) = (count, 0)
    for await case .ended(let bytesSent) in events {
      (left, bytes) = (left - 1, bytes + bytesSent)
      if left == 0 { break }
    }
    return bytes
  }

  /// A port where nobody listens.
  package static func deadPort() throws -> UInt16 {
    let (listener, port) = try Loopback.listen()
    close(listener)
    return port
  }
}

/// The server's end of one connection; used by its own thread only.
package final class Connection {
  private let socket: Int32
  private let report: AsyncStream<ScriptedServer.Event>.Continuation
  private var unread: [UInt8] = []
  private var bytesSent = 0

  init(_ socket: Int32, _ report: AsyncStream<ScriptedServer.Event>.Continuation) {
    self.socket = socket
    self.report = report
    Loopback.sendAtOnce(socket)
  }

  /// A whole request, or nil when the client has closed.
  @discardableResult
  package func read() -> ScriptedServer.Request? {
    guard let head = readHead() else { return nil }
    let length =
      head.lowercased().firstMatch(of: /content-length: (\d+)/).flatMap { Int($0.1) } ?? 0
    while unread.count < length { guard fill() else { return nil } }
    let request = ScriptedServer.Request(head: head, body: Array(unread.prefix(length)))
    unread.removeFirst(length)
    report.yield(.asked(request))
    return request
  }

  /// Up to the empty line; the body stays unread.
  @discardableResult
  package func readHead() -> String? {
    let end = Array("\r\n\r\n".utf8)
    while true {
      if let found = unread.firstRange(of: end) {
        defer { unread.removeFirst(found.upperBound) }
        return String(decoding: unread[..<found.upperBound], as: UTF8.self)
      }
      guard fill() else { return nil }
    }
  }

  package func send(_ text: String) { send(Array(text.utf8)) }

  package func send(_ bytes: [UInt8]) {
    // The client may be gone: many scripts mean it to be.
    if Loopback.send(bytes, to: socket) { bytesSent += bytes.count }
  }

  /// A reply with its length; head and body leave in one piece.
  package func reply(_ status: String, headers: [String] = [], _ body: [UInt8] = []) {
    let head = ["HTTP/1.1 \(status)", "Content-Length: \(body.count)"] + headers + ["", ""]
    send(Array(head.joined(separator: "\r\n").utf8) + body)
  }

  /// Says nothing until the client has gone.
  package func stall() { while fill() {} }

  /// Ends with a reset instead of an orderly close.
  package func reset() {
    var hard = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
  }

  package func close() {
    Glibc.close(socket)
    report.yield(.ended(bytesSent: bytesSent))
  }

  private func fill() -> Bool {
    guard let chunk = Loopback.receive(from: socket) else { return false }
    unread += chunk
    return !chunk.isEmpty
  }
}
