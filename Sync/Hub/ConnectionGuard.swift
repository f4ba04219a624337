internal import HummingbirdCore
internal import NIOCore
internal import NIOHTTPTypes
internal import Synchronization

/// What one connection, and one address, may take of a hub's sockets (faults H6).
package struct ConnectionLimits: Sendable {
  /// From a connection's opening, with its TLS handshake, to the end of its first request's head.
  package var headTime = Duration.seconds(10)
  /// From one address at the same time. An IPv6 address counts by its first 64 bits.
  package var socketsPerAddress = 64
  /// Whether this machine's own connections are counted as well; else a proxy before the hub would be one address.
  package var countsLoopback = false

  package init() {}
}

/// Closes a connection that does not come to the point, or that is one too many of its address.
///
/// Later heads on the same connection are bounded by the server's idle time, which runs from the end of a response to the
/// next whole head. Used on the connection's event loop alone.
final class ConnectionGuard: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart

  private let limits: ConnectionLimits
  private let sockets: SocketsByAddress
  private var address: String?
  private var deadline: Scheduled<Void>?

  init(_ limits: ConnectionLimits, _ sockets: SocketsByAddress) {
    self.limits = limits
    self.sockets = sockets
  }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { begin(context.channel) }
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context.channel)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    deadline?.cancel()
    context.fireChannelRead(data)
  }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  private func begin(_ channel: any Channel) {
    guard address == nil, deadline == nil else { return }
    if limits.countsLoopback || !Self.isLoopback(channel.remoteAddress) {
      let name = HubContext.name(of: channel.remoteAddress)
      guard sockets.enter(name, max: limits.socketsPerAddress) else {
        return channel.close(promise: nil)
      }
      address = name
    }
    deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limits.headTime)) {
      channel.close(promise: nil)
    }
  }

  private func end() {
    deadline?.cancel()
    if let address { sockets.leave(address) }
    address = nil
  }

  private static func isLoopback(_ address: SocketAddress?) -> Bool {
    guard let text = address?.ipAddress else { return true }
    return text.hasPrefix("127.") || text == "::1" || text.hasPrefix("::ffff:127.")
  }
}

/// How many connections each address has open.
final class SocketsByAddress: Sendable {
  private let counts = Mutex<[String: Int]>([:])

  /// `false` when the address has `max` already.
  func enter(_ address: String, max: Int) -> Bool {
    counts.withLock { counts in
      let count = counts[address] ?? 0
      guard count < max else { return false }
      counts[address] = count + 1
      return true
    }
  }

  func leave(_ address: String) {
    counts.withLock { counts in
      let left = (counts[address] ?? 0) - 1
      counts[address] = left > 0 ? left : nil
    }
  }
}
