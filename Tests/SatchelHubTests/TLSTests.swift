import Foundation
import SatchelCore
import SatchelHub
import SatchelSync
import SatchelTestSupport
import SatchelTransport
import Testing

@Suite struct `A hub over TLS` {
  private static let openssl = "/usr/bin/openssl"
  private static var hasOpenSSL: Bool { FileManager.default.isExecutableFile(atPath: openssl) }

  @Test func `serves whoever pins its key, and nobody who pins another`() async throws {
    let (hub, one) = (try await Classroom(isEncrypted: true), try Laptop())
    func health(_ pin: String?) async throws -> Int {
      var policy = TransportPolicy()
      policy.pinnedPublicKey = pin
      let client = HTTPClient(policy: policy)
      return try await client.send(
        HTTPRequest(.get, url: hub.url + "/healthz", bodyBytesMax: 100)
      ).status
    }
    #expect(try await health(hub.pin) == 200)
    await expectError(.hubTLS) { try await health(nil) }
    await expectError(.hubChanged) {
      try await health("sha256//" + String(repeating: "A", count: 43) + "=")
    }
    await expectError(.hubTLS) { try await one.sync(with: hub.url) }
  }

  @Test(.enabled(if: hasOpenSSL))
  func `shows a certificate that others can read`() async throws {
    let scratch = try Scratch()
    let store = scratch.file("hub.sqlite")
    let tls = try HubTLS.selfSigned(beside: store, host: "192.168.1.10")
    let certificate = store.path + ".tls-cert.pem"

    let text = try run(["x509", "-in", certificate, "-noout", "-text"])
    for part in [
      "Version: 3", "ecdsa-with-SHA256", "Not Before: Jan  1 00:00:00 1970 GMT",
      "Not After : Jan  1 00:00:00 2100 GMT", "Subject: CN = Satchel hub", "DNS:localhost",
      "IP Address:127.0.0.1", "IP Address:0:0:0:0:0:0:0:1", "IP Address:192.168.1.10",
    ] {
      #expect(text.contains(part), "\(part)")
    }
    #expect(try run(["verify", "-CAfile", certificate, certificate]).contains("OK"))
    // The pin, worked out by another program.
    let publicKey = try run(["x509", "-in", certificate, "-noout", "-pubkey"])
    let base64 = publicKey.split(separator: "\n").filter { !$0.hasPrefix("-----") }.joined()
    let der = Array(try #require(Data(base64Encoded: base64)))
    #expect(tls.pin == "sha256//" + Data(sha256(der)).base64EncodedString())
  }

  @Test(.enabled(if: hasOpenSSL))
  func `has no pin to give when an authority vouches for it`() throws {
    let scratch = try Scratch()
    func file(_ name: String) -> String { scratch.file(name).path }
    try Data("subjectAltName=IP:127.0.0.1\n".utf8).write(to: scratch.file("ext"))
    _ = try run([
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
      "/CN=Authority", "-keyout", file("ca.key"), "-out", file("ca.pem"),
    ])
    _ = try run([
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Hub",
      "-keyout", file("hub.key"), "-out", file("hub.csr"),
    ])
    _ = try run([
      "x509", "-req", "-in", file("hub.csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"),
      "-CAcreateserial", "-extfile", file("ext"), "-out", file("hub.pem"),
    ])

    let signed = try HubTLS(certificate: scratch.file("hub.pem"), key: scratch.file("hub.key"))
    let own = try HubTLS(certificate: scratch.file("ca.pem"), key: scratch.file("ca.key"))

    #expect(signed.pin.isEmpty && own.pin.hasPrefix("sha256//"))
    expectError(.fileMalformed) {
      try HubTLS(certificate: scratch.file("hub.pem"), key: scratch.file("ca.key"))
    }
    expectError(.fileMalformed) {
      try HubTLS(certificate: scratch.file("hub.key"), key: scratch.file("hub.key"))
    }
    expectError(.fileMissing) {
      try HubTLS(certificate: scratch.file("none.pem"), key: scratch.file("hub.key"))
    }
  }

  @Test(.enabled(if: hasOpenSSL))
  func `speaks 1.2 and 1.3 and nothing older`() async throws {
    let hub = try await Classroom(isEncrypted: true)
    let address = String(hub.url.dropFirst("https://".count))
    func handshake(_ version: String) async throws -> String {
      let arguments = ["s_client", "-connect", address, version, "-cipher", "DEFAULT@SECLEVEL=0"]
      return try await withCheckedThrowingContinuation { continuation in
        // On a thread of its own: the hub in this process needs the tasks' threads to answer.
        Thread.detachNewThread {
          continuation.resume(
            with: Result { try run(arguments, mayFail: true, takesErrors: true) })
        }
      }
    }
    #expect(try await handshake("-tls1_2").contains("Protocol  : TLSv1.2"))
    #expect(try await handshake("-tls1_3").contains("TLSv1.3, Cipher is TLS_"))
    for old in ["-tls1", "-tls1_1"] {
      // The hub's own word, and not OpenSSL's unwillingness.
      #expect(try await handshake(old).contains("alert protocol version"), "\(old)")
    }
  }

  private func run(_ arguments: [String], mayFail: Bool = false, takesErrors: Bool = false) throws
    -> String
  {
    let (status, said) = try Program.run([Self.openssl] + arguments, takesErrors: takesErrors)
    try #require(mayFail || status == 0)
    return String(decoding: said, as: UTF8.self)
  }
}
