import Foundation
import SatchelCore
import SatchelSimulation
import SatchelTestSupport
import Testing

@Suite struct `The protocol in virtual time` {
  private func outcome(of plan: SimulationPlan) async throws -> SimulationOutcome {
    let scratch = try Scratch()
    return try await Simulation(plan, in: scratch.folder).run()
  }

  /// Promise 5 and INV-converge; `make simulate` runs 10,000 rounds of this in an optimised build.
  @Test(arguments: 0..<6)
  func `converges whatever happens to lines, processes, disks and clocks`(run: Int) async throws {
    var dice = Dice.thrown(for: "simulation \(run)")
    var plan = SimulationPlan(seed: UInt64.random(in: 0 ... .max, using: &dice))
    plan.replicas = dice.roll(2...6)
    plan.steps = 60
    print(
      "simulation \(run): satchel simulate --seed \(plan.seed) --replicas \(plan.replicas) --steps 60"
    )
    let outcome = try await outcome(of: plan)
    #expect(outcome.problems == [])
    #expect(outcome.records > 0)
  }

  @Test(arguments: Fault.allCases)
  func `converges under each fault alone`(fault: Fault) async throws {
    var plan = SimulationPlan(seed: 11)
    plan.faults = [fault]
    let outcome = try await outcome(of: plan)
    #expect(outcome.problems == [])
    #expect(outcome.faults[fault, default: 0] > 0)
  }

  @Test func `runs again exactly as it ran`() async throws {
    var plan = SimulationPlan(seed: 5)
    plan.steps = 60
    let first = try await outcome(of: plan)
    #expect(try await outcome(of: plan) == first)
    plan.seed = 6
    #expect(try await outcome(of: plan).digest != first.digest)
  }
}
