import SatchelCore
import SatchelStore

/// What must hold when everybody has met, whatever happened before.
struct Verdict {
  private(set) var problems: [String] = []
  private(set) var records = 0
  private(set) var branches = 0
  private(set) var fingerprint = Hash256.zero

  init(of simulation: Simulation) throws(SatchelError) {
    let hub = simulation.hubs[0]
    let summary = try hub.store.summary(of: .everyone)
    fingerprint = summary.fingerprint
    let held = try Self.census(of: hub)
    records = held.ids.count
    branches = try hub.store.examine(.quick).forks
    let missing = simulation.expected.subtracting(held.ids)
    if !missing.isEmpty { problems.append("\(missing.count) records are nowhere") }
    for machine in simulation.hubs + simulation.laptops { try judge(machine, hub, held) }
  }

  private struct Census {
    var ids: Set<RecordID> = []
    var learners: [RecordID: LearnerID] = [:]
    var hasTwins = false
  }

  private static func census(of machine: Machine) throws(SatchelError) -> Census {
    var out = Census()
    try machine.store.forEachRecord { placed in
      for one in placed {
        if !out.ids.insert(one.record.id).inserted { out.hasTwins = true }
        out.learners[one.record.id] = one.record.learner
      }
    }
    return out
  }

  private mutating func judge(_ machine: Machine, _ hub: Machine, _ held: Census)
    throws(SatchelError)
  {
    let scope = machine.scope
    // INV-converge.
    if try machine.store.summary(of: scope).fingerprint != hub.store.summary(of: scope).fingerprint
    {
      problems.append("\(machine.name) has another fingerprint than \(hub.name)")
    }
    // INV-append, INV-fork: every record, once.
    let own = try Self.census(of: machine)
    let due = held.ids.filter { held.learners[$0].map(scope.contains) ?? false }
    if own.ids != due { problems.append("\(machine.name) holds other records than \(hub.name)") }
    if own.hasTwins { problems.append("\(machine.name) holds a record twice") }
    // INV-merge: chains, signatures, and folds against a fold from nothing.
    problems += try machine.store.examine(.deep).problems.map { "\(machine.name): \($0)" }
  }
}
