internal import Crypto
package import Foundation
internal import HummingbirdTLS
internal import NIOSSL
package import SatchelCore
internal import SatchelStore

/// The key and certificate that a hub shows on the line: TLS 1.2 and 1.3, nothing older.
package struct HubTLS: Sendable {
  /// `sha256//` and the base64 of SHA-256 of the key's SubjectPublicKeyInfo, for devices to pin; empty when an authority
  /// vouches for the certificate, so that it may be renewed with another key.
  package let pin: String
  let configuration: TLSConfiguration

  /// The largest file that is read.
  private static let fileBytesMax = 1 << 20

  /// The hub's own certificate, made where there is none.
  ///
  /// Key and certificate lie beside the store as `<store>.tls-key.pem` (0600) and `<store>.tls-cert.pem`. Devices have
  /// pinned that key: who moves a hub moves these two with its store.
  /// - Parameter host: of the address that the hub listens on.
  /// - Throws: `file.cannotCreate`, and what ``init(certificate:key:)`` throws.
  package static func selfSigned(beside store: URL, host: String) throws(SatchelError) -> Self {
    let key = URL(fileURLWithPath: store.path + ".tls-key.pem")
    let certificate = URL(fileURLWithPath: store.path + ".tls-cert.pem")
    let files = FileManager.default
    if !files.fileExists(atPath: key.path) {
      try PrivateFile.create(
        key, bytes: Array((P256.Signing.PrivateKey().pemRepresentation + "\n").utf8))
    }
    if !files.fileExists(atPath: certificate.path) {
      // Also after a crash between the two: the key is what counts.
      let text = String(decoding: try read(key), as: UTF8.self)
      guard let made = try? P256.Signing.PrivateKey(pemRepresentation: text),
        let der = try? SelfSignedCertificate.make(for: made, names: names(host))
      else { throw SatchelError(.fileMalformed, subject: key.path) }
      try PrivateFile.create(certificate, bytes: Array(SelfSignedCertificate.pem(der).utf8))
    }
    return try Self(certificate: certificate, key: key)
  }

  /// Reads PEM files: the certificate with those that lead to its authority, and its key.
  ///
  /// - Throws: `file.missing`, `file.malformed`, also when key and certificate do not belong together.
  package init(certificate: URL, key: URL) throws(SatchelError) {
    let (chainBytes, keyBytes) = (try Self.read(certificate), try Self.read(key))
    do {
      let chain = try NIOSSLCertificate.fromPEMBytes(chainBytes)
      guard let own = chain.first else {
        throw SatchelError(.fileMalformed, subject: certificate.path)
      }
      var configuration = TLSConfiguration.makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(bytes: keyBytes, format: .pem)))
      configuration.minimumTLSVersion = .tlsv12
      // Made once here for its errors: a key that is not the certificate's must not wait for the first client.
      _ = try NIOSSLContext(configuration: configuration)
      self.configuration = configuration
      pin =
        SelfSignedCertificate.isSelfIssued(try own.toDERBytes())
        ? Self.pin(try own.extractPublicKey().toSPKIBytes()) : ""
    } catch let error as SatchelError {
      throw error
    } catch {
      throw SatchelError(
        .fileMalformed, subject: certificate.path, cause: "certificate and key do not fit")
    }
  }

  private static func pin(_ publicKeyInfo: [UInt8]) -> String {
    "sha256//" + Data(sha256(publicKeyInfo)).base64EncodedString()
  }

  private static func names(_ host: String) -> [String] {
    let always = ["localhost", "127.0.0.1", "::1"]
    return always + ([host].filter { !always.contains($0) && $0 != "0.0.0.0" && $0 != "::" })
  }

  private static func read(_ file: URL) throws(SatchelError) -> [UInt8] {
    guard let handle = FileHandle(forReadingAtPath: file.path) else {
      throw SatchelError(.fileMissing, subject: file.path)
    }
    defer { try? handle.close() }
    guard let bytes = try? handle.read(upToCount: fileBytesMax) else {
      throw SatchelError(.fileUnreadable, subject: file.path)
    }
    return Array(bytes)
  }
}
