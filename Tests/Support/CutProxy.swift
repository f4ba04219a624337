internal import Foundation
internal import Synchronization

/// A TCP proxy on loopback that breaks what passes through it, byte for byte as it is told.
///
/// It knows nothing of HTTP: what changes messages is a ``Gateway``. Each connection has a thread of its own.
package final class CutProxy: Sendable {
  package enum Direction: Sendable, CaseIterable { case up, down }

  /// How a connection ends when it is cut: for both sides alike.
  package enum Ending: Sendable, CaseIterable {
    case reset
    /// As if each side had closed.
    case close
    /// The sockets stay open and silent until the client goes.
    case stall
  }

  package struct Cut: Sendable {
    /// Bytes of `direction` that pass; the cut comes with the last of them, or before the first when it is 0.
    package var after: Int
    package var direction: Direction
    package var ending: Ending

    package init(after: Int, of direction: Direction, by ending: Ending) {
      self.after = after
      self.direction = direction
      self.ending = ending
    }
  }

  /// What is wrong with a connection; nothing at first.
  package struct Fault: Sendable {
    package var cut: Cut?
    /// Of each direction.
    package var bytesPerSecond: Int?
    /// Of each piece, one way; the order stays.
    package var latency = Duration.zero
    /// Before the server hears of the connection: what was asked first may so arrive last.
    package var hold = Duration.zero
    /// How often the client's bytes are sent once more, on connections of their own, when it has gone.
    package var replays = 0

    package init() {}
  }

  /// Bytes that passed, replays aside.
  package struct Traffic: Sendable, Equatable {
    package var up = 0
    package var down = 0
    package var connections = 0
    package var cuts = 0
    package var replies = 0
  }

  struct State {
    var plan: @Sendable (Int) -> Fault = { _ in Fault() }
    var traffic = Traffic()
    var live = 0
    var isClosed = false
    var kept: [Direction: [UInt8]]?
  }

  /// Outlives the proxy for as long as a connection does.
  final class Shared: Sendable {
    let state: Mutex<State>
    init(_ state: sending State) { self.state = Mutex(state) }
  }

  package let port: UInt16
  private let listener: Int32
  private let shared: Shared

  /// - Parameters:
  ///   - target: the port on loopback that the proxy stands before.
  ///   - keepsBytes: whether ``kept(_:)`` can be asked.
  package init(to target: UInt16, keepsBytes: Bool = false) throws {
    let (listener, port) = try Loopback.listen()
    var state = State()
    if keepsBytes { state.kept = [.up: [], .down: []] }
    let shared = Shared(state)
    (self.listener, self.port, self.shared) = (listener, port, shared)
    Thread.detachNewThread {
      // `deinit` shuts the listener down, and then accept fails.
      while let client = Loopback.accept(listener) {
        let fault = shared.state.withLock { state in
          defer {
            (state.traffic.connections, state.live) = (
              state.traffic.connections + 1, state.live + 1
            )
          }
          return state.plan(state.traffic.connections)
        }
        Thread.detachNewThread {
          CutLine(client, to: target, fault, shared).run()
          shared.state.withLock { $0.live -= 1 }
        }
      }
      close(listener)
    }
  }

  deinit {
    shared.state.withLock { $0.isClosed = true }
    shutdown(listener, Int32(SHUT_RDWR))
  }

  package var url: String { "http://127.0.0.1:\(port)" }
  package var traffic: Traffic { shared.state.withLock { $0.traffic } }

  /// All bytes that passed in `direction`, of one connection after the other.
  package func kept(_ direction: Direction) -> [UInt8] {
    shared.state.withLock { $0.kept?[direction] ?? [] }
  }

  /// What will be wrong with connections from now on; they are numbered from 0.
  package func plan(_ plan: @escaping @Sendable (Int) -> Fault) {
    shared.state.withLock { $0.plan = plan }
  }

  package func plan(_ fault: Fault) { plan { _ in fault } }

  /// Cuts every connection from now on; `nil` lets them pass.
  package func cut(_ cut: Cut?) {
    var fault = Fault()
    fault.cut = cut
    plan(fault)
  }

  /// Waits until no connection is open and all replays are done.
  package func settle() async throws {
    while shared.state.withLock({ $0.live > 0 }) { try await Task.sleep(for: .milliseconds(2)) }
  }
}
