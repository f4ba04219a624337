internal import Foundation
package import SatchelCore
package import SatchelStore
package import SatchelSync
internal import SatchelTransport

/// This hub as a client of the next one: the same enrolment and the same round as any device's.
///
/// It signs with the hub's own key, which it keeps for life, and fetches no models and packs: what a hub publishes is its
/// keeper's word.
package struct Upstream: Sendable {
  /// What a round did, and what went over the line.
  package struct Report: Sendable {
    package var round: RoundReport
    package var traffic: Traffic
    package var seconds: Double
  }

  private let store: Store
  private let allowsPlainHTTP: Bool

  /// - Parameter allowsPlainHTTP: also to another machine, on a network that its keeper trusts.
  package init(store: Store, allowsPlainHTTP: Bool) {
    self.store = store
    self.allowsPlainHTTP = allowsPlainHTTP
  }

  /// Joins the hub at `url`, pins its keys, and makes it the next one.
  ///
  /// - Throws: as `Replica.enroll`; nothing is then pinned.
  package func enroll(at url: String, code: EnrolmentCode, at milliseconds: Int64)
    async throws(SatchelError) -> Enrol.Outcome
  {
    let lock = try SyncLock(beside: store.url)
    defer { lock.release() }
    var policy = policy
    policy.verifiesServer = false
    let client = HTTPClient(policy: policy)
    defer { client.close() }
    let peer = HTTPPeer(url: url, key: try store.establishHubIdentity(), client: client)
    let outcome = try await peer.enrol(with: code)
    try store.enrol(
      at: url, certificate: outcome.certificate, pin: outcome.pin, at: milliseconds)
    return outcome
  }

  /// One round with the hub at `url`, or with the next one.
  ///
  /// - Throws: `usage.wrong` when no hub is named and none is known; `hub.*`; `store.busy` when another round is under way.
  package func sync(with url: String?, trustsNewHub: Bool, at milliseconds: Int64)
    async throws(SatchelError) -> Report
  {
    let start = ContinuousClock.now
    let named: String? = if let url { url } else { try store.lastHub() }
    guard let named else {
      throw SatchelError(.usage, subject: "sync", cause: "no hub was met yet")
    }
    let lock = try SyncLock(beside: store.url)
    defer { lock.release() }
    let known = trustsNewHub ? nil : try store.hub(named)
    var policy = policy
    policy.pinnedPublicKey = known?.pin
    let client = HTTPClient(policy: policy)
    defer { client.close() }
    let key = try store.establishHubIdentity()
    let peer = HTTPPeer(
      url: named, key: key, client: client,
      credentials: Credentials(
        certificate: known?.certificate, lineage: Lineage(of: key.publicKey)))
    let round = try await Round(ledger: store, peer: peer, expected: known?.key).run()
    if let met = round.hubKey {
      try store.pin(met, of: named, at: milliseconds)
      try store.noteKnown(as: key.publicKey, at: named)
    }
    let elapsed = (ContinuousClock.now - start) / .seconds(1)
    return Report(round: round, traffic: peer.traffic, seconds: elapsed)
  }

  private var policy: TransportPolicy {
    var policy = TransportPolicy()
    policy.allowsPlainHTTPBeyondLoopback = allowsPlainHTTP
    return policy
  }
}
