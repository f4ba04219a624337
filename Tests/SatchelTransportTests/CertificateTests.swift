import Foundation
import SatchelCore
import SatchelTestSupport
import SatchelTransport
import Testing

/// Faults, N6: what is wrong with a certificate is said, and nothing is sent to its owner.
@Suite struct `A certificate` {
  private static let openssl = "/usr/bin/openssl"
  private static var hasOpenSSL: Bool { FileManager.default.isExecutableFile(atPath: openssl) }

  struct Flaw: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// How `openssl s_server` is started.
    let server: String
    let cause: String
  }

  static let flaws = [
    Flaw(testDescription: "expired", server: "-cert expired.pem", cause: "certificate has expired"),
    Flaw(
      testDescription: "not yet valid", server: "-cert early.pem",
      cause: "certificate is not yet valid"),
    Flaw(testDescription: "of another name", server: "-cert elsewhere.pem", cause: "127.0.0.1"),
    Flaw(
      testDescription: "of another authority", server: "-cert foreign.pem",
      cause: "unable to get local issuer certificate"),
    Flaw(
      testDescription: "signed by itself", server: "-cert own.pem",
      cause: "self-signed certificate"),
    Flaw(
      testDescription: "behind an old protocol",
      server: "-cert good.pem -tls1_1 -cipher ALL:@SECLEVEL=0",
      cause: "curl 35"),
  ]

  @Test(.enabled(if: hasOpenSSL), arguments: flaws)
  func `with a flaw is refused, and the flaw is named`(_ flaw: Flaw) async throws {
    let authority = try Authority.shared.get()
    let server = try TLSServer(in: authority.folder, flaw.server)
    defer { server.stop() }

    let error = await #expect(throws: SatchelError.self) {
      try await authority.client.send(
        .init(.post, url: server.url, body: Array("secret".utf8), bodyBytesMax: 100_000))
    }

    #expect(error?.code == .hubTLS)
    #expect(error?.code.exitStatus == 69)
    #expect(error?.cause?.contains(flaw.cause) == true, "\(String(describing: error?.cause))")
  }

  @Test(.enabled(if: hasOpenSSL))
  func `without a flaw is accepted`() async throws {
    let authority = try Authority.shared.get()
    let server = try TLSServer(in: authority.folder, "-cert good.pem")
    defer { server.stop() }

    let reply = try await authority.client.send(
      .init(.get, url: server.url, bodyBytesMax: 100_000))

    #expect(reply.status == 200)
  }
}

/// An authority that the client trusts, and the certificates that it and others signed; made once.
private final class Authority: Sendable {
  static let shared = Result { try Authority() }

  let scratch: Scratch
  let client: HTTPClient
  var folder: URL { scratch.folder }

  init() throws {
    scratch = try Scratch()
    var policy = TransportPolicy()
    policy.authorityFile = scratch.file("ca.pem").path
    client = HTTPClient(policy: policy)
    let program = try Program([
      "/bin/sh", "-c", "cd '\(scratch.folder.path)'\n" + Self.script + "\necho all made",
    ])
    _ = try program.wait(for: /all made/)
    program.end(by: 0)
  }

  /// One key for all, since only certificates differ.
  private static let script = """
    set -e
    cat > ca.cnf <<END
    [ca]
    default_ca = here
    [here]
    database = index
    serial = serial
    new_certs_dir = .
    default_md = sha256
    policy = any
    copy_extensions = copy
    unique_subject = no
    [any]
    commonName = supplied
    END
    : > index
    echo 01 > serial
    openssl ecparam -name prime256v1 -genkey -noout -out key.pem
    authority() { openssl req -x509 -new -key $1.key -out $1.pem -subj "/CN=$1" -days 30; }
    request() { openssl req -new -key key.pem -out $1.csr -subj "/CN=$2" -addext "subjectAltName=$3"; }
    sign() { openssl ca -batch -notext -config ca.cnf -cert $1.pem -keyfile $1.key \
      -in $2.csr -out $3.pem -startdate $4 -enddate $5; }
    for name in ca stranger; do
      openssl ecparam -name prime256v1 -genkey -noout -out $name.key
      authority $name
    done
    request here hub IP:127.0.0.1
    request elsewhere hub DNS:elsewhere.example
    year=$(date -u +%Y)
    from=$((year - 1))0101000000Z
    to=$((year + 1))0101000000Z
    sign ca here good $from $to
    sign ca here expired 20000101000000Z 20010101000000Z
    sign ca here early $((year + 2))0101000000Z $((year + 3))0101000000Z
    sign ca elsewhere elsewhere $from $to
    sign stranger here foreign $from $to
    openssl req -x509 -new -key key.pem -out own.pem -subj /CN=hub -addext subjectAltName=IP:127.0.0.1 -days 1
    """
}

/// `openssl s_server` on a port of its own.
private struct TLSServer {
  let url: String
  private let program: Program

  init(in folder: URL, _ options: String) throws {
    program = try Program([
      "/bin/sh", "-c",
      "cd '\(folder.path)' && exec openssl s_server -accept 127.0.0.1:0 -key key.pem -www \(options)",
    ])
    let port = try program.wait(for: /ACCEPT 127\.0\.0\.1:(\d+)\n/).1
    url = "https://127.0.0.1:\(port)/"
  }

  func stop() { program.end(by: SIGTERM) }
}
