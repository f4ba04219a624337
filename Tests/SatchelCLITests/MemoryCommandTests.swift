import Foundation
import SatchelTestSupport
import Testing

/// `memory replay` and `memory fit`, as other programs see them.
@Suite struct `The memory commands` {
  let shell: Shell

  init() throws { shell = try Shell() }

  /// The answers to lines on stdin.
  private func replay(_ lines: String, _ flags: String = "") throws -> (
    states: [[[String: Any]]], answer: Shell.Answer
  ) {
    let file = try shell.write(lines, to: "lines.jsonl")
    let answer = try shell.bash("satchel memory replay \(flags) < '\(file)'")
    let states = answer.out.split(separator: "\n").compactMap { line in
      (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any]
    }.compactMap { $0["states"] as? [[String: Any]] }
    return (states, answer)
  }

  private static let dual =
    "[0.1104,2.2395,3.9221,11.7841,6.1686,0.6457,3.6807,1.9795,0,1.3826,0.7024,0.5999,0.8146,0.6398,1,"
    + "1.3207,0.6707,3.8668,0.4416,0.0934,1.8631,0.6162,1.0869,0.1567,0.0801,0.2421,0.9464,0.1433,0.7145,"
    + "0,0.5667,0.3734,0.5333,0.3048]"

  /// Numbers from the formulas, worked out in Python.
  @Test func `answer each line with the state after each review`() throws {
    let (states, answer) = try replay(
      """
      {"reviews":[{"rating":3,"elapsed_days":0},{"rating":3,"elapsed_days":2.9}]}

      {"w":\(Self.dual),"reviews":[{"rating":3},{"rating":3,"elapsed_days":0.5}]}
      {"desired_retention":0.8,"reviews":[{"rating":3}],"more":{"x":[1,"\\"",null,true]}}
      {"reviews":[]}
      """)
    defer { shell.remove() }
    #expect(answer.status == 0 && answer.error.isEmpty)
    try #require(states.count == 4)
    let single = states[0]
    #expect(single[0]["retrievability"] is NSNull)
    #expect(single[0]["stability"] as? Double == 2.3065)
    #expect(Self.isNear(single[0]["interval_days"], 2.3065))
    // FSRS-6 counts whole days: 2.9 are 2.
    #expect(Self.isNear(single[1]["retrievability"], 0.9094932559773545))
    #expect(Self.isNear(single[1]["stability"], 10.964332335820703))
    #expect(Self.isNear(single[1]["difficulty"], 2.1112142357853942))
    #expect(Self.isNear(states[1][1]["stability"], 7.6326777451416135))
    #expect(Self.isNear(states[1][1]["stability_fast"], 118.58210884341915))
    #expect(Self.isNear(states[1][1]["retrievability"], 0.9453981337550568))
    #expect(Self.isNear(states[2][0]["interval_days"], 7.64826124694176))
    #expect(states[3].isEmpty)
  }

  private static func isNear(_ value: Any?, _ known: Double) -> Bool {
    (value as? Double).map { ($0 / known - 1).magnitude < 1e-11 } ?? false
  }

  @Test func `tell due times where steps are given`() throws {
    defer { shell.remove() }
    let (states, _) = try replay(
      """
      {"learning_steps_seconds":[60,600],"relearning_steps_seconds":[300],"maximum_interval_days":50,\
      "reviews":[{"rating":2,"elapsed_seconds":0},{"rating":4,"elapsed_seconds":330},\
      {"rating":1,"elapsed_seconds":864000}]}
      """)
    let steps = try #require(states.first)
    #expect(steps.map { $0["due_in_seconds"] as? Int } == [330, 2 * 86_400, 300])
    #expect(steps.map { $0["state"] as? String } == ["learning", "review", "relearning"])
    #expect(steps[1]["step"] is NSNull)
  }

  /// Each hostile line with what must be said of it.
  @Test(arguments: [
    ("nonsense", "file.malformed"),
    (#"{"reviews":[{"rating":7,"elapsed_days":1}]}"#, "file.malformed"),
    (#"{"reviews":[{"rating":2.5}]}"#, "file.malformed"),
    (#"{"reviews":[{"rating":3},{"rating":3}]}"#, "file.malformed"),
    (#"{"reviews":[{"rating":3},{"rating":3,"elapsed_days":-1}]}"#, "file.malformed"),
    (#"{"reviews":[{"rating":3},{"rating":3,"elapsed_days":NaN}]}"#, "file.malformed"),
    (#"{"reviews":[{"rating":3},{"rating":3,"elapsed_days":1e999}]}"#, "file.malformed"),
    (#"{"reviews":[{"rating":3},{"rating":3,"elapsed_days":1e300}]}"#, "file.malformed"),
    (#"{"reviews":[{"rating":03}]}"#, "file.malformed"),
    (#"{"reviews":[{"rating":3}]} x"#, "file.malformed"),
    (#"{"reviews":[{"rating":3}"#, "file.malformed"),
    (#"{"w":[1,2],"x":"\"#, "file.malformed"),
    (#"{"w":[1,2]}"#, "file.malformed"),
    (#"[]"#, "file.malformed"),
    (#"{"reviews":{}}"#, "file.malformed"),
    (#"{"w":[1,2],"reviews":[]}"#, "memory.badParameters"),
    (#"{"desired_retention":1,"reviews":[]}"#, "memory.badParameters"),
    (#"{"maximum_interval_days":0,"reviews":[]}"#, "memory.badParameters"),
    (#"{"learning_steps_seconds":[-5],"reviews":[]}"#, "memory.badParameters"),
  ])
  func `name the line that they refuse, after the answers to those before`(
    line: String, code: String
  ) throws {
    defer { shell.remove() }
    let good = #"{"reviews":[{"rating":3}]}"#
    let (states, answer) = try replay("\(good)\n\(line)\n\(good)\n", "--json")
    #expect(answer.status == 65)
    #expect(states.count == 1)
    let said = answer.out.split(separator: "\n").last.map(String.init) ?? ""
    #expect(said.contains("\"code\":\"\(code)\"") && said.contains("line 2"), "\(said)")
    #expect(answer.error.contains("line 2"))
  }

  @Test func `bound the memory of a line`() throws {
    defer { shell.remove() }
    let deep = "{\"x\":" + String(repeating: "[", count: 100_000)
    #expect(try replay(deep).answer.status == 65)
    let many = String(repeating: "{\"rating\":3,\"elapsed_days\":1},", count: 100_000)
    let answer = try replay("{\"reviews\":[\(many){\"rating\":3,\"elapsed_days\":1}]}").answer
    #expect(answer.status == 65 && answer.error.contains("100000"))
    let endless = try shell.bash(
      "head -c 40000000 /dev/zero | tr '\\0' ' x' | satchel memory replay")
    #expect(endless.status == 65)
    #expect(try replay("").answer.status == 0)
  }

  @Test func `refuse weights out of their range by number`() throws {
    defer { shell.remove() }
    let wrong = Self.dual.replacingOccurrences(of: "0.9464", with: "1.5")
    let (_, answer) = try replay("{\"w\":\(wrong),\"reviews\":[]}")
    #expect(answer.status == 65)
    #expect(answer.error.contains("line 1, w[26]") && answer.error.contains("1.5"))
  }

  /// A card a row, seen again after two days; every third is forgotten.
  private func table(rows: Int) throws -> String {
    var text = "card_id,rating,elapsed_days\n"
    for card in 0..<rows { text += "c\(card),3,-1\n" }
    for card in 0..<rows { text += "c\(card),\(card % 3 == 0 ? 1 : 3),2\n" }
    return try shell.write(text, to: "log.csv")
  }

  @Test func `fit a table, and say how well`() throws {
    defer { shell.remove() }
    let answer = try shell.satchel("memory", "fit", table(rows: 300), "--json")
    #expect(answer.status == 0, "\(answer.error)")
    let json = answer.json
    #expect((json["w"] as? [Double])?.count == 21)
    let loss = try #require(json["log_loss"] as? Double)
    #expect((0.62...0.65).contains(loss))
    #expect((json["rmse_bins"] as? Double ?? 1) < 0.06)
    #expect(json["kept_default"] as? Bool == false && json["protocol"] as? String == "ts5")
    #expect(json["reviews"] as? Int == 600 && json["scored"] as? Int == 300)

    let dual = try shell.satchel(
      "memory", "fit", table(rows: 300), "--model", "fsrs7", "--protocol", "none", "--json")
    #expect((dual.json["w"] as? [Double])?.count == 34)
    #expect(dual.json["protocol"] as? String == "none")
    let words = try shell.satchel("memory", "fit", table(rows: 300), "--lang", "zh")
    #expect(words.out.contains("预测未来"))
    let short = try shell.satchel("memory", "fit", table(rows: 20), "--lang", "zh")
    #expect(short.status == 0 && short.error.contains("保留默认参数"))
  }

  @Test func `refuse garbage, and leave bad rows out when told to`() throws {
    defer { shell.remove() }
    let garbage = shell.file("garbage.csv")
    try Data((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 37) }).write(
      to: URL(fileURLWithPath: garbage))
    #expect(try shell.satchel("memory", "fit", garbage).status == 65)
    #expect(try shell.satchel("memory", "fit", shell.file("none.csv")).status == 66)
    let empty = try shell.write("card,rating,time\n", to: "empty.csv")
    let none = try shell.satchel("memory", "fit", empty, "--json")
    #expect(none.status == 65 && none.errorCode == "training.badData")
    let rows = try shell.write("card,rating,time\na,3,1\na,9,2\n", to: "rows.csv")
    let refused = try shell.satchel("memory", "fit", rows, "--json")
    #expect(refused.status == 65 && refused.errorCode == "rows.malformed")
    #expect(refused.error.contains("line 3"))
    #expect(try shell.satchel("memory", "fit", rows, "--skip-bad-rows").status == 0)
    #expect(try shell.satchel("memory", "fit", rows, "--model", "sm2").status == 64)
  }
}
