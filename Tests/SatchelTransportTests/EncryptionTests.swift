import Foundation
import SatchelCore
import SatchelTestSupport
import SatchelTransport
import Testing

@Suite struct `Over TLS` {
  private static let openssl = "/usr/bin/openssl"
  private static var hasOpenSSL: Bool { FileManager.default.isExecutableFile(atPath: openssl) }

  @Test func `a server that does not speak it is named as that`() async throws {
    let server = try ScriptedServer {
      $0.send("HTTP/1.1 400 Bad Request\r\n\r\n")
      $0.stall()
    }
    let client = HTTPClient(policy: TransportPolicy())

    let error = await #expect(throws: SatchelError.self) {
      try await client.send(.init(.get, url: server.url(scheme: "https"), bodyBytesMax: 0))
    }

    #expect(error?.code == .hubTLS)
    #expect(error?.cause?.hasPrefix("curl 35: ") == true)
  }

  @Test func `a handshake that never ends is a timeout`() async throws {
    let server = try ScriptedServer { $0.stall() }
    var policy = TransportPolicy()
    policy.connectTimeout = .milliseconds(200)
    let client = HTTPClient(policy: policy)

    let error = await #expect(throws: SatchelError.self) {
      try await client.send(.init(.get, url: server.url(scheme: "https"), bodyBytesMax: 0))
    }

    #expect(error?.code == .hubTimeout)
  }

  @Test(.enabled(if: hasOpenSSL))
  func `a certificate is trusted by its pinned key only`() async throws {
    let hub = try EncryptedServer(openssl: Self.openssl)
    defer { hub.stop() }

    let unpinned = await send(to: hub, pin: nil)
    let pinned = await send(to: hub, pin: hub.pin)
    let mispinned = await send(to: hub, pin: "sha256//" + String(repeating: "A", count: 43) + "=")
    let notAPin = await send(to: hub, pin: "/etc/hostname")

    #expect(throws: SatchelError.self) { try unpinned.get() }
    #expect(code(of: unpinned) == .hubTLS)
    #expect(try pinned.get().status == 200)
    #expect(code(of: mispinned) == .hubChanged)
    #expect(code(of: notAPin) == .usage)
  }

  private func send(to hub: EncryptedServer, pin: String?) async -> Result<HTTPReply, SatchelError>
  {
    var policy = TransportPolicy()
    policy.pinnedPublicKey = pin
    let client = HTTPClient(policy: policy)
    do throws(SatchelError) {
      return .success(
        try await client.send(
          .init(.get, url: "https://127.0.0.1:\(hub.port)/", bodyBytesMax: 100_000)))
    } catch {
      return .failure(error)
    }
  }

  private func code(of result: Result<HTTPReply, SatchelError>) -> SatchelError.Code? {
    guard case .failure(let error) = result else { return nil }
    return error.code
  }
}

/// `openssl s_server` with a certificate that it signed itself, for another name than it is called by.
private struct EncryptedServer {
  let port: Int
  let pin: String
  private let program: Program
  private let scratch: Scratch

  init(openssl: String) throws {
    scratch = try Scratch()
    let script = """
      set -e; cd '\(scratch.folder.path)'
      \(openssl) req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem \
        -out cert.pem -subj /CN=elsewhere.example -days 1 2>/dev/null
      \(openssl) x509 -in cert.pem -pubkey -noout | \(openssl) pkey -pubin -outform der \
        | \(openssl) dgst -sha256 -binary | \(openssl) base64
      exec \(openssl) s_server -accept 127.0.0.1:0 -cert cert.pem -key key.pem -www
      """
    program = try Program(["/bin/sh", "-c", script])
    let said = try program.wait(for: /(\S{44})\n[^\0]*ACCEPT 127\.0\.0\.1:(\d+)\n/)
    pin = "sha256//\(said.1)"
    port = try #require(Int(said.2))
  }

  func stop() { program.end(by: SIGTERM) }
}
