internal import Crypto
internal import Foundation
internal import SatchelCore

/// The certificate that a hub makes for itself: X.509 v3 (RFC 5280) over a P-256 key, signed by that key.
///
/// Nobody checks its dates or names: devices pin the key (`HubTLS.pin`). So it is valid from 1970 to 2100, whatever a
/// laptop believes of the time. It names the addresses that the hub is reached by only for other programs, such as a browser
/// that its keeper has told to trust it.
///
///     SEQUENCE
///       SEQUENCE                    what is signed
///         [0] INTEGER 2             version 3
///         INTEGER                   serial, 16 random bytes
///         SEQUENCE OID              ecdsa-with-SHA256
///         Name                      issuer: CN=Satchel hub
///         SEQUENCE UTCTime, GeneralizedTime
///         Name                      subject, the same
///         SubjectPublicKeyInfo
///         [3] SEQUENCE              one extension: subjectAltName
///       SEQUENCE OID                ecdsa-with-SHA256
///       BIT STRING                  ECDSA signature
enum SelfSignedCertificate {
  /// - Parameters:
  ///   - key: what it is about, and what signs it.
  ///   - names: DNS names and IP addresses, as text.
  static func make(for key: P256.Signing.PrivateKey, names: [String]) throws -> [UInt8] {
    let algorithm = DER.sequence([DER.ecdsaWithSHA256])
    let serial = [0x40] + (0..<15).map { _ in UInt8.random(in: .min ... .max) }
    let validity = DER.sequence([
      DER.value(0x17, Array("700101000000Z".utf8)), DER.value(0x18, Array("21000101000000Z".utf8)),
    ])
    let signed = DER.sequence([
      DER.value(0xA0, DER.value(0x02, [2])), DER.value(0x02, serial), algorithm, name, validity,
      name, Array(key.publicKey.derRepresentation),
      DER.value(0xA3, DER.sequence([alternates(names)])),
    ])
    let signature = try key.signature(for: signed).derRepresentation
    return DER.sequence([signed, algorithm, DER.value(0x03, [0] + signature)])
  }

  /// As files hold it.
  static func pem(_ der: [UInt8]) -> String {
    let text = Data(der).base64EncodedString(options: [
      .lineLength64Characters, .endLineWithLineFeed,
    ])
    return "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
  }

  private static var name: [UInt8] {
    DER.sequence([
      DER.value(
        0x31, DER.sequence([DER.commonName, DER.value(0x0C, Array("Satchel hub".utf8))]))
    ])
  }

  private static func alternates(_ names: [String]) -> [UInt8] {
    let list = names.map { text in
      addressBytes(text).map { DER.value(0x87, $0) } ?? DER.value(0x82, Array(text.utf8))
    }
    return DER.sequence([DER.subjectAltName, DER.value(0x04, DER.sequence(list))])
  }

  private static func addressBytes(_ text: String) -> [UInt8]? {
    var (four, six) = (in_addr(), in6_addr())
    if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
    if inet_pton(AF_INET6, text, &six) == 1 { return withUnsafeBytes(of: six) { Array($0) } }
    return nil
  }

  /// Whether a certificate's issuer is its subject: then no authority vouches for it. `false` for what is no certificate.
  static func isSelfIssued(_ der: [UInt8]) -> Bool {
    guard var certificate = DER.Reader(der).inside(0x30), var signed = certificate.next(0x30),
      signed.next(0xA0) != nil, signed.next(0x02) != nil, signed.next(0x30) != nil,
      let issuer = signed.next(0x30), signed.next(0x30) != nil, let subject = signed.next(0x30)
    else { return false }
    return issuer.bytes == subject.bytes
  }
}

/// As much of the distinguished encoding rules (X.690) as a certificate of ours needs.
private enum DER {
  /// 1.2.840.10045.4.3.2
  static let ecdsaWithSHA256 = value(0x06, [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02])
  /// 2.5.4.3
  static let commonName = value(0x06, [0x55, 0x04, 0x03])
  /// 2.5.29.17
  static let subjectAltName = value(0x06, [0x55, 0x1D, 0x11])

  static func sequence(_ parts: [[UInt8]]) -> [UInt8] { value(0x30, parts.flatMap { $0 }) }

  /// Tag, length, contents.
  static func value(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
    let count = contents.count
    let length: [UInt8] =
      switch count {
      case ..<0x80: [UInt8(count)]
      case ..<0x100: [0x81, UInt8(count)]
      default: [0x82, UInt8(count >> 8), UInt8(count & 0xFF)]
      }
    return [tag] + length + contents
  }

  /// Reads values one after the other; `nil` at the first that is not as expected.
  struct Reader {
    let bytes: ArraySlice<UInt8>
    private var rest: ArraySlice<UInt8>

    init(_ bytes: some Sequence<UInt8>) {
      self.bytes = ArraySlice(bytes)
      rest = self.bytes
    }

    /// The contents of the only value, if it has that tag.
    func inside(_ tag: UInt8) -> Reader? {
      var copy = self
      return copy.next(tag)
    }

    /// The contents of the next value, if it has that tag.
    mutating func next(_ tag: UInt8) -> Reader? {
      guard rest.popFirst() == tag, let first = rest.popFirst() else { return nil }
      var count = Int(first)
      if first >= 0x80 {
        guard (0x81...0x83).contains(first) else { return nil }
        count = 0
        for _ in 0..<first & 0x7F {
          guard let byte = rest.popFirst() else { return nil }
          count = count << 8 | Int(byte)
        }
      }
      guard count <= rest.count else { return nil }
      defer { rest = rest.dropFirst(count) }
      return Reader(rest.prefix(count))
    }
  }
}
