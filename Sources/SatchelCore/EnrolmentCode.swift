import Crypto
import CryptoExtras

/// A one-time code that a teacher reads out: 40 random bits as 8 characters of Crockford's base32, shown as `XXXX-XXXX`.
///
/// Read without regard to case, hyphens and spaces; O counts as 0, I and L as 1, as Crockford's alphabet has it
/// (crockford.com/base32.html). It prints as nothing but its kind, so that no log ever shows it.
package struct EnrolmentCode: Sendable {
  private static let alphabet = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
  private static let length = 8
  /// Longer texts are not looked at.
  private static let textBytesMax = 64

  /// 8 characters of the alphabet.
  private let characters: [UInt8]

  /// A new code from the system's random source.
  package static func random() -> Self {
    Self(bits: .random(in: 0..<1 << 40))
  }

  /// The code of the lowest 40 of `bits`, most significant character first.
  package init(bits: UInt64) {
    characters = (0..<Self.length).map { Self.alphabet[Int(bits >> (35 - 5 * UInt64($0)) & 31)] }
  }

  /// `nil` for what is no code.
  package init?(_ text: String) {
    guard text.utf8.count <= Self.textBytesMax else { return nil }
    var found: [UInt8] = []
    for character in text.uppercased().utf8 {
      switch character {
      case UInt8(ascii: "-"), UInt8(ascii: " "): continue
      case UInt8(ascii: "O"): found.append(UInt8(ascii: "0"))
      case UInt8(ascii: "I"), UInt8(ascii: "L"): found.append(UInt8(ascii: "1"))
      case _ where Self.alphabet.contains(character): found.append(character)
      default: return nil
      }
    }
    guard found.count == Self.length else { return nil }
    characters = found
  }

  /// `XXXX-XXXX`, to be shown to a person and to nobody else.
  package var shown: String {
    String(
      decoding: characters.prefix(4) + [UInt8(ascii: "-")] + characters.suffix(4), as: UTF8.self)
  }

  /// The first two characters: which invitation is meant, and which one a wrong guess counts against.
  package var begins: String { String(decoding: characters.prefix(2), as: UTF8.self) }

  /// Whether `text` can be the beginning of a code.
  package static func canBegin(_ text: String) -> Bool {
    text.utf8.count == 2 && text.utf8.allSatisfy(alphabet.contains)
  }

  /// The code stretched: scrypt (RFC 7914) of the 8 characters with N = 2^14, r = 8, p = 1 and the salt
  /// "satchel code 1". Some 50 ms and 16 MiB a guess.
  package func stretched() throws(SatchelError) -> EnrolmentKey {
    do {
      let key = try KDF.Scrypt.deriveKey(
        from: characters, salt: Array("satchel code 1".utf8),
        outputByteCount: EnrolmentKey.byteCount, rounds: 1 << 14, blockSize: 8, parallelism: 1)
      return EnrolmentKey(key)
    } catch {
      // It fails only where 16 MiB cannot be had.
      throw SatchelError(.storeBusy, subject: "code", cause: "no memory")
    }
  }
}

extension EnrolmentCode: CustomStringConvertible, CustomReflectable {
  package var description: String { "a code" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// What both sides of an enrolment share, and what a hub keeps of a code: 32 bytes.
///
/// Each side shows by an HMAC-SHA256 that it has the key, bound to all that the other side must be sure of. The two begin
/// with different words, so that neither can be sent back as the other:
///
///     device's proof   "satchel enrol device 1" 00, device key 32, begins 2
///     hub's proof      "satchel enrol hub 1" 00, hub key 32, device key 32, pin, grant
///
/// No length is needed between pin and grant: a certificate begins with words that no pin holds.
/// Who stands in the middle and does not know the code can pass these on and can change nothing of them. She can try codes
/// against a proof that she saw: 2^30 of them, for the beginning is known, at 50 ms each, and a code lives for minutes.
package struct EnrolmentKey: Sendable {
  package static let byteCount = 32
  private static let deviceTag = Array("satchel enrol device 1\0".utf8)
  private static let hubTag = Array("satchel enrol hub 1\0".utf8)

  private let key: SymmetricKey

  fileprivate init(_ key: SymmetricKey) { self.key = key }

  /// `nil` for any length but 32.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    key = SymmetricKey(data: bytes)
  }

  /// For a hub's store alone.
  package var bytes: [UInt8] { key.withUnsafeBytes { Array($0) } }

  /// 32 bytes.
  package func deviceProof(device: PublicKey, begins: String) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Self.deviceWords(device, begins), using: key))
  }

  /// In a time that does not depend on where the bytes differ.
  package func isDeviceProof(_ proof: [UInt8], device: PublicKey, begins: String) -> Bool {
    HMAC<SHA256>.isValidAuthenticationCode(
      proof, authenticating: Self.deviceWords(device, begins), using: key)
  }

  /// 32 bytes.
  package func hubProof(hub: PublicKey, device: PublicKey, pin: String, grant: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: Self.hubWords(hub, device, pin, grant), using: key))
  }

  package func isHubProof(
    _ proof: [UInt8], hub: PublicKey, device: PublicKey, pin: String, grant: [UInt8]
  ) -> Bool {
    HMAC<SHA256>.isValidAuthenticationCode(
      proof, authenticating: Self.hubWords(hub, device, pin, grant), using: key)
  }

  private static func deviceWords(_ device: PublicKey, _ begins: String) -> [UInt8] {
    deviceTag + device.bytes + Array(begins.utf8)
  }

  private static func hubWords(
    _ hub: PublicKey, _ device: PublicKey, _ pin: String, _ grant: [UInt8]
  ) -> [UInt8] {
    hubTag + hub.bytes + device.bytes + Array(pin.utf8) + grant
  }
}

extension EnrolmentKey: CustomStringConvertible, CustomReflectable {
  package var description: String { "a stretched code" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
