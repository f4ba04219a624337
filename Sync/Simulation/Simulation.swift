package import Foundation
package import SatchelCore
import SatchelStore
import SatchelSync

/// A class over some weeks: laptops that record offline, meet hubs over bad lines, carry sticks, are copied, put back and
/// misdated.
///
/// In the end all faults stop, everybody meets, and ``Verdict`` says whether every record that somebody still held is
/// everywhere, once. The same plan gives the same digest.
package struct SimulationPlan: Sendable {
  package var seed: UInt64
  /// Laptops at the start; copies come on top.
  package var replicas = 4
  package var hubs = 2
  package var learners = 5
  /// What happens one after the other: a lesson, a round, a mishap.
  package var steps = 100
  package var faults = Set(Fault.allCases)

  package init(seed: UInt64) { self.seed = seed }
}

/// What a simulation came to.
package struct SimulationOutcome: Equatable, Sendable {
  /// Rounds that were begun, those that failed among them.
  package var rounds = 0
  package var failedRounds = 0
  package var repairs = 0
  package var faults: [Fault: Int] = [:]
  package var machines = 0
  package var records = 0
  /// Branches that copies of one device made.
  package var branches = 0
  /// Each one sentence; empty when all that must hold does.
  package var problems: [String] = []
  /// Of all that happened and all that is held in the end.
  package var digest = Hash256.zero

  package var converged: Bool { problems.isEmpty }

  package init() {}

  /// Adds the figures of another run.
  package mutating func add(_ other: SimulationOutcome) {
    rounds += other.rounds
    failedRounds += other.failedRounds
    repairs += other.repairs
    faults.merge(other.faults, uniquingKeysWith: +)
    machines += other.machines
    records += other.records
    branches += other.branches
    problems += other.problems
  }
}

/// Runs one plan.
package final class Simulation {
  private static let start: Int64 = 1_790_000_000_000
  private static let machinesMax = 40

  let plan: SimulationPlan
  let weather: SimulatedLine.Shared
  private let folder: URL
  private let entropy: Entropy
  private(set) var laptops: [Machine] = []
  private(set) var hubs: [Machine] = []
  private(set) var outcome = SimulationOutcome()
  /// What was recorded and must be everywhere in the end.
  private(set) var expected: Set<RecordID> = []
  private var dice: SimulationDice
  private var now = start
  private var trace = SHA256Digest()
  private var inodes: UInt64 = 0

  /// - Parameter folder: empty; in memory it goes ten times faster.
  package init(_ plan: SimulationPlan, in folder: URL) throws(SatchelError) {
    self.plan = plan
    self.folder = folder
    dice = SimulationDice(seed: plan.seed)
    entropy = Entropy(seed: plan.seed)
    weather = SimulatedLine.Shared(
      SimulatedLine.Weather(dice: SimulationDice(seed: ~plan.seed), faults: plan.faults))
    for number in 0..<plan.hubs {
      hubs.append(
        try Machine(
          "hub-\(number)", isHub: true, scope: .everyone, folder: folder, entropy: entropy,
          place: nextPlace()))
    }
    for number in 0..<plan.replicas {
      // Every third laptop may see two learners only.
      let scope: Scope = number % 3 == 2 ? .learners([learner(0), learner(number)]) : .everyone
      laptops.append(
        try Machine(
          "laptop-\(number)", isHub: false, scope: scope, folder: folder, entropy: entropy,
          place: nextPlace()))
    }
  }

  package func run() async throws(SatchelError) -> SimulationOutcome {
    for _ in 0..<plan.steps {
      now += Int64(dice.roll(1_000...40_000_000))
      try await step()
    }
    try await settle()
    outcome.machines = laptops.count + hubs.count
    outcome.faults.merge(weather.state.withLock { $0.counts }, uniquingKeysWith: +)
    let verdict = try Verdict(of: self)
    outcome.problems = verdict.problems
    outcome.records = verdict.records
    outcome.branches = verdict.branches
    trace.update(verdict.fingerprint.bytes)
    outcome.digest = Hash256(bytes: trace.bytes) ?? .zero
    return outcome
  }

  func learner(_ number: Int) -> LearnerID {
    LearnerID(high: 0, low: UInt64(number % plan.learners) + 1)
  }

  private func nextPlace() -> StorePlace {
    inodes += 1
    return StorePlace(inode: inodes, machine: "simulated")
  }

  private func note(_ event: String) { trace.update(Array((event + "\n").utf8)) }

  private func happens(_ fault: Fault, oneIn: Int) -> Bool {
    guard plan.faults.contains(fault), dice.chance(oneIn) else { return false }
    outcome.faults[fault, default: 0] += 1
    return true
  }
}

// MARK: - What happens

extension Simulation {
  private func step() async throws(SatchelError) {
    try deliverLate()
    if happens(.clock, oneIn: 12) { setClock(of: dice.pick(laptops)) }
    if happens(.fork, oneIn: 25), laptops.count < Self.machinesMax { try copy(dice.pick(laptops)) }
    if plan.faults.contains(.restore), dice.chance(12) { try dice.pick(laptops + hubs).backUp() }
    if plan.faults.contains(.restore), dice.chance(25) { try restoreSomebody() }
    if dice.chance(8) { try carry(from: dice.pick(laptops + hubs), to: dice.pick(laptops + hubs)) }
    switch dice.roll(1...10) {
    case 1...5: try lesson(on: dice.pick(laptops))
    case 6...9: try await meet(dice.pick(laptops), dice.pick(hubs))
    default:
      if hubs.count > 1 { try await meet(hubs[1], hubs[0]) }
    }
  }

  private func lesson(on laptop: Machine) throws(SatchelError) {
    for _ in 0..<dice.roll(1...6) {
      now += Int64(dice.roll(500...90_000))
      let who = try pupil(of: laptop)
      let item = ItemID(checked: "item-\(dice.roll(1...12))")
      let skill = SkillID(checked: "skill-\(dice.roll(1...3))")
      let attempt = Attempt(item: item, skills: [skill], isCorrect: dice.chance(2))
      let moment = laptop.moment(at: now)
      let place = try laptop.store.append(
        Draft(
          learner: who, event: .attempt(attempt), wallMilliseconds: moment.wallMilliseconds),
        at: moment)
      expected.insert(place.record)
      note("\(laptop.name) recorded \(place.record)")
    }
  }

  private func pupil(of laptop: Machine) throws(SatchelError) -> LearnerID {
    switch laptop.scope {
    case .everyone: learner(dice.roll(0...plan.learners - 1))
    case .learners(let learners): dice.pick(learners.sorted())
    }
  }

  private func setClock(of laptop: Machine) {
    let years = Int64(dice.pick([-56, -26, -1, 0, 0, 1, 12, 64]))
    laptop.clockError = years * 365 * 86_400_000 + Int64(dice.roll(-90_000...90_000))
    laptop.session = UInt32(dice.roll(2...1_000_000)) * 2
    note("\(laptop.name) clock \(laptop.clockError)")
  }

  /// The same disk image on another laptop; one in two cannot be told from its original.
  private func copy(_ laptop: Machine) throws(SatchelError) {
    let place = dice.chance(2) ? laptop.place : nextPlace()
    let clone = try Machine("laptop-\(laptops.count)", copying: laptop, place: place)
    laptops.append(clone)
    note("\(clone.name) copied from \(laptop.name)")
  }

  private func restoreSomebody() throws(SatchelError) {
    let candidates = (laptops + hubs).filter { $0.backup != nil }
    guard !candidates.isEmpty else { return }
    let machine = dice.pick(candidates)
    outcome.faults[.restore, default: 0] += 1
    try expectWhatOthersHold(after: machine)
    try machine.restore(place: dice.chance(2) ? machine.place : nextPlace())
    note("\(machine.name) put back")
  }

  /// What only this machine held since its backup is lost with it, and nobody can be blamed.
  private func expectWhatOthersHold(after machine: Machine) throws(SatchelError) {
    var lost = try machine.recordIDs().subtracting(machine.backup ?? [])
    for other in laptops + hubs where other !== machine && !lost.isEmpty {
      lost.subtract(try other.recordIDs())
    }
    expected.subtract(lost)
  }

  private func deliverLate() throws(SatchelError) {
    let arriving = weather.state.withLock { weather -> [SimulatedLine.LateRequest] in
      let (now, later) = (
        weather.late.filter { _ in weather.dice.chance(3) }, weather.late.count
      )
      // Those that do not arrive now may never do.
      weather.late = later > 20 ? [] : weather.late
      return now
    }
    for request in arriving {
      guard let hub = hubs.first(where: { $0.name == request.hub }) else { continue }
      let key = try hub.key()
      _ = try? SimulatedLine.answer(
        request.bytes, scope: request.scope, hub: hub.store, key: key, now: now)
    }
  }
}

// MARK: - Sticks

extension Simulation {
  /// A bundle goes on a stick from one machine to another; the stick may lose or alter something.
  private func carry(from writer: Machine, to reader: Machine) throws(SatchelError) {
    guard writer !== reader else { return }
    let stick = folder.appendingPathComponent("stick.satchelbundle")
    defer { try? FileManager.default.removeItem(at: stick) }
    var order = Bundling.Order(milliseconds: writer.wall(at: now))
    order.scope = writer.scope
    order.isSinceLast = dice.chance(3)
    do {
      _ = try Bundling.write(
        order, from: MortalLedger(writer, weather: weather), to: stick, signedBy: writer.key())
      try damage(stick)
      let license = Bundling.License(
        scope: reader.scope, refusesOutside: false, trustsClock: writer.isHub)
      let read = try Bundling.read(
        into: MortalLedger(reader, weather: weather), from: stick,
        milliseconds: reader.wall(at: now), judge: { _ in license })
      note("\(reader.name) read \(read.records) of \(writer.name)")
    } catch {
      note("\(reader.name) read nothing of \(writer.name): \(error.code.rawValue)")
    }
    try bury()
  }

  private func damage(_ stick: URL) throws(SatchelError) {
    let fault = weather.state.withLock { $0.strikes([.truncate, .corrupt]) }
    guard let fault else { return }
    do {
      var bytes = try Data(contentsOf: stick)
      let place = dice.roll(0...bytes.count - 1)
      if fault == .truncate { bytes = bytes.prefix(place) } else { bytes[place] ^= 4 }
      try bytes.write(to: stick)
    } catch {
      throw SatchelError(.fileUnreadable, subject: "stick")
    }
  }
}

// MARK: - Rounds

extension Simulation {
  /// One round as a replica runs it: again at once when it took a new identity.
  private func meet(_ machine: Machine, _ hub: Machine) async throws(SatchelError) {
    let before = try machine.key()
    await round(machine, hub, as: before)
    try bury()
    let after = try machine.key()
    if after.publicKey != before.publicKey {
      await round(machine, hub, as: after)
      try bury()
    }
  }

  private func round(_ machine: Machine, _ hub: Machine, as key: SigningKey) async {
    outcome.rounds += 1
    do {
      let report = try await story(machine, hub, as: key).run()
      outcome.repairs += report.repairs
      note("\(machine.name) met \(hub.name): \(report.converged) \(report.fingerprint)")
    } catch {
      outcome.failedRounds += 1
      note("\(machine.name) met \(hub.name): \(error.code.rawValue)")
    }
  }

  private func story(_ machine: Machine, _ hub: Machine, as key: SigningKey) throws(SatchelError)
    -> Round
  {
    let line = try SimulatedLine(
      to: hub, as: key, scope: machine.scope, at: now, weather: weather)
    let hubKey = try hub.key().publicKey
    let isKnown = try machine.store.note(of: hubKey.replica).epoch != 0
    let (store, moment, isHub) = (machine.store, machine.moment(at: now), machine.isHub)
    return Round(
      ledger: MortalLedger(machine, weather: weather), peer: line,
      expected: isKnown ? hubKey : nil,
      correctClock: { hub throws(SatchelError) in
        if !isHub { _ = try store.correctClocks(at: moment, hubMilliseconds: hub) }
      })
  }

  /// A process that died starts again.
  private func bury() throws(SatchelError) {
    let dead = weather.state.withLock { weather -> String? in
      defer { weather.dead = nil }
      return weather.dead
    }
    try (laptops + hubs).first { $0.name == dead }?.crash()
  }

  /// The faults are over: everybody meets until nothing moves.
  private func settle() async throws(SatchelError) {
    outcome.faults.merge(weather.state.withLock { $0.counts }, uniquingKeysWith: +)
    weather.state.withLock {
      $0 = SimulatedLine.Weather(dice: $0.dice, faults: [])
    }
    for laptop in laptops { laptop.clockError = 0 }
    // Two passes bring everything to every hub and back; a third lets new identities' last words through.
    for _ in 0..<3 {
      now += 60_000
      for (index, laptop) in laptops.enumerated() {
        try await meet(laptop, hubs[index % hubs.count])
      }
      for hub in hubs.dropFirst() { try await meet(hub, hubs[0]) }
    }
    for (index, laptop) in laptops.enumerated() {
      try await meet(laptop, hubs[index % hubs.count])
    }
  }
}
