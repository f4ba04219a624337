package import SatchelCore
package import SatchelWire

/// One exchange of a round: offer, admit, confirm. Both sides of each step stand here, so that they cannot drift apart.
///
/// Functions of a ledger and a message, without socket or clock, so that a simulation can run them by the thousand.
package enum Exchange {
  // MARK: Offer

  /// The client's words: what the peer has not acknowledged, and from where it wants more.
  package static func request(
    from ledger: some Ledger, to peer: PeerID?, scope: Scope, note: PeerNote, wantsOwn: Bool
  ) throws(SatchelError) -> (request: SyncRequest, batch: SegmentBatch) {
    let batch = try ledger.segments(
      after: note.pushed, of: scope, notFrom: peer, bytesMax: Wire.offerBytesMax)
    let request = SyncRequest(
      epoch: note.epoch, cursor: note.pulled, fingerprint: batch.summary.fingerprint,
      offered: batch.segments, wantsOwn: wantsOwn)
    return (request, batch)
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

  /// The hub's words: takes what is offered, all of it or nothing, and offers back what came after the cursor.
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
    // A cursor of another epoch means nothing here.
    let cursor = request.epoch == epoch ? request.cursor : 0
    let batch = try ledger.segments(
      after: cursor, of: scope, notFrom: request.wantsOwn ? nil : device,
      bytesMax: Wire.offerBytesMax)
    return SyncReply(
      hubKey: hub.key, epoch: epoch, cursor: batch.through,
      fingerprint: batch.summary.fingerprint, offered: batch.segments, hasMore: batch.hasMore,
      hubMilliseconds: hub.milliseconds, channels: hub.channels, scope: scope)
  }

  // MARK: Admit

  /// The client takes what the hub offered, and moves its note in the same transaction.
  ///
  /// - Returns: the records that were new, and the note as it is now.
  package static func take(
    _ reply: SyncReply, after batch: SegmentBatch, note: PeerNote, into ledger: some Ledger
  ) throws(SatchelError) -> (admission: Admission, note: PeerNote) {
    let peer = reply.hubKey.replica
    for segment in reply.offered where !reply.scope.contains(segment.stream.learner) {
      throw SatchelError(.replyMalformed, subject: "scope")
    }
    var next = note
    if note.epoch != reply.epoch {
      // A hub that was never met, or was restored: whatever was pushed into its former life must be offered again.
      next = PeerNote(epoch: reply.epoch)
      try ledger.keep(next, of: peer)
      // What it just acknowledged, it holds in this life, too; but only from the start can that be told by a number.
      if note.pushed == 0 { next.pushed = batch.through }
    } else {
      next.pushed = batch.through
    }
    next.pulled = reply.cursor
    let admission = try ledger.admit(
      reply.offered, from: peer, hubMilliseconds: reply.hubMilliseconds, note: next)
    return (admission, next)
  }
}
