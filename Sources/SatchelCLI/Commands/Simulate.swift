import ArgumentParser
import Foundation
import Satchel
import SatchelSimulation

struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "The sync protocol in virtual time, under faults, from a seed.",
    discussion: """
      Example: satchel simulate --seed 7 --replicas 5 --steps 200

      Real stores and the real engine over lines, disks and clocks that fail. In the end all faults stop, everybody
      meets, and every record must be everywhere, once; else the exit status is 1. The same seed gives the same digest.
      """)

  @Option(help: "What the dice start from.")
  var seed: UInt64 = 1

  @Option(help: "Laptops at the start, 1 to 16; copies come on top.")
  var replicas = 4

  @Option(help: "Hubs, 1 to 4.")
  var hubs = 2

  @Option(help: "Lessons, rounds and mishaps of one class.")
  var steps = 100

  @Option(
    help: ArgumentHelp(
      "What goes wrong: a list by comma, all or none.",
      discussion: Fault.allCases.map(\.rawValue).joined(separator: ", ")))
  var faults = "all"

  @Option(help: "Goes on with the next seeds until so many rounds were run.")
  var rounds = 0

  @OptionGroup var options: GlobalOptions

  func validate() throws {
    guard (1...16).contains(replicas), (1...4).contains(hubs), (0...1_000_000).contains(steps),
      rounds >= 0
    else {
      throw ValidationError(
        "--replicas takes 1 to 16, --hubs 1 to 4, --steps 0 to 1000000, --rounds 0 or more.")
    }
    _ = try chosenFaults()
  }

  func run() async throws {
    var total = SimulationOutcome()
    var seeds = 0
    var digest = SHA256Digest()
    let bar = options.progressBar(
      options.say("simulating", "模拟"), unit: "rounds", total: rounds > 0 ? rounds : nil)
    repeat {
      if Task.isCancelled { throw SatchelError(.cancelled) }
      let outcome = try await runOnce(seed &+ UInt64(seeds))
      seeds += 1
      total.add(outcome)
      digest.update(outcome.digest.bytes)
      for problem in outcome.problems {
        options.note("seed \(seed &+ UInt64(seeds - 1)): \(problem)")
      }
      bar.update(total.rounds)
    } while total.rounds < rounds
    bar.finish()
    answer(total, seeds: seeds, digest: Hash256(bytes: digest.bytes) ?? .zero)
    if !total.converged { throw ExitCode(1) }
  }

  private func runOnce(_ seed: UInt64) async throws -> SimulationOutcome {
    let folder = try Self.folder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var plan = SimulationPlan(seed: seed)
    plan.replicas = replicas
    plan.hubs = hubs
    plan.steps = steps
    plan.faults = try chosenFaults()
    return try await Simulation(plan, in: folder).run()
  }

  private func answer(_ total: SimulationOutcome, seeds: Int, digest: Hash256) {
    let faults = total.faults.sorted { $0.key < $1.key }
    let json: JSON = [
      "rounds": .integer(total.rounds), "failed_rounds": .integer(total.failedRounds),
      "repairs": .integer(total.repairs), "seeds": .integer(seeds),
      "records": .integer(total.records), "branches": .integer(total.branches),
      "faults": .object(faults.map { ($0.key.rawValue, JSON.integer($0.value)) }),
      "converged": .bool(total.converged), "digest": .string(digest.description),
      "problems": .array(total.problems.map { JSON.string($0) }),
    ]
    options.answer(json) {
      [
        options.say(
          "\(total.rounds) rounds, \(total.failedRounds) cut short, \(total.records) records",
          "\(total.rounds) 轮，其中 \(total.failedRounds) 轮中断，\(total.records) 条记录"),
        faults.map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", "),
        total.converged
          ? options.style.green(options.say("converged", "已一致"))
          : options.style.red(options.say("not converged", "未一致")),
        digest.description,
      ]
    }
  }

  private func chosenFaults() throws -> Set<Fault> {
    switch faults {
    case "all": return Set(Fault.allCases)
    case "none", "": return []
    default:
      return try Set(
        faults.split(separator: ",").map { name in
          guard let fault = Fault(rawValue: String(name)) else {
            throw ValidationError("--faults: \(name)")
          }
          return fault
        })
    }
  }

  /// In memory where there is a file system for that: a simulation flushes ten times a step.
  private static func folder() throws -> URL {
    let memory = URL(fileURLWithPath: "/dev/shm")
    let isThere = FileManager.default.isWritableFile(atPath: memory.path)
    let folder = (isThere ? memory : FileManager.default.temporaryDirectory)
      .appendingPathComponent("satchel-simulation-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return folder
  }
}
