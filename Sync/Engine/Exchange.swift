package import SatchelCore
package import SatchelWire

/// One exchange of a round: offer, admit, confirm. Both sides of each step stand here, so that they cannot drift apart.
///
/// Functions of a ledger and a message, without socket or clock, so that a simulation can run them by the thousand.
package enum Exchange {
  // MARK: Offer

  /// The client's first words to a hub that it has not met: nothing but its fingerprint, for it knows neither who answers
  /// nor whom it may tell of.
  package static func probe(_ ledger: some Ledger, note: PeerNote) throws(SatchelError)
    -> SyncRequest
  {
    SyncRequest(
      epoch: note.epoch, cursor: note.pulled,
      fingerprint: try ledger.summary(of: .everyone).fingerprint)
  }

  /// The client's words: what the peer has not acknowledged, and from where it wants more.
  ///
  /// - Parameters:
  ///   - peer: whose own records need not go back to it; `nil` offers all.
  ///   - bytesMax: of segments, either way.
  package static func request(
    from ledger: some Ledger, to peer: PeerID?, scope: Scope, note: PeerNote, bytesMax: Int
  ) throws(SatchelError) -> (request: SyncRequest, batch: SegmentBatch) {
    let batch = try ledger.segments(
      after: note.pushed, of: scope, notFrom: peer, bytesMax: bytesMax)
    let request = SyncRequest(
      epoch: note.epoch, cursor: note.pulled, fingerprint: batch.summary.fingerprint,
      offered: batch.segments, introduces: try strangers(in: ledger, to: scope),
      scopeTag: scope.tag, bytesMax: bytesMax)
    return (request, batch)
  }

  /// Learners of whom this replica holds records, and whom the hub does not let it see: perhaps it never heard of them.
  private static func strangers(in ledger: some Ledger, to scope: Scope) throws(SatchelError)
    -> [LearnerID]
  {
    guard case .learners(let known) = scope else { return [] }
    let strangers = try ledger.recordedLearners().subtracting(known)
    return Array(strangers.sorted().prefix(Wire.introductionsMax))
  }

  // MARK: Answer

  /// What a hub knows of itself when it answers.
  package struct HubState: Sendable {
    package var key: PublicKey
    package var milliseconds: Int64
    package var channels: [ChannelVersion]

    package init(key: PublicKey, milliseconds: Int64, channels: [ChannelVersion]) {
      self.key = key
      self.milliseconds = milliseconds
      self.channels = channels
    }
  }

  /// The hub's words: takes what is offered, all of it or nothing, and offers back what came after the cursor, or what is
  /// wanted.
  ///
  /// INV-scope: a stream outside `scope` is refused, and none goes out.
  /// - Throws: `scope.denied`, or what the ledger throws; nothing is then admitted.
  package static func answer(
    _ request: SyncRequest, from device: PeerID, scope: Scope, hub: HubState,
    ledger: some Ledger
  ) throws(SatchelError) -> SyncReply {
    for segment in request.offered where !scope.contains(segment.stream.learner) {
      throw SatchelError(.scopeDenied, subject: segment.stream.learner.description)
    }
    if !request.offered.isEmpty {
      _ = try ledger.admit(
        request.offered, from: device, hubMilliseconds: hub.milliseconds, note: nil)
    }
    let epoch = try ledger.epoch()
    let batch = try offer(request, to: device, scope: scope, epoch: epoch, ledger: ledger)
    let isKnown = request.scopeTag == scope.tag && scope != .everyone
    return SyncReply(
      hubKey: hub.key, epoch: epoch, cursor: batch.hasMore ? batch.through : batch.newest,
      fingerprint: batch.summary.fingerprint, offered: batch.segments, hasMore: batch.hasMore,
      hubMilliseconds: hub.milliseconds, channels: hub.channels, scope: isKnown ? nil : scope,
      ranges: try Repair.answer(request.ranges, scope: scope, ledger: ledger))
  }

  private static func offer(
    _ request: SyncRequest, to device: PeerID, scope: Scope, epoch: LedgerEpoch,
    ledger: some Ledger
  ) throws(SatchelError) -> SegmentBatch {
    // A cursor of another epoch means nothing here.
    let cursor = request.epoch == epoch ? request.cursor : 0
    let wish = request.bytesMax > 0 ? request.bytesMax : Wire.offerBytesMax
    let bytesMax = min(wish, Wire.offerBytesMax)
    if !request.wanted.isEmpty || !request.ranges.isEmpty {
      return try ledger.segments(
        of: request.wanted, after: cursor, of: scope, bytesMax: bytesMax)
    }
    if try ledger.summary(of: scope).fingerprint == request.fingerprint {
      // Both hold the same, whatever the cursor says.
      return try ledger.segments(of: [], after: cursor, of: scope, bytesMax: bytesMax)
    }
    return try ledger.segments(after: cursor, of: scope, notFrom: device, bytesMax: bytesMax)
  }

  // MARK: Admit

  /// The client takes what the hub offered, and moves its note in the same transaction.
  ///
  /// - Parameter batch: what the request offered; `nil` when it offered nothing of what is new here.
  /// - Returns: the records that were new, and the note as it is now.
  package static func take(
    _ reply: SyncReply, after batch: SegmentBatch?, note: PeerNote, into ledger: some Ledger
  ) throws(SatchelError) -> (admission: Admission, note: PeerNote) {
    let scope = reply.scope ?? note.scope ?? .learners([])
    try check(reply, within: scope)
    var next = note
    // In another epoch, what was pushed into the former one may be lost; only what is new now is acknowledged.
    if note.epoch != reply.epoch { next = PeerNote(epoch: reply.epoch) }
    next.scope = scope
    next.pulled = reply.cursor
    // Under another scope, what was passed over may be wanted now.
    if let batch, scope == note.scope { next.pushed = batch.through }
    let admission = try ledger.admit(
      reply.offered, from: reply.hubKey.replica, hubMilliseconds: reply.hubMilliseconds, note: next)
    return (admission, next)
  }

  /// INV-scope, the client's half: nobody brings it learners who are not its own.
  static func check(_ reply: SyncReply, within scope: Scope) throws(SatchelError) {
    for segment in reply.offered where !scope.contains(segment.stream.learner) {
      throw SatchelError(.replyMalformed, subject: "scope")
    }
  }
}
