/// What sync needs of a store, and no more: the engine's steps are functions of a ledger and a message.
///
/// SQLite stands behind it in the app and on a classroom hub; the simulation and, later, PostgreSQL behind a
/// ministry's hub.
package protocol Ledger: Sendable {
  /// Changes when the ledger was restored from a backup or promoted: cursors into an older epoch mean nothing.
  func epoch() throws(SatchelError) -> LedgerEpoch

  /// What is held of `scope`.
  func summary(of scope: Scope) throws(SatchelError) -> ScopeSummary

  /// Segments of `scope` that arrived after `arrival`, in order of arrival, but not those that came from
  /// `peer` itself; at least one where there is one, else at most `bytesMax` bytes of them.
  func segments(
    after arrival: UInt64, of scope: Scope, notFrom peer: PeerID?, bytesMax: Int
  ) throws(SatchelError) -> SegmentBatch

  /// Takes all of `segments` in one transaction, or none of them: what is new is stored, folded and counted.
  ///
  /// With `note`, what is known about the peer moves in the same transaction, so that a cursor never runs ahead of
  /// what it stands for.
  /// - Throws: `segment.malformed`; `stream.gap` or `stream.badSignature`, with the stream's id as subject, when a segment
  ///   does not lead on from what is held; and the store's own errors. The ledger is then as before.
  func admit(
    _ segments: [Segment], from peer: PeerID, hubMilliseconds: Int64, note: PeerNote?
  ) throws(SatchelError) -> Admission

  /// Takes all batches that `next` gives until it gives `nil`, in one transaction, or none of them: a bundle.
  ///
  /// Memory is that of one batch, however many come.
  /// - Throws: what `next` throws, and what ``admit(_:from:hubMilliseconds:note:)`` does. The ledger is then as before.
  func admit(
    from peer: PeerID, hubMilliseconds: Int64, next: () throws(SatchelError) -> [Segment]?
  ) throws(SatchelError) -> Admission

  /// What was noted about `peer`; a new note when it was never met.
  func note(of peer: PeerID) throws(SatchelError) -> PeerNote

  func keep(_ note: PeerNote, of peer: PeerID) throws(SatchelError)

  /// Everybody of whom there is a record.
  func recordedLearners() throws(SatchelError) -> Set<LearnerID>

  /// The leaves of all streams of `scope` in `range`, by rising stream id; a forked stream has one a branch.
  func leaves(of scope: Scope, in range: StreamRange) throws(SatchelError) -> [Leaf]

  /// Segments of `scope` that hold `wanted` records and arrived after `arrival`, in order of arrival, at most `bytesMax`
  /// bytes of them but at least one where there is one.
  func segments(of wanted: [WantedRecords], after arrival: UInt64, of scope: Scope, bytesMax: Int)
    throws(SatchelError) -> SegmentBatch
}

/// The other side of a round: a replica's id, or a hub's, which is a replica's.
package typealias PeerID = ReplicaID

/// The life of a ledger between two restores.
package typealias LedgerEpoch = UInt64

/// Segments on their way out.
package struct SegmentBatch: Sendable {
  package var segments: [Segment]
  /// The arrival number up to which everything of the scope has now been offered.
  package var through: UInt64
  /// Whether more waits after ``through``.
  package var hasMore: Bool
  /// The newest arrival of all, in scope or not, at the moment that this batch was read.
  package var newest: UInt64
  /// What the ledger held of the scope at the moment that this batch was read.
  package var summary: ScopeSummary

  package init(
    segments: [Segment], through: UInt64, hasMore: Bool, newest: UInt64, summary: ScopeSummary
  ) {
    self.segments = segments
    self.through = through
    self.hasMore = hasMore
    self.newest = newest
    self.summary = summary
  }
}

/// What a batch added.
package struct Admission: Equatable, Sendable {
  package var records: Int

  package init(records: Int) { self.records = records }
}

/// What a replica remembers of a peer between rounds. Bytes depend on it, correctness does not: a wrong note costs a
/// repetition, which the fingerprints at the end of a round bring about.
package struct PeerNote: Equatable, Sendable {
  /// The peer's epoch that ``pulled`` belongs to.
  package var epoch: LedgerEpoch
  /// Arrival number at the peer up to which its records were taken.
  package var pulled: UInt64
  /// Own arrival number up to which the peer has acknowledged.
  package var pushed: UInt64
  /// Whom the peer lets this replica see and write; `nil` before it said so.
  package var scope: Scope?
  /// Set by the round's end.
  package var lastFingerprint: Hash256?
  package var lastSuccessMilliseconds: Int64?

  package init(
    epoch: LedgerEpoch = 0, pulled: UInt64 = 0, pushed: UInt64 = 0, scope: Scope? = nil,
    lastFingerprint: Hash256? = nil, lastSuccessMilliseconds: Int64? = nil
  ) {
    self.epoch = epoch
    self.pulled = pulled
    self.pushed = pushed
    self.scope = scope
    self.lastFingerprint = lastFingerprint
    self.lastSuccessMilliseconds = lastSuccessMilliseconds
  }
}
