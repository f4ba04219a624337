/// One key that vouches for the next: what a replica signs when it finds itself copied and takes a new key.
///
///     old public key   32
///     new public key   32
///     signature        64   Ed25519 by the old key over "satchel successor 1" 00 and the new key
///
/// Valid is what has a right signature. Nothing else that a device signs begins with those words. A succession says only
/// that who held the old key knew the new one; what it is worth, when the old key was revoked, is for a hub to say.
package struct Succession: Hashable, Sendable {
  private static let tag = Array("satchel successor 1\0".utf8)

  package let old: PublicKey
  package let new: PublicKey
  /// 64 bytes.
  package let signature: [UInt8]

  /// Lets `old` vouch for `new`.
  package init(from old: SigningKey, to new: PublicKey) {
    self.old = old.publicKey
    self.new = new
    signature = old.sign(Self.tag + new.bytes)
  }

  /// `nil` when the signature is wrong.
  package init?(from old: PublicKey, to new: PublicKey, signature: [UInt8]) {
    guard old.isValid(signature: signature, for: Self.tag + new.bytes) else { return nil }
    self.old = old
    self.new = new
    self.signature = signature
  }
}

/// All keys that a replica had, oldest first, each vouched for by the one before.
package struct Lineage: Hashable, Sendable {
  /// The most links: a hub checks a signature for each.
  package static let linksMax = 64

  package let links: [Succession]
  /// The key that the replica signs with now.
  package let current: PublicKey

  /// A replica that has had one key only.
  package init(of key: PublicKey) {
    links = []
    current = key
  }

  /// `nil` when there are more than ``linksMax`` links, when one does not go on from the one before, or when the last does
  /// not end in `current`.
  package init?(_ links: [Succession], endingIn current: PublicKey) {
    guard links.count <= Self.linksMax, links.last.map({ $0.new == current }) ?? true,
      zip(links, links.dropFirst()).allSatisfy({ $0.new == $1.old })
    else { return nil }
    self.links = links
    self.current = current
  }

  /// Every key, oldest first; the last is ``current``.
  package var keys: [PublicKey] { links.map(\.old) + [current] }
}

/// Why a hub may trust a key that it has not met. Each part proves itself.
package struct Credentials: Hashable, Sendable {
  /// The bytes of a ``GrantCertificate``; `nil` when the replica was never enrolled there.
  package var certificate: [UInt8]?
  package var lineage: Lineage

  package init(certificate: [UInt8]?, lineage: Lineage) {
    self.certificate = certificate
    self.lineage = lineage
  }

  /// They say more than the request's own signature.
  package var saySomething: Bool { certificate != nil || !lineage.links.isEmpty }
}
