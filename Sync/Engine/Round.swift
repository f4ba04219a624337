package import SatchelCore
package import SatchelWire

/// What a round did.
package struct RoundReport: Equatable, Sendable {
  /// Both sides hold the same records of the scope: the fingerprints were compared and are equal (INV-converge).
  package var converged = false
  package var fingerprint = Hash256.zero
  package var recordsSent = 0
  package var recordsReceived = 0
  /// Exchanges that looked for a difference, and for what it was; 0 when the notes of both sides were right.
  package var repairs = 0
  package var hubKey: PublicKey?
  package var hubMilliseconds: Int64 = 0
  package var channels: [ChannelVersion] = []

  /// What a second round right after it added; its comparison is the one that counts.
  package mutating func add(_ next: RoundReport) {
    let before = self
    self = next
    recordsSent += before.recordsSent
    recordsReceived += before.recordsReceived
    repairs += before.repairs
  }
}

/// How far a round is; for progress bars.
package struct RoundProgress: Equatable, Sendable {
  package var recordsSent: Int
  package var recordsReceived: Int
}

/// The client's story: exchanges until neither side has more, then the comparison, then repair where they differ.
///
/// One actor a round, so that two rounds of one replica never interleave their notes. A cut at any moment leaves every
/// batch either admitted with its note or not at all; the next round goes on from there.
package actor Round {
  /// Told the hub's time once a round, before anything is taken; may record anchors, which then go out in this round.
  package typealias ClockCorrection =
    @Sendable (_ hubMilliseconds: Int64) throws(SatchelError) ->
    Void

  private let ledger: any Ledger
  private let peer: any Peer
  private let expected: PublicKey?
  private let correctClock: ClockCorrection
  private let report: @Sendable (RoundProgress) -> Void
  private var outcome = RoundReport()
  private var peerID: PeerID?
  private var note = PeerNote()
  private var hasCorrectedClock = false
  private var hasAskedForScope = false
  private var budget = BatchBudget(most: Wire.offerBytesMax)
  /// The hub lost what it had: what once came from it is offered, too.
  private var offersAll = false

  /// Exchanges beyond which a round stops and says that it has not converged; each moves at least one batch, so this
  /// is far above what a million records need, and ends a quarrel with a hub that always says «more».
  private static let exchangesMax = 100_000
  /// Repairs beyond which a round gives up; each that is followed by another moved records.
  private static let repairsMax = 1000
  /// Answers to ranges within one repair: each is finer than the one before, or the hub means no good.
  private static let refinementsMax = 8

  /// - Parameter expected: the hub's key from enrolment or an earlier round; `nil` at the first.
  package init(
    ledger: any Ledger, peer: any Peer, expected: PublicKey?,
    correctClock: @escaping ClockCorrection = { _ in },
    report: @escaping @Sendable (RoundProgress) -> Void = { _ in }
  ) {
    self.ledger = ledger
    self.peer = peer
    self.expected = expected
    self.correctClock = correctClock
    self.report = report
  }

  /// Runs the round.
  /// - Throws: what the peer or the ledger throws, `hub.keyChanged`, `cancelled`. All that was admitted stays.
  package func run() async throws(SatchelError) -> RoundReport {
    if let expected { try meet(expected) }
    try await exchangeAll()
    for _ in 0..<Self.repairsMax where !outcome.converged {
      let isHopeful = try await repair()
      if !isHopeful { break }
    }
    return outcome
  }

  private func meet(_ key: PublicKey) throws(SatchelError) {
    peerID = key.replica
    note = try ledger.note(of: key.replica)
  }
}

// MARK: - The common way

extension Round {
  /// Exchanges until neither side has more; then compares.
  private func exchangeAll() async throws(SatchelError) {
    for _ in 0..<Self.exchangesMax {
      let more = try await exchangeOrSeeGap()
      if !more { return }
    }
  }

  /// One exchange; `true` when another is needed. A segment that leads on from nothing ends the common way: one side
  /// lost what the other thinks that it has, and repair finds out what.
  private func exchangeOrSeeGap() async throws(SatchelError) -> Bool {
    do {
      return try await exchange()
    } catch {
      switch error.code {
      case .streamGap, .streamSignature: return false
      case .scopeDenied where !hasAskedForScope:
        // The scope shrank since: ask for it anew, once.
        hasAskedForScope = true
        note.scope = nil
        return true
      default: throw error
      }
    }
  }

  private func exchange() async throws(SatchelError) -> Bool {
    let before = note
    guard let scope = note.scope else { return try await probe() }
    let (request, batch) = try Exchange.request(
      from: ledger, to: offersAll ? nil : peerID, scope: scope, note: before,
      bytesMax: budget.bytes)
    let reply = try await ask(request)
    let (admission, next) = try Exchange.take(reply, after: batch, note: before, into: ledger)
    note = next
    count(sent: batch, admitted: admission)
    if before.epoch != reply.epoch { return try meetAgain(reply) }
    if reply.hasMore || batch.hasMore || scope != next.scope { return true }
    return try compare(with: reply)
  }

  /// The first words to a hub that was never met, or whose grant must be asked for anew.
  private func probe() async throws(SatchelError) -> Bool {
    let reply = try await ask(try Exchange.probe(ledger, note: note))
    // The same hub may be known by another address.
    if expected == nil { try meet(reply.hubKey) }
    // Known from here on, also when what it offers leads on from nothing here, and repair must find out why.
    note.scope = reply.scope
    let (admission, next) = try Exchange.take(reply, after: nil, note: note, into: ledger)
    note = next
    count(sent: nil, admitted: admission)
    let isUntold = try hasStrangers(to: next.scope)
    if reply.hasMore || isUntold { return true }
    return try compare(with: reply)
  }

  /// Whether there are records of learners of whom the hub was not told yet.
  private func hasStrangers(to scope: Scope?) throws(SatchelError) -> Bool {
    guard case .learners(let known) = scope else { return false }
    return try !ledger.recordedLearners().isSubset(of: known)
  }

  /// A hub of another epoch was put back from a backup, or made anew: when nothing is left it gets everything, else
  /// repair finds what is missing.
  private func meetAgain(_ reply: SyncReply) throws(SatchelError) -> Bool {
    let isEmpty = reply.fingerprint == ScopeSummary().fingerprint
    offersAll = true
    if isEmpty { note.pushed = 0 }
    return isEmpty
  }

  /// INV-converge: what both sides really hold is compared. `true` when something is here that must go out first.
  private func compare(with reply: SyncReply) throws(SatchelError) -> Bool {
    let scope = note.scope ?? .learners([])
    let now = try ledger.segments(
      after: note.pushed, of: scope, notFrom: offersAll ? nil : peerID, bytesMax: 1)
    outcome.fingerprint = now.summary.fingerprint
    outcome.converged = outcome.fingerprint == reply.fingerprint
    if outcome.converged {
      note.pushed = now.newest
      note.pulled = reply.cursor
      note.lastFingerprint = outcome.fingerprint
      note.lastSuccessMilliseconds = outcome.hubMilliseconds
      try ledger.keep(note, of: reply.hubKey.replica)
    }
    return !outcome.converged && !now.segments.isEmpty
  }

  /// Sends `request` and notes what every reply tells.
  private func ask(_ request: SyncRequest) async throws(SatchelError) -> SyncReply {
    if Task.isCancelled { throw SatchelError(.cancelled) }
    let before = peer.traffic
    var request = request
    request.bytesMax = budget.bytes
    let reply = try await peer.exchange(request)
    budget.learn(from: before, to: peer.traffic)
    guard expected == nil || reply.hubKey == expected else {
      throw SatchelError(.hubChanged, subject: reply.hubKey.replica.description)
    }
    peerID = reply.hubKey.replica
    outcome.hubKey = reply.hubKey
    outcome.hubMilliseconds = reply.hubMilliseconds
    outcome.channels = reply.channels
    if !hasCorrectedClock {
      hasCorrectedClock = true
      try correctClock(reply.hubMilliseconds)
    }
    return reply
  }

  private func count(sent batch: SegmentBatch?, admitted: Admission) {
    outcome.recordsSent += batch?.segments.reduce(0) { $0 + $1.count } ?? 0
    outcome.recordsReceived += admitted.records
    report(
      RoundProgress(
        recordsSent: outcome.recordsSent, recordsReceived: outcome.recordsReceived))
  }
}

// MARK: - Repair

extension Round {
  /// Finds what differs and sends it both ways; `false` when nothing was found that another try could mend.
  private func repair() async throws(SatchelError) -> Bool {
    let scope = note.scope ?? .learners([])
    var plan = Repair.Plan()
    var ranges = try Repair.open(ledger, scope: scope)
    for _ in 0..<Self.refinementsMax where !ranges.isEmpty {
      outcome.repairs += 1
      let reply = try await ask(
        SyncRequest(
          epoch: note.epoch, cursor: 0, fingerprint: try ledger.summary(of: scope).fingerprint,
          scopeTag: scope.tag, ranges: ranges))
      note.epoch = reply.epoch
      if try finishes(reply) { return true }
      ranges = try Repair.compare(reply.ranges, scope: scope, ledger: ledger, into: &plan)
    }
    if plan.isEmpty { return false }
    let before = (outcome.recordsSent, outcome.recordsReceived)
    var transfer = RepairTransfer(plan, scope: scope)
    while try await step(&transfer) {}
    return before != (outcome.recordsSent, outcome.recordsReceived)
  }

  /// Whether both sides were found equal, as when a third one mended the difference.
  private func finishes(_ reply: SyncReply) throws(SatchelError) -> Bool {
    _ = try compare(with: reply)
    return outcome.converged
  }

  /// One exchange of what was found to differ; `true` when another is needed.
  private func step(_ transfer: inout RepairTransfer) async throws(SatchelError) -> Bool {
    outcome.repairs += 1
    let batch = try transfer.nextOffer(from: ledger, bytesMax: budget.bytes)
    let request = try transfer.request(offering: batch, note: note, ledger: ledger)
    let reply: SyncReply
    do {
      reply = try await ask(request)
    } catch {
      // The hub holds less of a stream, or another branch, than its head told: it gets the whole.
      return try transfer.widenOwed(after: error)
    }
    count(sent: batch, admitted: Admission(records: 0))
    transfer.sent(batch)
    try Exchange.check(reply, within: transfer.scope)
    let admission: Admission
    do {
      admission = try ledger.admit(
        reply.offered, from: reply.hubKey.replica, hubMilliseconds: reply.hubMilliseconds,
        note: nil)
    } catch {
      return try transfer.widenWanted(after: error)
    }
    count(sent: nil, admitted: admission)
    if try transfer.received(reply) { return true }
    _ = try compare(with: reply)
    return false
  }
}
