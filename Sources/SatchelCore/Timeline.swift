/// A learner's records as they are folded: clocks corrected, in one order on every replica.
///
/// A pure function of the set of records (INV-merge). School devices have dead clock batteries: a device that meets a
/// hub writes an ``Anchor`` for each boot session whose clock was off, and from then on every replica that holds the
/// records moves that session's times by what the anchor says. Where one author has several anchors for a session, the
/// last in ``RecordOrder`` counts. Without anchors times stand as they were recorded.
package enum Timeline {
  /// `records` of one learner, in the order in which they are folded, with corrected times.
  package static func ordered(_ records: [Record]) -> [Record] {
    let raw = records.sorted(by: RecordOrder.precedes)
    let offsets = offsets(in: raw)
    if offsets.isEmpty { return raw }
    var last: [ReplicaID: HybridTime] = [:]
    let corrected = raw.map { record in
      var time = moved(record.time, by: offsets[Session(of: record)] ?? 0)
      // One device's order is kept, whatever its anchors say of single sessions.
      if let before = last[record.author], time <= before {
        time = HybridTime(bits: before.bits + 1)
      }
      last[record.author] = time
      return record.moved(to: time)
    }
    return corrected.sorted(by: RecordOrder.precedes)
  }

  /// Whether `record` says something about a clock, so that all of its learner's records must be folded anew.
  package static func isAnchor(_ record: Record) -> Bool {
    if case .anchor = record.event { true } else { false }
  }

  private struct Session: Hashable {
    let author: ReplicaID
    let number: UInt32

    init(of record: Record, number: UInt32? = nil) {
      author = record.author
      self.number = number ?? record.session
    }
  }

  /// The last anchor of each session; `ordered` are in ``RecordOrder``.
  private static func offsets(in ordered: [Record]) -> [Session: Int64] {
    var out: [Session: Int64] = [:]
    for record in ordered {
      guard case .anchor(let anchor) = record.event else { continue }
      out[Session(of: record, number: anchor.session)] = anchor.offsetMilliseconds
    }
    return out
  }

  /// Saturating: an offset is any Int64 that somebody signed.
  private static func moved(_ time: HybridTime, by offset: Int64) -> HybridTime {
    let sum = time.milliseconds.addingReportingOverflow(offset)
    let milliseconds = sum.overflow ? (offset > 0 ? Int64.max : 0) : sum.partialValue
    return HybridTime(milliseconds: milliseconds, counter: time.counter)
  }
}

extension Record {
  /// A wall time this close to the hybrid time is the device's own clock, and moves with it; any other was given by
  /// the caller, as when an old log is read in, and stands.
  private static let ownClockMilliseconds: UInt64 = 24 * 3600 * 1000

  fileprivate func moved(to corrected: HybridTime) -> Record {
    let isOwnClock =
      (wallMilliseconds &- time.milliseconds).magnitude < Self.ownClockMilliseconds
    let shift = corrected.milliseconds - time.milliseconds
    return Record(
      learner: learner, author: author, time: corrected,
      wallMilliseconds: isOwnClock ? wallMilliseconds &+ shift : wallMilliseconds,
      session: session, event: event)
  }
}
