import Foundation
import Satchel
import SatchelTestSupport
import Testing

/// What the program reads and writes beside the store.
@Suite struct `Files on the command line` {
  private let course = Shell.source.appendingPathComponent("Fixtures/course").path

  private func bytes(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
  }

  @Test func `a newer or a foreign store is not changed by one byte`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    try shell.satchel("init")
    let newer = shell.file("newer.sqlite")
    var header = try bytes(shell.store)
    header.replaceSubrange(60..<64, with: [0, 0, 0, 99])
    try header.write(to: URL(fileURLWithPath: newer))
    let foreign = try shell.write(
      String(repeating: "not a store ", count: 50), to: "foreign.sqlite")
    for (path, code) in [(newer, "store.newer"), (foreign, "store.foreign")] {
      let before = try bytes(path)
      for command in [["init"], ["doctor", "--rebuild"], ["learner", "add"]] {
        let answer = try shell.satchel(command + ["--store", path, "--json"])
        #expect(answer.status == 78)
        #expect(answer.errorCode == code)
      }
      #expect(try bytes(path) == before)
    }
  }

  /// As it is after an upgrade of Satchel, when the model that served is of a version that is no longer read.
  @Test func `doctor says that the active model cannot be read`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    try shell.satchel("init")
    #expect(try shell.satchel("doctor", "--json").json["ok"] as? Bool == true)
    let model = Array(try bytes(SourceTree.file("Fixtures/model/first.safetensors").path))
    try Replica(at: URL(fileURLWithPath: shell.store), creating: false).store.shelve(
      model: foreignModel(model), channel: "stable", version: 1, manifest: nil, trial: nil,
      activating: true, at: 0)

    let answer = try shell.satchel("doctor", "--json")

    #expect(answer.status == 1)
    let problems = try #require(answer.json["problems"] as? [String])
    #expect(problems.count == 1 && problems[0].contains("file version 9"))
  }

  @Test func `the same course, key and time give the same pack`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let key = shell.file("publisher.key")
    let packs = try ["a", "b"].map { name in
      let answer = try shell.satchel(
        "pack", course, "--out", shell.file(name), "--key", key, "--json",
        environment: ["SOURCE_DATE_EPOCH": "1800000000"])
      #expect(answer.status == 0, "\(answer.error)")
      return try bytes(shell.file(name))
    }
    #expect(packs[0] == packs[1])
    let mode = try FileManager.default.attributesOfItem(atPath: key)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func `a new publisher is taken only with --trust`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    try shell.satchel("init")
    for (version, name) in [("1", "first"), ("2", "second")] {
      try shell.satchel(
        "pack", course, "--out", shell.file(name), "--key", shell.file("\(name).key"),
        "--pack-version", version)
    }
    #expect(try shell.satchel("import", shell.file("first")).status == 0)

    let refused = try shell.satchel("import", shell.file("first"), shell.file("second"), "--json")
    let taken = try shell.satchel("import", "--trust", shell.file("second"))

    #expect(refused.status == 65)
    #expect(refused.errorCode == "pack.foreignPublisher")
    #expect((refused.json["imports"] as? [Any])?.count == 1, "the file before it was imported")
    #expect(taken.status == 0)
  }

  @Test func `a class is simulated, trained on and judged, and the same seed gives the same`()
    throws
  {
    let shell = try Shell()
    defer { shell.remove() }
    func simulate(_ name: String) throws {
      let answer = try shell.satchel(
        "simulate-class", "--course", course, "--learners", "30", "--answers", "20", "--seed", "7",
        "--out", shell.file(name), "--json")
      #expect(answer.status == 0, "\(answer.error)")
    }
    for name in ["a.csv", "a.csv.gz", "b.csv.gz"] { try simulate(name) }
    #expect(try bytes(shell.file("a.csv.gz")) == bytes(shell.file("b.csv.gz")))
    #expect(try shell.bash("gunzip -c a.csv.gz | cmp - a.csv").status == 0)

    let names = try bytes(shell.file("a.csv")).split(separator: UInt8(ascii: "\n")).dropFirst()
      .compactMap { String(decoding: $0, as: UTF8.self).split(separator: ",").first }
    let learners = Set(names).sorted()
    let folds = learners.enumerated().map { "\($1),\($0 % 5)\n" }.joined()
    let foldsFile = try shell.write("learner,fold\n" + folds, to: "folds.csv")
    let trained = try shell.satchel(
      "train", shell.file("a.csv.gz"), "--out", shell.file("m.safetensors"), "--folds-file",
      foldsFile, "--fold", "1", "--epochs", "1", "--predictions", shell.file("p.csv"), "--json")
    #expect(trained.status == 0, "\(trained.error)")
    for field in ["model", "bytes", "parameters", "train", "validation", "test", "seconds"] {
      #expect(trained.json[field] != nil, "\(field)")
    }
    let judged = try shell.satchel(
      "evaluate", shell.file("m.safetensors"), shell.file("a.csv"), "--folds-file", foldsFile,
      "--fold", "1", "--predictions", shell.file("q.csv"), "--json")
    let (test, again) = (
      trained.json["test"] as? [String: Any], judged.json["test"] as? [String: Any]
    )
    for figure in ["auc", "accuracy", "recall", "precision", "log_loss", "rmse", "ece"] {
      #expect(test?[figure] as? Double == again?[figure] as? Double, "\(figure)")
    }
    #expect(try bytes(shell.file("p.csv")) == bytes(shell.file("q.csv")))
    let rows = try bytes(shell.file("p.csv")).count { $0 == UInt8(ascii: "\n") } - 1
    let places = Dictionary(uniqueKeysWithValues: learners.enumerated().map { ($1, $0) })
    #expect(rows == names.count { name in places[name].map { $0 % 5 } == 1 })
  }

  @Test func `what is not in this version is refused by name`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let answer = try shell.satchel("train", "a.csv", "--out", "m", "--private", "2", "--json")
    #expect(answer.status == 64)
    #expect(answer.errorCode == "usage.wrong")
    #expect(try shell.satchel("evaluate", "a.csv", "--cross-validate", "2").status == 64)
  }
}
