/// What a device may do at a hub: in which role, and for whom.
package struct Grant: Hashable, Sendable {
  /// What the device is to the hub. The learners that it sees are those of the grant's class or school, whatever its role.
  package enum Role: String, CaseIterable, Sendable {
    /// A learner's device.
    case device
    /// A teacher's.
    case teacher
    /// A hub that is a client of this one.
    case hub
  }

  package var role: Role
  /// The class whose learners the device may read and write; `nil`: the whole school.
  package var className: ClassName?

  package init(role: Role, className: ClassName?) {
    self.role = role
    self.className = className
  }

  /// What a device of an open hub has.
  package static let ofOpenHub = Grant(role: .device, className: nil)

  /// As the command line writes it: `school`, or `class:3B`.
  package var scopeText: String { className.map { "class:\($0.text)" } ?? "school" }
}

/// The name of a class: a key of 1 to 64 bytes, as items have, chosen by the hub's keeper.
package typealias ClassName = ContentKey<ContentKind.SchoolClass>

/// A grant that a hub signed, so that a hub restored from an old backup knows again whom it once let in.
///
/// The bytes, in this order and nothing else:
///
///     "satchel grant 1" 00            16
///     public key of the hub           32
///     public key of the device        32
///     role                             1   1 device, 2 teacher, 3 hub
///     length of the class's name       1   0 ... 64; 0: the whole school
///     name of the class                    UTF-8, a content key
///     issued, milliseconds since 1970  8   big-endian, at most 2^53
///     Ed25519 signature by the hub    64   over all before it
///
/// Valid is what is 154 to 218 bytes long, reads by these rules to its last byte, and whose signature by the hub key in it
/// holds. Why this is enough: every field has one reading and one writing, so the signature covers one meaning; nothing
/// else that a hub signs begins with these 16 bytes; and the certificate gives nobody anything by itself: it counts only
/// for who proves, by a signed request, to own the device's key or one that succeeded it (Succession.swift), and only at
/// the hub whose key stands in it. Whether it was revoked since is for that hub's store to say.
package struct GrantCertificate: Hashable, Sendable {
  /// The longest certificate.
  package static let bytesMax = bytesMin + ClassName.bytesMax
  private static let bytesMin = 154
  private static let tag = Array("satchel grant 1\0".utf8)
  /// So that the number is exact in every language.
  private static let issuedMax: Int64 = 1 << 53

  package let hub: PublicKey
  package let device: PublicKey
  package let grant: Grant
  /// Milliseconds since 1970 by the hub's clock.
  package let issuedMilliseconds: Int64
  private let signature: [UInt8]

  /// Signs `grant` for `device`; a time before 1970 counts as 1970.
  package init(
    granting grant: Grant, to device: PublicKey, at milliseconds: Int64, signedBy hub: SigningKey
  ) {
    let issued = min(max(0, milliseconds), Self.issuedMax)
    self.hub = hub.publicKey
    self.device = device
    self.grant = grant
    issuedMilliseconds = issued
    signature = hub.sign(
      Self.signedBytes(hub: hub.publicKey, device: device, grant: grant, issued: issued))
  }

  /// Reads and checks a certificate; `nil` for bytes that are none, or whose signature is wrong.
  package init?(bytes: [UInt8]) {
    guard (Self.bytesMin...Self.bytesMax).contains(bytes.count) else { return nil }
    var reader = ByteReader(bytes)
    guard reader.take(Self.tag.count).map(Array.init) == Self.tag,
      let hub = reader.take(PublicKey.byteCount).flatMap({ PublicKey(bytes: $0) }),
      let device = reader.take(PublicKey.byteCount).flatMap({ PublicKey(bytes: $0) }),
      let role = reader.bigEndian(UInt8.self).flatMap({ Grant.Role(byte: $0) }),
      let length = reader.bigEndian(UInt8.self), let name = reader.take(Int(length)),
      let issued = reader.bigEndian(UInt64.self), issued <= UInt64(Self.issuedMax),
      let signature = reader.take(64), reader.remaining == 0
    else { return nil }
    var className: ClassName?
    if length > 0 {
      guard let text = String(validating: name, as: UTF8.self), ClassName.isValid(text) else {
        return nil
      }
      className = ClassName(checked: text)
    }
    self.hub = hub
    self.device = device
    grant = Grant(role: role, className: className)
    issuedMilliseconds = Int64(issued)
    self.signature = Array(signature)
    guard hub.isValid(signature: self.signature, for: Array(bytes.dropLast(64))) else { return nil }
  }

  package var bytes: [UInt8] {
    Self.signedBytes(hub: hub, device: device, grant: grant, issued: issuedMilliseconds) + signature
  }

  private static func signedBytes(
    hub: PublicKey, device: PublicKey, grant: Grant, issued: Int64
  ) -> [UInt8] {
    let name = Array((grant.className?.text ?? "").utf8)
    var out = tag + hub.bytes + device.bytes
    out.append(grant.role.byte)
    out.append(UInt8(name.count))
    out += name
    out.appendBigEndian(issued)
    return out
  }
}

extension Grant.Role {
  fileprivate var byte: UInt8 {
    switch self {
    case .device: 1
    case .teacher: 2
    case .hub: 3
    }
  }

  fileprivate init?(byte: UInt8) {
    guard let role = Self.allCases.first(where: { $0.byte == byte }) else { return nil }
    self = role
  }
}
