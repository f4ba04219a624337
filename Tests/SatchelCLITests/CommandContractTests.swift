import Foundation
import Satchel
import Testing

/// What scripts depend on: the fields of `--json` and the exit statuses of spec/cli.md.
@Suite final class `The command line, as other programs see it` {
  /// Removed with the test.
  private var shells: [Shell] = []

  deinit { for shell in shells { shell.remove() } }

  static let pack = Shell.source.appendingPathComponent(
    "Fixtures/course/arithmetic-to-algebra.satchelpack"
  ).path

  /// A store with the fixture course and a learner named Mei.
  private func classroom() throws -> Shell {
    let shell = try Shell()
    shells.append(shell)
    try #require(try shell.satchel("init").status == 0)
    try #require(try shell.satchel("import", Self.pack).status == 0)
    try #require(try shell.satchel("learner", "add", "--name", "Mei").status == 0)
    return shell
  }

  /// Each command with the fields that its answer must have.
  @Test(arguments: [
    ("init", ["store", "replica", "created"]),
    ("import PACK", ["imports"]),
    ("learner add --name Tom", ["learner", "name"]),
    ("record Mei add-within-20-02 --correct", ["record", "stream", "seq", "mastery"]),
    ("feedback Mei add-within-20-02 --kind too-easy", ["stream", "seq"]),
    ("next Mei -n 3 --explain", ["recommendations", "milliseconds"]),
    ("progress Mei", ["learner", "records", "skills"]),
    ("search 分数", ["hits"]),
    ("model list", ["active", "versions"]),
    (
      "doctor --deep",
      ["ok", "records", "streams", "learners", "items", "fingerprint", "problems"]
    ),
    ("record --from CSV", ["records", "added", "learners", "items", "seconds"]),
  ])
  func `answers with the fields that were promised`(command: String, fields: [String]) throws {
    let shell = try classroom()
    let csv = shell.folder.appendingPathComponent("rows.csv")
    try "learner,item,skill,correct,timestamp_ms,duration_ms\np1,i1,s1;s2,1,,\n".write(
      to: csv, atomically: true, encoding: .utf8)
    let words = command.replacingOccurrences(of: "PACK", with: Self.pack)
      .replacingOccurrences(of: "CSV", with: csv.path).split(separator: " ").map(String.init)
    let answer = try shell.satchel(words + ["--json"])
    #expect(answer.status == 0, "\(answer.error)")
    let object = try JSONSerialization.jsonObject(with: Data(answer.out.utf8)) as? [String: Any]
    for field in fields { #expect(object?[field] != nil, "\(field) in \(answer.out)") }
  }

  /// Each mistake with its exit status and error code; afterwards the store is as it was.
  @Test(arguments: [
    ("record Mei add-within-20-02", 64, "usage.wrong"),
    ("nonsense", 64, "usage.wrong"),
    ("record Mei none --correct", 65, "item.unknown"),
    ("record Nobody add-within-20-02 --correct", 65, "learner.unknown"),
    ("next Mei --goal none", 65, "skill.unknown"),
    ("import none.satchelpack", 66, "file.missing"),
    ("import ALTERED", 65, "pack.hashMismatch"),
    ("import GARBAGE", 65, "file.malformed"),
    ("record --from BADROWS", 65, "rows.malformed"),
    ("record --from GARBAGE", 65, "file.malformed"),
    ("model use NAN", 65, "model.notFinite"),
    ("model use GARBAGE", 65, "model.malformed"),
    ("sync http://127.0.0.1:1", 69, "hub.unreachable"),
    ("sync http://hub.example", 77, "hub.insecure"),
    ("next Mei --store NONE", 66, "store.missing"),
    ("next Mei --store GARBAGE", 78, "store.foreign"),
    ("next Mei --store NEWER", 78, "store.newer"),
  ])
  func `says what is wrong, and leaves the store as it was`(
    command: String, status: Int, code: String
  ) throws {
    let shell = try classroom()
    let before = try shell.satchel("doctor", "--deep", "--json").out
    let words = try command.split(separator: " ").map { try file(named: String($0), in: shell) }

    let answer = try shell.satchel(words + ["--json"])

    #expect(Int(answer.status) == status, "\(answer.out) \(answer.error)")
    let object = try JSONSerialization.jsonObject(with: Data(answer.out.utf8)) as? [String: Any]
    let error = try #require(object?["error"] as? [String: Any])
    #expect(error["code"] as? String == code)
    #expect(Set(error.keys) == ["code", "subject", "message", "hint"])
    #expect(!answer.error.isEmpty)
    #expect(try shell.satchel("doctor", "--deep", "--json").out == before)
  }

  /// Makes the hostile file that a word in capitals names; other words stay.
  private func file(named word: String, in shell: Shell) throws -> String {
    let url = shell.folder.appendingPathComponent(word.lowercased())
    switch word {
    case "GARBAGE":
      try Data((0..<500).map { UInt8(truncatingIfNeeded: $0 &* 37) }).write(to: url)
    case "ALTERED":
      var bytes = try Data(contentsOf: URL(fileURLWithPath: Self.pack))
      bytes[bytes.count - 20] ^= 4
      try bytes.write(to: url)
    case "BADROWS":
      try "learner,item,skill,correct\np1,i1,s1,1\np2,i2,s1,maybe\n".write(
        to: url, atomically: true, encoding: .utf8)
    case "NAN":
      try modelWithNaN().write(to: url)
    case "NEWER":
      try shell.satchel("init", "--store", url.path)
      var bytes = try Data(contentsOf: url)
      bytes[63] = 99
      try bytes.write(to: url)
    case "NONE": break
    default: return word
    }
    return url.path
  }

  /// The shipped model with one weight of its largest tensor made NaN.
  private func modelWithNaN() throws -> Data {
    let model = Shell.source.appendingPathComponent("Fixtures/model/first.safetensors")
    var bytes = try Data(contentsOf: model)
    let headerBytes = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = try #require(
      try JSONSerialization.jsonObject(with: bytes[8..<8 + headerBytes]) as? [String: Any])
    let tensors = header.values.compactMap { $0 as? [String: Any] }
      .filter { $0["dtype"] as? String == "F32" }
      .compactMap { $0["data_offsets"] as? [Int] }
    let largest = try #require(tensors.max { $0[1] - $0[0] < $1[1] - $1[0] })
    let place = 8 + headerBytes + largest[0]
    bytes.replaceSubrange(place..<place + 4, with: Data([0, 0, 0xC0, 0x7F]))
    return bytes
  }

  @Test func `names the bad rows by their lines, and takes the rest when told to`() throws {
    let shell = try classroom()
    let rows = try file(named: "BADROWS", in: shell)
    let refused = try shell.satchel("record", "--from", rows)
    #expect(refused.status == 65 && refused.error.contains("3"))
    let taken = try shell.satchel("record", "--from", rows, "--skip-bad-rows", "--json")
    #expect(taken.status == 0 && taken.out.contains("\"added\":1"))
    let again = try shell.satchel("record", "--from", rows, "--skip-bad-rows", "--json")
    #expect(again.out.contains("\"added\":0"))
  }

  @Test func `prints an id only of what is on disk`() throws {
    let shell = try classroom()
    let printed = try (1...3).map { _ in
      let answer = try shell.satchel("record", "Mei", "add-within-20-02", "--wrong", "--json")
      let object = try JSONSerialization.jsonObject(with: Data(answer.out.utf8)) as? [String: Any]
      return try #require(object?["record"] as? String)
    }
    let held = try shell.satchel("records", "--ids").out.split(separator: "\n").map(String.init)
    #expect(Set(held) == Set(printed))
  }

  @Test func `speaks Chinese when asked`() throws {
    let shell = try classroom()
    let next = try shell.satchel("next", "Mei", "--explain", "--lang", "zh").out
    #expect(next.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) })
    let wrong = try shell.satchel("next", "Nobody", "--lang", "zh")
    #expect(wrong.error.contains("没有这个学习者"))
  }

  @Test func `plans a way to a goal`() throws {
    let shell = try classroom()
    let answer = try shell.satchel(
      "path", "Mei", "--goal", "add-fractions-unlike", "-n", "4", "--json")
    let plan = try #require(
      try JSONSerialization.jsonObject(with: Data(answer.out.utf8)) as? [String: Any])
    let steps = try #require(plan["steps"] as? [[String: Any]])
    #expect(steps.count == 4)
    for step in steps {
      #expect(Set(step.keys) == ["item", "skill", "expected_gain", "p_correct", "why"])
    }
    #expect(plan["expected_mastery"] is Double)
    #expect(try shell.satchel("path", "Mei", "--goal", "no-such").status == 65)
    #expect(
      try shell.satchel("path", "Mei", "--goal", "add-fractions-unlike", "-n", "0").status == 64)
  }

  @Test func `takes moments that are whole, and no others`() throws {
    let shell = try classroom()
    for moment in ["2026-09-01", "2026-09-01T08:30:00Z", "2026-09-01T08:30:00.25+02:00"] {
      #expect(try shell.satchel("next", "Mei", "--at", moment).status == 0, "\(moment)")
    }
    for moment in ["2026-09-01T08:30:00", "2026-02-30", "2026-13-01", "today", ""] {
      #expect(try shell.satchel("next", "Mei", "--at", moment).status == 64, "\(moment)")
    }
  }

  @Test func `takes a closed pipe for no error`() throws {
    let shell = try classroom()
    for _ in 0..<3 { try shell.satchel("record", "Mei", "add-within-20-02", "--correct") }
    let answer = try shell.bash("set -o pipefail; satchel records | head -n 1 >/dev/null")
    #expect(answer.status == 0, "\(answer.error)")
  }
}
