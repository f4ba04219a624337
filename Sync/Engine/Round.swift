package import SatchelCore
package import SatchelWire

/// What a round did.
package struct RoundReport: Equatable, Sendable {
  /// Both sides hold the same records of the scope: the fingerprints were compared and are equal (INV-converge).
  package var converged = false
  package var fingerprint = Hash256.zero
  package var recordsSent = 0
  package var recordsReceived = 0
  package var hubKey: PublicKey?
  package var hubMilliseconds: Int64 = 0
  package var channels: [ChannelVersion] = []
}

/// How far a round is; for progress bars.
package struct RoundProgress: Equatable, Sendable {
  package var recordsSent: Int
  package var recordsReceived: Int
}

/// The client's story: exchanges until neither side has more, then the comparison, then at most one repair.
///
/// One actor a round, so that two rounds of one replica never interleave their notes. A cut at any moment leaves every
/// batch either admitted with its note or not at all; the next round goes on from there.
package actor Round {
  private let ledger: any Ledger
  private let peer: any Peer
  private let expected: PublicKey?
  private let report: @Sendable (RoundProgress) -> Void
  private var outcome = RoundReport()
  private var scope = Scope.everyone
  private var peerID: PeerID?
  private var note = PeerNote()
  private var isRepairing = false

  /// Exchanges beyond which a round stops and says that it has not converged; each moves at least one batch, so this
  /// is far above what a million records need, and ends a quarrel with a hub that always says «more».
  private static let exchangesMax = 100_000

  /// - Parameter expected: the hub's key from an earlier round; `nil` at the first.
  package init(
    ledger: any Ledger, peer: any Peer, expected: PublicKey?,
    report: @escaping @Sendable (RoundProgress) -> Void = { _ in }
  ) {
    self.ledger = ledger
    self.peer = peer
    self.expected = expected
    self.report = report
  }

  /// Runs the round.
  /// - Throws: what the peer or the ledger throws, `hub.keyChanged`, `cancelled`. All that was admitted stays.
  package func run() async throws(SatchelError) -> RoundReport {
    if let expected {
      peerID = expected.replica
      note = try ledger.note(of: expected.replica)
    }
    try await exchangeAll()
    if !outcome.converged {
      // Repair, first version: both sides start over. Bytes are repeated, records are not: merging is a set union.
      try forgetPeer()
      try await exchangeAll()
    }
    if outcome.converged { try noteSuccess() }
    return outcome
  }

  /// Exchanges until neither side has more; then compares.
  private func exchangeAll() async throws(SatchelError) {
    for _ in 0..<Self.exchangesMax {
      if Task.isCancelled { throw SatchelError(.cancelled) }
      let more = try await exchange()
      if !more { return }
    }
  }

  /// One exchange; `true` when another is needed.
  private func exchange() async throws(SatchelError) -> Bool {
    let before = note
    let (request, batch) = try Exchange.request(
      from: ledger, to: peerID, scope: scope, note: before, wantsOwn: isRepairing)
    let reply = try await peer.exchange(request)
    guard expected == nil || reply.hubKey == expected else {
      throw SatchelError(.hubChanged, subject: reply.hubKey.replica.description)
    }
    peerID = reply.hubKey.replica
    let (admission, next) = try Exchange.take(reply, after: batch, note: before, into: ledger)
    note = next
    remember(reply, sent: batch, admitted: admission)
    let wasRestored = before.epoch != reply.epoch && next.pushed != batch.through
    let scopeChanged = scope != reply.scope
    scope = reply.scope
    if reply.hasMore || batch.hasMore || wasRestored || scopeChanged { return true }
    return try compare(with: reply)
  }

  private func remember(_ reply: SyncReply, sent batch: SegmentBatch, admitted: Admission) {
    outcome.hubKey = reply.hubKey
    outcome.hubMilliseconds = reply.hubMilliseconds
    outcome.channels = reply.channels
    outcome.recordsSent += batch.segments.reduce(0) { $0 + $1.count }
    outcome.recordsReceived += admitted.records
    report(
      RoundProgress(
        recordsSent: outcome.recordsSent, recordsReceived: outcome.recordsReceived))
  }

  /// INV-converge: what both sides really hold is compared. `true` when something was recorded meanwhile and must go
  /// out first.
  private func compare(with reply: SyncReply) throws(SatchelError) -> Bool {
    let now = try ledger.segments(after: note.pushed, of: scope, notFrom: peerID, bytesMax: 1)
    outcome.fingerprint = now.summary.fingerprint
    outcome.converged = outcome.fingerprint == reply.fingerprint
    return !outcome.converged && !now.segments.isEmpty
  }

  private func forgetPeer() throws(SatchelError) {
    guard let peerID else { return }
    note = PeerNote(epoch: note.epoch)
    isRepairing = true
    try ledger.keep(note, of: peerID)
  }

  private func noteSuccess() throws(SatchelError) {
    guard let peerID else { return }
    note.lastFingerprint = outcome.fingerprint
    note.lastSuccessMilliseconds = outcome.hubMilliseconds
    try ledger.keep(note, of: peerID)
  }
}
