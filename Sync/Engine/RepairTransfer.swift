import SatchelCore
import SatchelWire

/// The second half of a repair: what was found to differ goes both ways, in batches.
struct RepairTransfer {
  let scope: Scope
  private var owed: [StreamID: UInt64]
  /// Own arrival up to which what is owed was sent.
  private var offered: UInt64 = 0
  private var hasOfferedAll = false
  /// What is still wanted, the part that the next request names first.
  private var wanted: [WantedRecords]
  private var asked: [WantedRecords] = []
  /// The hub's arrival up to which what was asked for came.
  private var cursor: UInt64 = 0

  init(_ plan: Repair.Plan, scope: Scope) {
    self.scope = scope
    owed = plan.owed
    hasOfferedAll = plan.owed.isEmpty
    wanted = plan.wanted.map { WantedRecords(stream: $0.key, from: $0.value) }
      .sorted { $0.stream < $1.stream }
    askForMore()
  }

  private mutating func askForMore() {
    asked = Array(wanted.prefix(Wire.wantedMax))
    wanted.removeFirst(asked.count)
    cursor = 0
  }

  /// `nil` when all that is owed was sent.
  func nextOffer(from ledger: some Ledger, bytesMax: Int) throws(SatchelError) -> SegmentBatch? {
    if hasOfferedAll { return nil }
    let records = owed.map { WantedRecords(stream: $0.key, from: $0.value) }
    return try ledger.segments(of: records, after: offered, of: scope, bytesMax: bytesMax)
  }

  func request(offering batch: SegmentBatch?, note: PeerNote, ledger: some Ledger)
    throws(SatchelError) -> SyncRequest
  {
    // An empty want would ask for what came after the cursor: a range that is alike asks for nothing.
    let nothing = asked.isEmpty ? [HeldRange(StreamRange(bits: 64, prefix: 0), .sums([0]))] : []
    return SyncRequest(
      epoch: note.epoch, cursor: cursor, fingerprint: try ledger.summary(of: scope).fingerprint,
      offered: batch?.segments ?? [], scopeTag: scope.tag, ranges: nothing, wanted: asked)
  }

  mutating func sent(_ batch: SegmentBatch?) {
    guard let batch else { return }
    offered = batch.through
    hasOfferedAll = !batch.hasMore
  }

  /// Notes what came; `true` when more is to be sent or asked for.
  /// - Throws: `reply.malformed` for a hub that says «more» and does not move on.
  mutating func received(_ reply: SyncReply) throws(SatchelError) -> Bool {
    if reply.hasMore {
      guard reply.cursor > cursor else { throw SatchelError(.replyMalformed, subject: "cursor") }
      cursor = reply.cursor
      return true
    }
    askForMore()
    return !asked.isEmpty || !hasOfferedAll
  }

  /// Sends the whole of the stream that the hub could not attach. Throws `error` when that was tried, or it is another.
  mutating func widenOwed(after error: SatchelError) throws(SatchelError) -> Bool {
    guard let stream = Self.unattached(error), let from = owed[stream], from > 1 else {
      throw error
    }
    owed[stream] = 1
    offered = 0
    return true
  }

  /// Asks for the whole of the stream that could not be attached here.
  mutating func widenWanted(after error: SatchelError) throws(SatchelError) -> Bool {
    guard let stream = Self.unattached(error),
      let index = asked.firstIndex(where: { $0.stream == stream }), asked[index].from > 1
    else { throw error }
    asked[index] = WantedRecords(stream: stream, from: 1)
    cursor = 0
    return true
  }

  private static func unattached(_ error: SatchelError) -> StreamID? {
    switch error.code {
    case .streamGap, .streamSignature: StreamID(hex: error.subject)
    default: nil
    }
  }
}
