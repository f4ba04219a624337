internal import Foundation
public import SatchelCore
internal import SatchelStore
internal import SatchelSync
internal import SatchelTransport

/// What a hub let this replica do.
public struct Enrolment: Hashable, Sendable {
  /// The hub's id: 32 hex digits.
  public let hub: String
  /// `school`, or `class:3B`.
  public let scopes: [String]
}

extension Replica {
  /// Joins a hub with a one-time code from its keeper.
  ///
  /// The code is never sent: both sides prove that they know it. So the hub's key and its TLS key come from who made the
  /// code, whatever network is in between, and from then on they alone say who the hub is: no certificate authority, and
  /// no clock. The hub is the one that ``sync(with:options:progress:)`` meets when none is named.
  /// - Parameters:
  ///   - url: of the hub.
  ///   - code: as the keeper reads it out; case, hyphens, and O for 0 do not matter.
  ///   - options: whether plain HTTP to another machine is allowed, and how long to wait.
  /// - Throws: `usage.wrong` for a text that is no code; `enrolment.refused` for a code that is wrong, used or expired, and
  ///   when what answers does not know it; `enrolment.tooMany`; `hub.*` when the hub cannot be reached. Nothing is then
  ///   pinned.
  public func enroll(
    at url: String, code: String, options: SyncOptions = SyncOptions()
  ) async throws(SatchelError) -> Enrolment {
    let code = try Self.enrolmentCode(code)
    let lock = try SyncLock(beside: store.url)
    defer { lock.release() }
    var policy = Self.policy(options)
    policy.verifiesServer = false
    let client = HTTPClient(policy: policy)
    defer { client.close() }
    let peer = HTTPPeer(url: url, key: try store.establishIdentity(), client: client)
    let outcome = try await peer.enrol(with: code)
    try store.enrol(
      at: url, certificate: outcome.certificate, pin: outcome.pin, at: Self.now())
    return Enrolment(
      hub: outcome.certificate.hub.replica.description,
      scopes: [outcome.certificate.grant.scopeText])
  }

  /// - Throws: `usage.wrong` for a text that is no code.
  package static func enrolmentCode(_ text: String) throws(SatchelError) -> EnrolmentCode {
    guard let code = EnrolmentCode(text) else {
      throw SatchelError(.usage, subject: "code", cause: "8 letters and digits")
    }
    return code
  }
}
