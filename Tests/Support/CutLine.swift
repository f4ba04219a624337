internal import Foundation

/// One connection through a ``CutProxy``: used by its own thread only.
final class CutLine {
  /// One direction of it.
  private struct Lane {
    let direction: CutProxy.Direction
    let from: Int32
    let to: Int32
    /// What came, and when it may go on.
    var waiting: [(due: ContinuousClock.Instant, bytes: ArraySlice<UInt8>)] = []
    /// When the line is free for the next piece.
    var free = ContinuousClock.now
    var passed = 0
    /// The sender has closed.
    var hasEnded = false
    /// And the receiver was told.
    var isDone = false
  }

  /// What is on its way at most: pieces of up to 64 KiB.
  private static let waitingMax = 64
  /// What a slow line takes at once.
  private static let pieceBytes = 256
  private static let pollMilliseconds: Int32 = 200

  private let target: UInt16
  private let fault: CutProxy.Fault
  private let shared: CutProxy.Shared
  private let client: Int32
  private var server: Int32 = -1
  private var lanes: [Lane] = []
  private var asked: [UInt8] = []

  init(_ client: Int32, to target: UInt16, _ fault: CutProxy.Fault, _ shared: CutProxy.Shared) {
    (self.client, self.target, self.fault, self.shared) = (client, target, fault, shared)
  }

  /// Passes bytes both ways until both sides have closed, one of them is lost, or the cut comes.
  func run() {
    Loopback.sendAtOnce(client)
    sleep(fault.hold)
    guard let server = Loopback.connect(target) else { return Loopback.closeHard(client) }
    self.server = server
    lanes = [
      Lane(direction: .up, from: client, to: server),
      Lane(direction: .down, from: server, to: client),
    ]
    while true {
      for index in lanes.indices {
        guard forward(&lanes[index]) else { return }
      }
      if lanes.allSatisfy(\.isDone) || shared.state.withLock({ $0.isClosed }) { break }
      guard receive() else { return }
    }
    close(client)
    close(server)
    replay()
  }

  /// Sends what is due; `false` when the connection is over.
  private func forward(_ lane: inout Lane) -> Bool {
    while let (due, bytes) = lane.waiting.first, due <= .now, lane.free <= .now {
      var piece = fault.bytesPerSecond == nil ? bytes : bytes.prefix(Self.pieceBytes)
      let room = fault.cut.flatMap { $0.direction == lane.direction ? $0.after - lane.passed : nil }
      if let room { piece = piece.prefix(room) }
      guard Loopback.send(piece, to: lane.to) else { return lose() }
      count(piece, &lane)
      if let room, room <= piece.count { return cut() }
      if let rate = fault.bytesPerSecond {
        lane.free = .now + .seconds(Double(piece.count) / Double(rate))
      }
      lane.waiting[0].bytes = bytes.dropFirst(piece.count)
      if lane.waiting[0].bytes.isEmpty { lane.waiting.removeFirst() }
    }
    if lane.hasEnded, lane.waiting.isEmpty, !lane.isDone {
      shutdown(lane.to, Int32(SHUT_WR))
      lane.isDone = true
    }
    return true
  }

  /// Takes what has come, or waits until something does or is due; `false` when the connection is over.
  private func receive() -> Bool {
    var polls = lanes.map { lane in
      let wants = !lane.hasEnded && lane.waiting.count < Self.waitingMax
      return pollfd(fd: wants ? lane.from : -1, events: Int16(POLLIN), revents: 0)
    }
    poll(&polls, nfds_t(polls.count), millisecondsToNext)
    for (index, ready) in polls.enumerated() where ready.revents != 0 {
      guard let bytes = Loopback.receive(from: lanes[index].from) else { return lose() }
      if bytes.isEmpty {
        lanes[index].hasEnded = true
      } else {
        lanes[index].waiting.append((.now + fault.latency, bytes[...]))
      }
    }
    return true
  }

  private var millisecondsToNext: Int32 {
    let next = lanes.compactMap { lane in lane.waiting.first.map { max($0.due, lane.free) } }.min()
    guard let next else { return Self.pollMilliseconds }
    let milliseconds = (next - .now) / .milliseconds(1)
    return Int32(min(max(milliseconds.rounded(.up), 0), Double(Self.pollMilliseconds)))
  }

  private func count(_ piece: ArraySlice<UInt8>, _ lane: inout Lane) {
    lane.passed += piece.count
    if lane.direction == .up, fault.replays > 0 { asked += piece }
    let direction = lane.direction
    shared.state.withLock { state in
      if direction == .up {
        state.traffic.up += piece.count
      } else {
        state.traffic.down += piece.count
      }
      state.kept?[direction]? += piece
    }
  }

  // MARK: Ends

  /// One side has reset: so hears the other. Always `false`.
  private func lose() -> Bool {
    Loopback.closeHard(client)
    Loopback.closeHard(server)
    replay()
    return false
  }

  /// Always `false`.
  private func cut() -> Bool {
    shared.state.withLock { $0.traffic.cuts += 1 }
    switch fault.cut?.ending {
    case .reset:
      Loopback.closeHard(client)
      Loopback.closeHard(server)
    case .stall:
      waitForClient()
      close(client)
      close(server)
    case .close, nil:
      close(client)
      close(server)
    }
    replay()
    return false
  }

  private func waitForClient() {
    // POLLRDHUP (Linux): the other side has closed, whatever is still unread.
    let closed: Int16 = 0x2000
    while !shared.state.withLock({ $0.isClosed }) {
      var ends = [pollfd(fd: client, events: closed, revents: 0)]
      if poll(&ends, 1, Self.pollMilliseconds) != 0 { return }
    }
  }

  /// The client's bytes once more, as from a network that repeats itself.
  private func replay() {
    for _ in 0..<fault.replays where !asked.isEmpty {
      guard let again = Loopback.connect(target) else { return }
      defer { close(again) }
      Loopback.setReceiveTimeout(again, milliseconds: 5000)
      guard Loopback.send(asked, to: again), Loopback.receive(from: again)?.isEmpty == false else {
        continue
      }
      shared.state.withLock { $0.traffic.replies += 1 }
    }
  }

  private func sleep(_ time: Duration) {
    guard time > .zero else { return }
    usleep(UInt32(time / .microseconds(1)))
  }
}
