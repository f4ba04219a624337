import ArgumentParser
import Foundation
import Satchel

/// `satchel bench`: what Satchel takes, beside a reference measured in the same run on the same machine.
struct Bench: AsyncParsableCommand {
  enum Subject: String, CaseIterable, ExpressibleByArgument {
    case record, next, infer, open, sync, memory, size, school

    /// What is measured when nothing is named.
    static let usual: [Subject] = [.record, .next, .infer, .open, .sync, .memory]
  }

  static let configuration = CommandConfiguration(
    abstract: "Measure against references in the same run.",
    discussion: """
      Example: satchel bench record next --json

      Times are CPU or wall time as the unit says; a ratio is value over reference, both of this run. size tells how \
      large --library is; open starts --client as well, where one is given (make bench-size). school fills the hub's store of \
      --store with what many replicas wrote, for Tests/Benchmarks/volume.py.
      """)

  @Argument(
    help:
      "record, next, infer, open, sync, memory, size, school; all but the last two when none is named."
  )
  var subjects: [Subject] = Subject.usual

  @Option(
    help: ArgumentHelp("school: the hub's store; it must hold no records.", valueName: "path"))
  var store: String?

  @Option(help: "school: how many learners.")
  var learners = 10_000

  @Option(help: "school: how many replicas.")
  var replicas = 1_000

  @Option(help: ArgumentHelp("size: a stripped libsatchel.so.", valueName: "file"))
  var library: String?

  @Option(help: ArgumentHelp("open: a program to start on 10,000 items.", valueName: "program"))
  var client: String?

  @Flag(help: "One JSON object.")
  var json = false

  func validate() throws {
    guard subjects.contains(.school) == (store != nil) else {
      throw ValidationError("school, and nothing else, takes --store.")
    }
    guard subjects.contains(.size) == (library != nil) else {
      throw ValidationError("size, and nothing else, takes --library.")
    }
    guard client == nil || subjects.contains(.open) else {
      throw ValidationError("--client is for open.")
    }
    guard (1...1_000_000).contains(learners), (1...100_000).contains(replicas) else {
      throw ValidationError("--learners takes 1 to 1000000, --replicas 1 to 100000.")
    }
  }

  func run() async throws {
    let folder = try BenchFolder()
    defer { folder.remove() }
    var results: [BenchResult] = []
    for subject in subjects {
      FileHandle.standardError.write(Data("measuring \(subject.rawValue)\n".utf8))
      switch subject {
      case .record: results += try RecordBench(folder).run()
      case .next: results += try NextBench(folder).run()
      case .infer: results += try InferBench().run()
      case .open:
        results += try OpenBench(folder).run()
        if let client {
          results += try ClientBench(folder).start(URL(fileURLWithPath: client))
        }
      case .size: results += try ClientBench.size(library: URL(fileURLWithPath: library ?? ""))
      case .memory: results += try MemoryBench().run()
      case .sync: results += try await SyncBench(folder).run()
      case .school:
        results += try SchoolBench(learners: learners, replicas: replicas).run(
          into: URL(fileURLWithPath: store ?? ""))
      }
    }
    print(try json ? BenchResult.json(results) : BenchResult.table(results))
  }
}

/// One figure beside its reference.
struct BenchResult: Encodable {
  let name: String
  let value: Double
  let unit: String
  /// Of the reference, in the same unit; `nil` where a figure stands alone.
  let reference: Double?
  /// value / reference
  let ratio: Double?

  init(_ name: String, _ value: Double, _ unit: String, reference: Double? = nil) {
    self.name = name
    self.value = value
    self.unit = unit
    self.reference = reference
    ratio = reference.map { value / $0 }
  }

  static func json(_ results: [BenchResult]) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(["results": results]), as: UTF8.self)
  }

  static func table(_ results: [BenchResult]) -> String {
    results.map { result in
      func number(_ value: Double) -> String { String(format: "%.3g", value) }
      let beside = result.reference.map { "reference \(number($0))" } ?? ""
      let ratio = result.ratio.map { "ratio \(number($0))" } ?? ""
      return [result.name, "\(number(result.value)) \(result.unit)", beside, ratio]
        .filter { !$0.isEmpty }.joined(separator: "\t")
    }.joined(separator: "\n")
  }
}

/// A folder for one run, on the disk that holds temporary files.
struct BenchFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory
      .appendingPathComponent("satchel-bench-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  func file(_ name: String) -> URL { url.appendingPathComponent(name) }

  func remove() { try? FileManager.default.removeItem(at: url) }
}

/// Clocks in seconds.
enum Stopwatch {
  /// CPU time of this process, all threads.
  static func cpu(_ body: () throws -> Void) rethrows -> Double {
    try elapsed(on: CLOCK_PROCESS_CPUTIME_ID, body)
  }

  static func wall(_ body: () throws -> Void) rethrows -> Double {
    try elapsed(on: CLOCK_MONOTONIC, body)
  }

  private static func elapsed(on clock: clockid_t, _ body: () throws -> Void) rethrows -> Double {
    let start = now(clock)
    try body()
    return now(clock) - start
  }

  /// CPU time so far of another process, all its threads, those that ended too.
  static func cpu(of process: pid_t) throws(SatchelError) -> Double {
    var clock = clockid_t()
    guard clock_getcpuclockid(process, &clock) == 0 else {
      throw SatchelError(.hubFailed, subject: "\(process)", cause: "no CPU clock")
    }
    return now(clock)
  }

  static func now(_ clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }
}
