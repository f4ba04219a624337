import Crypto

/// An Ed25519 private key (RFC 8032): what a device signs its records with, and a publisher its manifests.
///
/// It prints as its public half, so that no log, error or dump ever shows it.
package struct SigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey

  /// A new key from the system's random source.
  package static func random() -> Self {
    Self(key: Curve25519.Signing.PrivateKey())
  }

  /// Reads the 32-byte seed that ``seed`` gave; `nil` for any other length.
  package init?(seed: [UInt8]) {
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed) else { return nil }
    self.key = key
  }

  private init(key: Curve25519.Signing.PrivateKey) { self.key = key }

  /// The 32 secret bytes that are the key; for a key file alone.
  package var seed: [UInt8] { Array(key.rawRepresentation) }

  package var publicKey: PublicKey { PublicKey(checked: Array(key.publicKey.rawRepresentation)) }

  /// The 64-byte signature of `message`.
  package func sign(_ message: [UInt8]) -> [UInt8] {
    // Signing fails only where memory cannot be had, and there Swift stops by itself.
    guard let signature = try? key.signature(for: message) else {
      preconditionFailure("Ed25519 signing ran out of memory")
    }
    return Array(signature)
  }
}

extension SigningKey: CustomStringConvertible, CustomReflectable {
  package var description: String { "private half of \(publicKey)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// An Ed25519 public key: 32 bytes, written as 64 lower-case hex digits.
package struct PublicKey: Hashable, Sendable, CustomStringConvertible {
  package static let byteCount = 32

  package let bytes: [UInt8]

  /// `nil` for any length but 32. Bytes that are no point of the curve are kept, and no signature is valid for them.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }

  package init?(hex text: String) {
    guard let bytes = Hex.decode(text) else { return nil }
    self.init(bytes: bytes)
  }

  fileprivate init(checked bytes: [UInt8]) { self.bytes = bytes }

  package var hex: String { Hex.encode(bytes) }
  package var description: String { hex }

  /// The replica whose key this is: the first 16 bytes of SHA-256 of the key, so that nobody can claim another's id.
  package var replica: ReplicaID {
    let digest = sha256(bytes)
    let halves = stride(from: 0, to: 16, by: 8).map { start in
      digest[start..<start + 8].reduce(into: UInt64(0)) { $0 = $0 << 8 | UInt64($1) }
    }
    return ReplicaID(high: halves[0], low: halves[1])
  }

  /// Whether the owner of this key signed `message`. False, and never a trap, for any signature of another length.
  package func isValid(signature: [UInt8], for message: [UInt8]) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else {
      return false
    }
    return key.isValidSignature(signature, for: message)
  }
}

/// SHA-256 of `bytes`: 32 bytes.
package func sha256(_ bytes: [UInt8]) -> [UInt8] {
  Array(SHA256.hash(data: bytes))
}

/// SHA-256 of what comes in pieces, such as a file too large for memory.
package struct SHA256Digest: Sendable {
  private var hash = SHA256()

  package init() {}

  package mutating func update(_ bytes: [UInt8]) {
    hash.update(data: bytes)
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    hash.update(bufferPointer: bytes)
  }

  /// The 32 bytes for all that came so far; more may follow.
  package var bytes: [UInt8] { Array(hash.finalize()) }
}
