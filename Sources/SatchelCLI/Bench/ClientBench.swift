import Foundation
import Satchel
import SatchelImport

/// A client as its user meets it: how large the library is, and how long a program takes from its start to the first
/// recommendation on a store of 10,000 items, with what memory.
struct ClientBench {
  private let folder: BenchFolder
  private let runs = 20

  init(_ folder: BenchFolder) { self.folder = folder }

  /// The size of a library; make it stripped, as it is shipped.
  static func size(library: URL) throws(SatchelError) -> [BenchResult] {
    let bytes = try? library.resolvingSymlinksInPath().resourceValues(forKeys: [.fileSizeKey])
    guard let bytes = bytes?.fileSize else {
      throw SatchelError(.fileMissing, subject: library.path)
    }
    return [BenchResult("size.library", Double(bytes) / 1e6, "MB")]
  }

  /// - Parameter client: a program that is started with the store and a learner, and prints a line when it has the first
  ///   recommendation, and ends at the end of its input (`Tests/Benchmarks/first.c`).
  func start(_ client: URL) throws -> [BenchResult] {
    let store = folder.file("ten-thousand.sqlite")
    let learner = try fill(store)
    // The first run brings the files into memory, as a laptop's second lesson finds them.
    _ = try ChildRun.run(client, [store.path, learner.description])
    let measured = try (0..<runs).map { _ in
      try ChildRun.run(client, [store.path, learner.description])
    }
    return [
      BenchResult("open.client", Stopwatch.median(measured.map(\.seconds)) * 1000, "ms"),
      BenchResult("open.client.least", (measured.map(\.seconds).min() ?? 0) * 1000, "ms"),
      BenchResult("open.client.cpu", Stopwatch.median(measured.map(\.cpuSeconds)) * 1000, "ms CPU"),
      BenchResult(
        "open.client.memory", Stopwatch.median(measured.map(\.residentMegabytes)), "MB resident"),
    ]
  }

  /// A course of 10,000 items with texts, and a learner who has answered 300 of them.
  private func fill(_ store: URL) throws -> LearnerID {
    let topic = try TopicID("all")
    let skills = try (0..<500).map { number in
      Skill(
        id: try SkillID("skill-\(number)"),
        title: LocalizedText(["en": "Skill \(number)", "zh": "技能 \(number)"]))
    }
    let items = try (0..<10_000).map { number in
      Item(
        id: try ItemID("item-\(number)"), topic: topic, kind: .answer,
        skills: [skills[number / 20].id], difficulty: Double(number % 10) / 10,
        question: LocalizedText(["en": "What is \(number) + \(number % 7)?"]),
        answers: ["\(number + number % 7)"],
        explanation: LocalizedText(["en": "Count on from \(number), \(number % 7) times."]))
    }
    let course = Course(
      id: try CourseID("ten-thousand"), title: LocalizedText(["en": "Ten thousand sums"]),
      topics: [Topic(id: topic, title: LocalizedText(["en": "All"]))])
    let pack = folder.file("ten-thousand.satchelpack")
    try Data(
      try Pack.write(
        content: Content(courses: [course], skills: skills, items: items), name: "ten-thousand",
        version: 1, channel: "stable", created: 0, key: .random())
    ).write(to: pack)
    let replica = try Replica(at: store)
    try replica.importPack(at: pack)
    _ = try replica.record(
      try BenchRows.make(learners: 1, each: 300, items: items.count), named: "learner")
    try replica.close()
    return LearnerID(external: "learner-0")
  }
}

/// One run of a program, from its start to its end.
struct ChildRun {
  /// From its start to its first line.
  let seconds: Double
  let cpuSeconds: Double
  /// The most that it held at once until its first line. Asked of /proc: what `wait4` tells begins with its parent's memory.
  let residentMegabytes: Double

  static func run(_ program: URL, _ arguments: [String]) throws(SatchelError) -> ChildRun {
    var (ends, waiting) = ([Int32](repeating: -1, count: 2), [Int32](repeating: -1, count: 2))
    guard pipe(&ends) == 0, pipe(&waiting) == 0 else { throw failure(program, errno) }
    _ = fcntl(waiting[1], F_SETFD, FD_CLOEXEC)
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, waiting[0], STDIN_FILENO)
    var words = ([program.path] + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    let start = Stopwatch.now(CLOCK_MONOTONIC)
    var child = pid_t()
    let code = posix_spawn(&child, program.path, &actions, nil, &words, environ)
    close(ends[1])
    close(waiting[0])
    guard code == 0 else {
      close(waiting[1])
      throw failure(program, code)
    }
    var byte: UInt8 = 0
    while read(ends[0], &byte, 1) == 1, byte != UInt8(ascii: "\n") {}
    let seconds = Stopwatch.now(CLOCK_MONOTONIC) - start
    let resident = residentMegabytes(of: child)
    // It ends at the end of its input.
    close(waiting[1])
    var (status, usage) = (Int32(), rusage())
    wait4(child, &status, 0, &usage)
    guard status == 0 else { throw failure(program, EPROTO) }
    let cpu = [usage.ru_utime, usage.ru_stime].reduce(0.0) {
      $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
    }
    return ChildRun(seconds: seconds, cpuSeconds: cpu, residentMegabytes: resident)
  }

  private static func residentMegabytes(of child: pid_t) -> Double {
    let status = (try? String(contentsOfFile: "/proc/\(child)/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
    return (line?.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
  }

  private static func failure(_ program: URL, _ code: Int32) -> SatchelError {
    SatchelError(.fileUnreadable, subject: program.path, cause: String(cString: strerror(code)))
  }
}
