import SatchelCore
import SatchelStore

/// A store whose process may die right before or right after each of its writes.
///
/// SQLite makes a write whole or not at all (tested by killing real processes), so these are the only two moments that a
/// later open can tell apart. A dead process writes no more.
final class MortalLedger: Ledger {
  private let store: Store
  private let name: String
  private let weather: SimulatedLine.Shared

  init(_ machine: Machine, weather: SimulatedLine.Shared) {
    store = machine.store
    name = machine.name
    self.weather = weather
  }

  private func survive<Value>(_ write: () throws(SatchelError) -> Value) throws(SatchelError)
    -> Value
  {
    let (dies, isBefore) = weather.state.withLock { weather in
      if weather.dead == name { return (true, true) }
      // A round has a dozen writes: dying is rarer than what happens to messages.
      guard weather.dice.chance(4), weather.strikes([.crash]) != nil else { return (false, false) }
      weather.dead = name
      return (true, weather.dice.chance(2))
    }
    if dies, isBefore { throw SatchelError(.cancelled, subject: "crash") }
    let value = try write()
    if dies { throw SatchelError(.cancelled, subject: "crash") }
    return value
  }

  func admit(
    _ segments: [Segment], from peer: PeerID, hubMilliseconds: Int64, note: PeerNote?
  ) throws(SatchelError) -> Admission {
    try survive { () throws(SatchelError) in
      try store.admit(segments, from: peer, hubMilliseconds: hubMilliseconds, note: note)
    }
  }

  func admit(
    from peer: PeerID, hubMilliseconds: Int64, next: () throws(SatchelError) -> [Segment]?
  ) throws(SatchelError) -> Admission {
    try survive { () throws(SatchelError) in
      try store.admit(from: peer, hubMilliseconds: hubMilliseconds, next: next)
    }
  }

  func keep(_ note: PeerNote, of peer: PeerID) throws(SatchelError) {
    try survive { () throws(SatchelError) in try store.keep(note, of: peer) }
  }

  func epoch() throws(SatchelError) -> LedgerEpoch { try store.epoch() }

  func summary(of scope: Scope) throws(SatchelError) -> ScopeSummary {
    try store.summary(of: scope)
  }

  func segments(
    after arrival: UInt64, of scope: Scope, notFrom peer: PeerID?, bytesMax: Int
  ) throws(SatchelError) -> SegmentBatch {
    try store.segments(after: arrival, of: scope, notFrom: peer, bytesMax: bytesMax)
  }

  func segments(of wanted: [WantedRecords], after arrival: UInt64, of scope: Scope, bytesMax: Int)
    throws(SatchelError) -> SegmentBatch
  {
    try store.segments(of: wanted, after: arrival, of: scope, bytesMax: bytesMax)
  }

  func note(of peer: PeerID) throws(SatchelError) -> PeerNote { try store.note(of: peer) }

  func recordedLearners() throws(SatchelError) -> Set<LearnerID> { try store.recordedLearners() }

  func leaves(of scope: Scope, in range: StreamRange) throws(SatchelError) -> [Leaf] {
    try store.leaves(of: scope, in: range)
  }
}
