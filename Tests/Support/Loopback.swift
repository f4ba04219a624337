internal import Foundation
internal import Glibc

/// Bare TCP sockets on this machine, for what plays a part between a client and a server.
package enum Loopback {
  /// A socket that listens on 127.0.0.1, and the port that the system gave it, or the one asked for.
  ///
  /// - Parameter backlog: how many connections wait unaccepted; whoever comes later is not answered at all.
  package static func listen(port: UInt16 = 0, backlog: Int32 = 128) throws -> (
    socket: Int32, port: UInt16
  ) {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var on: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    var address = address(port)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let failed = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) != 0 || Glibc.listen(listener, backlog) != 0
          || getsockname(listener, $0, &length) != 0
      }
    }
    guard listener >= 0, !failed else {
      close(listener)
      throw POSIXError(.EADDRNOTAVAIL)
    }
    return (listener, UInt16(bigEndian: address.sin_port))
  }

  /// The next connection; `nil` once the listener was shut down. Signals, and callers who hung up, are passed over.
  package static func accept(_ listener: Int32) -> Int32? {
    while true {
      let socket = Glibc.accept(listener, nil, nil)
      if socket >= 0 { return socket }
      guard [EINTR, ECONNABORTED].contains(errno) else { return nil }
    }
  }

  /// A connection to `port` of 127.0.0.1 that sends at once what it is given; `nil` when nobody listens.
  package static func connect(_ port: UInt16) -> Int32? {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0 else { return nil }
    var address = address(port)
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      close(socket)
      return nil
    }
    sendAtOnce(socket)
    return socket
  }

  /// Whether this machine has ::1.
  package static var hasSix: Bool {
    guard let socket = try? listenSix(port: 0, backlog: 1) else { return false }
    close(socket)
    return true
  }

  /// A socket that listens on ::1.
  package static func listenSix(port: UInt16, backlog: Int32) throws -> Int32 {
    let listener = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0, withSix(port, { bind(listener, $0, $1) }) == 0,
      Glibc.listen(listener, backlog) == 0
    else {
      close(listener)
      throw POSIXError(.EADDRNOTAVAIL)
    }
    return listener
  }

  /// A connection to `port` of ::1; `nil` when nobody listens.
  package static func connectSix(_ port: UInt16) -> Int32? {
    let socket = socket(AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
    guard socket >= 0, withSix(port, { Glibc.connect(socket, $0, $1) }) == 0 else {
      close(socket)
      return nil
    }
    return socket
  }

  private static func withSix(
    _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    address.sin6_addr = in6addr_loopback
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
      }
    }
  }

  /// Without it the system waits for more to send, 40 ms and longer.
  package static func sendAtOnce(_ socket: Int32) {
    var on: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Sends all of `bytes`, or as many as the other side takes; `false` when it is gone.
  @discardableResult
  package static func send(_ bytes: some Collection<UInt8>, to socket: Int32) -> Bool {
    let all = Array(bytes)
    var sent = 0
    while sent < all.count {
      let count = all.withUnsafeBytes {
        Glibc.send(socket, $0.baseAddress.map { $0 + sent }, $0.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// What has arrived, at most `count` bytes; waits for the first. Empty when the other side has closed, `nil` when it
  /// has reset the connection.
  package static func receive(from socket: Int32, atMost count: Int = 65536) -> [UInt8]? {
    var status = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      status = recv(socket, buffer.baseAddress, count, 0)
      filled = max(0, status)
    }
    return status < 0 ? nil : bytes
  }

  /// Makes `close` send a reset instead of an orderly end.
  package static func closeHard(_ socket: Int32) {
    var hard = linger(l_onoff: 1, l_linger: 0)
    setsockopt(socket, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
    close(socket)
  }

  /// Gives up receiving after `milliseconds`.
  package static func setReceiveTimeout(_ socket: Int32, milliseconds: Int) {
    var time = timeval(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  private static func address(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return address
  }
}
