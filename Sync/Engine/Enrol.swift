package import SatchelCore
package import SatchelWire

/// An enrolment: ask, answer, confirm. Both sides of it stand here, so that they cannot drift apart.
///
/// Functions of a stretched code and a message, without socket, store or clock. The code itself never leaves the device,
/// nor the hub's keeper: each side shows that it knows it (see `EnrolmentKey`), so that a stranger in the middle learns
/// nothing from it that she could use in time, and the device knows that hub key and TLS pin come from who made the code.
package enum Enrol {
  // MARK: Ask

  /// The device's words.
  package static func request(begins: String, key: EnrolmentKey, device: PublicKey) -> EnrolRequest
  {
    EnrolRequest(begins: begins, proof: key.deviceProof(device: device, begins: begins))
  }

  // MARK: Answer

  /// Whether `device`, which signed the request, knows the code of `key`.
  package static func isProven(
    _ request: EnrolRequest, by device: PublicKey, key: EnrolmentKey
  ) -> Bool {
    key.isDeviceProof(request.proof, device: device, begins: request.begins)
  }

  /// The hub's words to a device that has shown that it knows the code.
  ///
  /// - Parameter pin: of the hub's TLS key; empty when its certificate is checked by authority or it speaks no TLS.
  package static func reply(
    to device: PublicKey, granting grant: Grant, key: EnrolmentKey, hub: SigningKey, pin: String,
    at milliseconds: Int64
  ) -> EnrolReply {
    let certificate = GrantCertificate(
      granting: grant, to: device, at: milliseconds, signedBy: hub
    ).bytes
    let proof = key.hubProof(
      hub: hub.publicKey, device: device, pin: pin, grant: certificate)
    return EnrolReply(hubKey: hub.publicKey, grant: certificate, pin: pin, proof: proof)
  }

  // MARK: Confirm

  /// What an enrolment proved.
  package struct Outcome: Equatable, Sendable {
    package var certificate: GrantCertificate
    /// Empty when the hub's certificate is checked by authority.
    package var pin: String
  }

  /// The device looks whether who answered knows the code, too, and has granted something to this very key.
  /// - Throws: `enrolment.refused` when the proof is wrong, `reply.malformed` when the grant is.
  package static func confirm(
    _ reply: EnrolReply, key: EnrolmentKey, device: PublicKey
  ) throws(SatchelError) -> Outcome {
    guard
      key.isHubProof(
        reply.proof, hub: reply.hubKey, device: device, pin: reply.pin, grant: reply.grant)
    else {
      throw SatchelError(
        .enrolmentRefused, subject: reply.hubKey.replica.description,
        cause: "what answered does not know the code")
    }
    guard let certificate = GrantCertificate(bytes: reply.grant),
      certificate.hub == reply.hubKey, certificate.device == device
    else { throw SatchelError(.replyMalformed, subject: "grant") }
    return Outcome(certificate: certificate, pin: reply.pin)
  }
}
