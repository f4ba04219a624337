internal import Foundation

/// Scripts of what stands between a client and a hub and understands HTTP, well or badly.
package enum Gateway {
  /// How a proxy passes messages on. Each is taken whole before it goes on, as a filter does that looks into it.
  package struct Manners: Sendable {
    /// Leaves of each header only what HTTP itself needs.
    package var stripsHeaders = false
    /// Says HTTP/1.0 to both sides and closes after each reply.
    package var speaksHTTP10 = false
    /// The reply has no length: it is over when the connection is.
    package var omitsLength = false

    package init(
      stripsHeaders: Bool = false, speaksHTTP10: Bool = false, omitsLength: Bool = false
    ) {
      self.stripsHeaders = stripsHeaders
      self.speaksHTTP10 = speaksHTTP10
      self.omitsLength = omitsLength
    }
  }

  /// A proxy before `target`, a port on loopback.
  ///
  /// - Parameter isHeld: which requests, by their heads, are answered with the portal's page instead.
  package static func proxy(
    to target: UInt16, _ manners: Manners = Manners(),
    unless isHeld: @escaping @Sendable (String) -> Bool = { _ in false }
  ) -> ScriptedServer.Script {
    { connection in
      while let request = connection.read() {
        if isHeld(request.head) {
          connection.reply("200 OK", headers: html, page)
          continue
        }
        let head = manners.request(request.head)
        guard let reply = exchange(Array(head.utf8) + request.body, with: target) else {
          return errorPage(connection)
        }
        connection.send(Array(manners.reply(reply.head).utf8) + reply.body)
        if manners.speaksHTTP10 || manners.omitsLength { return }
      }
    }
  }

  /// 200 and a page, whatever is asked for.
  package static let portal: ScriptedServer.Script = { connection in
    while connection.read() != nil { connection.reply("200 OK", headers: html, page) }
  }

  package static func redirect(to location: String) -> ScriptedServer.Script {
    { connection in
      while connection.read() != nil {
        connection.reply("302 Found", headers: html + ["Location: \(location)"], page)
      }
    }
  }

  /// Answers each request with the same status and body.
  package static func fixed(_ status: String, headers: [String] = html, _ body: [UInt8] = page)
    -> ScriptedServer.Script
  {
    { connection in
      while connection.read() != nil { connection.reply(status, headers: headers, body) }
    }
  }

  private static func errorPage(_ connection: Connection) {
    connection.reply("502 Bad Gateway", headers: html, page)
  }

  package static let html = ["Content-Type: text/html; charset=utf-8"]
  package static let page = Array(
    "<!doctype html><html><body><form action=/login>Sign in to WiFi</form></body></html>\n".utf8)

  /// Sends `bytes` on a connection of its own and takes the reply up to the server's close.
  private static func exchange(_ bytes: [UInt8], with target: UInt16) -> (
    head: String, body: [UInt8]
  )? {
    guard let server = Loopback.connect(target) else { return nil }
    defer { close(server) }
    Loopback.setReceiveTimeout(server, milliseconds: 10_000)
    guard Loopback.send(bytes, to: server) else { return nil }
    var reply: [UInt8] = []
    while let part = Loopback.receive(from: server) {
      if part.isEmpty { break }
      reply += part
    }
    guard let end = reply.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    return (
      String(decoding: reply[..<end.upperBound], as: UTF8.self), Array(reply[end.upperBound...])
    )
  }
}

extension Gateway.Manners {
  func request(_ head: String) -> String {
    var lines = kept(head, of: ["host", "content-length"])
    if speaksHTTP10 {
      lines[0] = lines[0].replacing("HTTP/1.1", with: "HTTP/1.0")
    } else {
      lines.append("Connection: close")
    }
    return lines.joined(separator: "\r\n") + "\r\n\r\n"
  }

  func reply(_ head: String) -> String {
    var lines = kept(head, of: ["content-length"])
    if speaksHTTP10 { lines[0] = lines[0].replacing("HTTP/1.1", with: "HTTP/1.0") }
    if omitsLength {
      lines = lines.filter { !$0.lowercased().hasPrefix("content-length:") }
      if !speaksHTTP10 { lines.append("Connection: close") }
    }
    return lines.joined(separator: "\r\n") + "\r\n\r\n"
  }

  /// The first line, and those of the others that may go on.
  private func kept(_ head: String, of names: Set<String>) -> [String] {
    let lines = head.split(separator: "\r\n").map(String.init)
    return lines.prefix(1)
      + lines.dropFirst().filter { line in
        let name = line.prefix { $0 != ":" }.lowercased()
        if ["connection", "keep-alive"].contains(name) { return false }
        return !stripsHeaders || names.contains(name)
      }
  }
}
