internal import Foundation
package import SatchelCore
internal import SwiftProtobuf

/// What a device says when it enrols.
package struct EnrolRequest: Equatable, Sendable {
  /// The first two characters of the code.
  package var begins: String
  /// 32 bytes; see `EnrolmentKey`.
  package var proof: [UInt8]

  package init(begins: String, proof: [UInt8]) {
    self.begins = begins
    self.proof = proof
  }
}

/// What a hub answers to a right code.
package struct EnrolReply: Equatable, Sendable {
  package var hubKey: PublicKey
  /// The bytes of a `GrantCertificate`.
  package var grant: [UInt8]
  /// `sha256//` and base64 of the TLS key to pin; empty: the certificate is checked by authority, or there is no TLS.
  package var pin: String
  /// 32 bytes; see `EnrolmentKey`.
  package var proof: [UInt8]

  package init(hubKey: PublicKey, grant: [UInt8], pin: String, proof: [UInt8]) {
    self.hubKey = hubKey
    self.grant = grant
    self.pin = pin
    self.proof = proof
  }
}

/// The bytes of `POST /v1/enroll`, both ways, in the frame of ``Wire``.
///
/// The request is a `SignedRequest` whose body is an `EnrolRequest`; what the device signs begins with other words than
/// in a sync, so that neither can be taken for the other. The reply is an `EnrolReply`. Proofs have 32 bytes, a pin is
/// empty or has 52 characters, a grant has at most ``GrantCertificate/bytesMax`` bytes.
extension Wire {
  /// The most bytes of an enrolment's body, either way.
  package static let enrolBytesMax = 4096
  private static let enrolTag = Array("satchel enrol 1\0".utf8)
  private static let proofBytes = 32

  /// The signed body of `request`.
  package static func encode(_ request: EnrolRequest, signedBy key: SigningKey)
    throws(SatchelError) -> [UInt8]
  {
    var message = ProtoEnrolRequest()
    message.version = version
    message.begins = request.begins
    message.proof = Data(request.proof)
    let body = try serialized(message)
    var signed = ProtoSignedRequest()
    signed.body = Data(body)
    signed.publicKey = Data(key.publicKey.bytes)
    signed.signature = Data(key.sign(enrolTag + body))
    return magic + (try serialized(signed))
  }

  /// The request in `bytes` and the device that signed it.
  /// - Throws: `input.tooLarge`, `reply.malformed`, `hub.notAHub` without the magic, `protocol.newer`, `hub.refused` for a
  ///   wrong signature.
  package static func decodeEnrolRequest(_ bytes: [UInt8]) throws(SatchelError) -> (
    device: PublicKey, request: EnrolRequest
  ) {
    guard bytes.count <= enrolBytesMax else { throw SatchelError(.inputTooLarge, subject: "body") }
    let signed: ProtoSignedRequest = try message(in: bytes)
    guard let device = PublicKey(bytes: signed.publicKey) else { throw malformed("key") }
    let body = Array(signed.body)
    guard device.isValid(signature: Array(signed.signature), for: enrolTag + body) else {
      throw SatchelError(.hubRefused, subject: device.replica.description, cause: "signature")
    }
    let message: ProtoEnrolRequest = try decoded(body)
    guard message.version == version else { throw SatchelError(.protocolNewer) }
    guard EnrolmentCode.canBegin(message.begins), message.proof.count == proofBytes else {
      throw malformed("enrolment")
    }
    return (device, EnrolRequest(begins: message.begins, proof: Array(message.proof)))
  }

  package static func encode(_ reply: EnrolReply) throws(SatchelError) -> [UInt8] {
    var message = ProtoEnrolReply()
    message.version = version
    message.hubKey = Data(reply.hubKey.bytes)
    message.grant = Data(reply.grant)
    message.pin = reply.pin
    message.proof = Data(reply.proof)
    return magic + (try serialized(message))
  }

  /// - Throws: `hub.notAHub` when the magic is missing, `input.tooLarge`, `reply.malformed`, `protocol.newer`.
  package static func decodeEnrolReply(_ bytes: [UInt8]) throws(SatchelError) -> EnrolReply {
    guard bytes.count <= enrolBytesMax else { throw SatchelError(.inputTooLarge, subject: "body") }
    let message: ProtoEnrolReply = try message(in: bytes)
    guard message.version == version else { throw SatchelError(.protocolNewer) }
    guard let hub = PublicKey(bytes: message.hubKey), message.proof.count == proofBytes,
      message.grant.count <= GrantCertificate.bytesMax, isPin(message.pin)
    else { throw malformed("enrolment") }
    return EnrolReply(
      hubKey: hub, grant: Array(message.grant), pin: message.pin, proof: Array(message.proof))
  }

  /// Empty, or `sha256//` and the base64 of 32 bytes: one key, for a list could name a stranger's beside it.
  private static func isPin(_ text: String) -> Bool {
    if text.isEmpty { return true }
    let prefix = "sha256//"
    guard text.hasPrefix(prefix), text.utf8.count == prefix.utf8.count + 44 else { return false }
    return Data(base64Encoded: String(text.dropFirst(prefix.count)))?.count == 32
  }
}

/// Credentials ride in the envelope of a signed request, outside what is signed: each part proves itself.
extension Wire {
  /// The signed body `bytes` with `credentials` in its envelope.
  package static func adding(_ credentials: Credentials, to bytes: [UInt8]) throws(SatchelError)
    -> [UInt8]
  {
    var signed: ProtoSignedRequest = try message(in: bytes)
    signed.credentials = carried(credentials)
    return magic + (try serialized(signed))
  }

  /// The credentials in the envelope of the signed body `bytes`, with every succession checked; `nil` when it has none.
  /// - Throws: `reply.malformed` for a lineage that is too long, broken, or does not end in the key that signed.
  package static func credentials(in bytes: [UInt8]) throws(SatchelError) -> Credentials? {
    let signed: ProtoSignedRequest = try message(in: bytes)
    guard signed.hasCredentials else { return nil }
    guard let device = PublicKey(bytes: signed.publicKey) else { throw malformed("credentials") }
    return try credentials(in: signed.credentials, of: device)
  }

  static func carried(_ credentials: Credentials) -> ProtoCredentials {
    var carried = ProtoCredentials()
    carried.grant = Data(credentials.certificate ?? [])
    carried.lineage = credentials.lineage.links.map { link in
      var out = ProtoSuccession()
      out.oldKey = Data(link.old.bytes)
      out.newKey = Data(link.new.bytes)
      out.signature = Data(link.signature)
      return out
    }
    return carried
  }

  static func credentials(in carried: ProtoCredentials, of device: PublicKey)
    throws(SatchelError) -> Credentials
  {
    // The length first: each link costs a check of a signature.
    guard carried.lineage.count <= Lineage.linksMax,
      carried.grant.count <= GrantCertificate.bytesMax
    else { throw malformed("credentials") }
    var links: [Succession] = []
    for link in carried.lineage {
      guard let old = PublicKey(bytes: link.oldKey), let new = PublicKey(bytes: link.newKey),
        let checked = Succession(from: old, to: new, signature: Array(link.signature))
      else { throw malformed("lineage") }
      links.append(checked)
    }
    guard let lineage = Lineage(links, endingIn: device) else { throw malformed("lineage") }
    return Credentials(
      certificate: carried.grant.isEmpty ? nil : Array(carried.grant), lineage: lineage)
  }
}
