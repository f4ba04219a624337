import Foundation
import Testing

/// What the commands of the trainer write, and what they answer.
@Suite struct `Reports on the command line` {
  /// A simulated class, its folds, and a model of fold 0 with its card.
  private struct Lab {
    let shell: Shell
    let rows: String
    let folds: String
    let model: String

    init() throws {
      shell = try Shell()
      (rows, model) = (shell.file("class.csv"), shell.file("m.safetensors"))
      let course = Shell.source.appendingPathComponent("Fixtures/course").path
      try shell.satchel(
        "simulate-class", "--course", course, "--learners", "30", "--answers", "12", "--out", rows)
      let names = (1...30).map { String(format: "s%03d,%d", $0, $0 % 5) }
      folds = try shell.write(
        (["learner,fold"] + names).joined(separator: "\n") + "\n", to: "folds.csv")
    }

    func train(_ more: String...) throws -> Shell.Answer {
      try shell.satchel(
        ["train", rows, "--out", model, "--epochs", "1", "--folds-file", folds, "--fold", "0"]
          + ["--json"] + more)
    }
  }

  private func card(_ path: String) throws -> [String: Any] {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    return try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
  }

  @Test func `prepare cleans a table, whole or not at all`() throws {
    let lab = try Lab()
    defer { lab.shell.remove() }
    let raw = try lab.shell.write(
      """
      learner,item,skill,correct,timestamp_ms,duration_ms
      b,i,s,1,1000,10
      a,i,s,1,5000000000000,
      b,i,s,1,1000,10
      a,j,,0,2000,99999999
      """, to: "raw.csv")
    let out = lab.shell.file("clean.csv")
    let answer = try lab.shell.satchel("prepare", raw, "--out", out, "--json")
    #expect(answer.status == 0, "\(answer.error)")
    let cleaning = try #require(answer.json["cleaning"] as? [String: Any])
    #expect(cleaning["duplicates"] as? Int == 1 && answer.json["written"] as? Int == 3)
    #expect(cleaning["impossible_times"] as? Int == 1 && cleaning["missing_skills"] as? Int == 1)
    let lines = try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n")
    #expect(
      Set(lines) == [
        "learner,item,skill,correct,timestamp_ms,duration_ms", "b,i,s,1,1000,10", "a,i,s,1,,",
        "a,j,,0,2000,3600000",
      ])
    let a = lines.filter { $0.hasPrefix("a,") }
    #expect(a == ["a,i,s,1,,", "a,j,,0,2000,3600000"])

    // What is no table leaves the old file as it was.
    let bad = try lab.shell.write("nonsense\n", to: "bad.csv")
    #expect(try lab.shell.satchel("prepare", bad, "--out", out).status == 65)
    #expect(try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n") == lines)
    #expect(try lab.shell.satchel("prepare", raw, "--out", "/nowhere/x.csv").status == 73)
    #expect(try lab.shell.satchel("prepare", raw, "--out", "x.csv.gz").status == 64)
  }

  @Test func `a card stands in its folder, the same from train and evaluate but for the options`()
    throws
  {
    let lab = try Lab()
    defer { lab.shell.remove() }
    let trained = try lab.train("--card", lab.shell.file("card"))
    #expect(trained.status == 0, "\(trained.error)")
    #expect(trained.json["card"] as? String == lab.shell.file("card/card.md"))
    let judged = try lab.shell.satchel(
      "evaluate", lab.model, lab.rows, "--folds-file", lab.folds, "--fold", "0", "--card",
      lab.shell.file("again.md"), "--json")
    #expect(judged.status == 0, "\(judged.error)")
    let personal = try #require(judged.json["personal"] as? [String: Any])
    let test = try #require(judged.json["test"] as? [String: Any])
    let without = try #require(personal["log_loss_without"] as? Double)
    #expect((without - (test["log_loss"] as? Double ?? 0)).magnitude < 1e-9)
    #expect(personal["log_loss_with"] as? Double != nil && personal["learners"] as? Int == 6)

    let first = try card(lab.shell.file("card/card.json"))
    let second = try card(lab.shell.file("again.json"))

    for field in [
      "split", "rows", "learners", "figures", "intervals", "calibration", "skills", "groups",
      "monotonicity", "faithfulness", "limits", "data",
    ] {
      let (one, other) = (first[field] as? NSObject, second[field] as? NSObject)
      #expect(one != nil && one == other, "\(field)")
    }
    #expect((first["model"] as? [String: Any])?["options"] is [String: Any])
    #expect((second["model"] as? [String: Any])?["options"] is NSNull)
    #expect((first["figures"] as? NSObject) == (trained.json["test"] as? NSObject))
    let page = try String(contentsOfFile: lab.shell.file("again.md"), encoding: .utf8)
    #expect(page.contains("(again.svg)") && page.contains("class.csv"))
    let curve = try String(contentsOfFile: lab.shell.file("card/card.svg"), encoding: .utf8)
    #expect(curve.hasPrefix("<svg"))
  }

  @Test func `a card that cannot be written is said so, and none is made of four learners`() throws
  {
    let lab = try Lab()
    defer { lab.shell.remove() }
    let blocked = try lab.shell.write("a file", to: "blocked")
    let refused = try lab.train("--card", blocked)
    #expect(refused.status == 73 && refused.errorCode == "file.cannotCreate")
    let few = try lab.shell.write(
      "learner,item,skill,correct\na,i,s,1\nb,i,s,0\nc,i,s,1\nd,i,s,0\n", to: "few.csv")
    let withheld = try lab.shell.satchel(
      "evaluate", lab.model, few, "--card", lab.shell.file("few"), "--json")
    #expect(withheld.status == 65 && withheld.errorCode == "training.badData")
    #expect(!FileManager.default.fileExists(atPath: lab.shell.file("few/card.md")))
  }

  @Test func `features are judged one by one, by group, and by leaving each group out`() throws {
    let lab = try Lab()
    defer { lab.shell.remove() }
    try #require(try lab.train().status == 0)
    let answer = try lab.shell.satchel(
      "features", lab.model, lab.rows, "--folds-file", lab.folds, "--fold", "0", "--json")
    #expect(answer.status == 0, "\(answer.error)")
    let features = try #require(answer.json["features"] as? [[String: Any]])
    let groups = try #require(answer.json["groups"] as? [[String: Any]])
    #expect(features.count > groups.count && groups.count >= 7)
    for field in ["name", "group", "log_loss_increase", "auc_decrease"] {
      #expect(features.allSatisfy { $0[field] != nil }, "\(field)")
    }
    #expect(answer.json["dropping"] is NSNull)
    let table = try lab.shell.satchel("features", lab.model, lab.rows).out
    #expect(table.contains("itemDifficulty") && table.contains("skill_vector"))
  }

  @Test func `cross-validation answers with mean, deviation and every fold`() throws {
    let lab = try Lab()
    defer { lab.shell.remove() }
    let answer = try lab.shell.satchel(
      "evaluate", lab.rows, "--cross-validate", "5", "--folds-file", lab.folds, "--json")
    #expect(answer.status == 0, "\(answer.error)")
    #expect((answer.json["folds"] as? [Any])?.count == 5)
    #expect(((answer.json["deviation"] as? [String: Any])?["auc"] as? Double ?? 0) > 0)
    for wrong in [
      ["--cross-validate", "2"], ["--cross-validate", "4", "--folds-file", lab.folds],
    ] {
      #expect(try lab.shell.satchel(["evaluate", lab.rows] + wrong).status == 64)
    }
  }

  @Test func `a search prints its trials, writes them, and looks at no test learner`() throws {
    let lab = try Lab()
    defer { lab.shell.remove() }
    let answer = try lab.shell.satchel(
      "tune", lab.rows, "--folds-file", lab.folds, "--fold", "0", "--trials", "2", "--epochs", "1",
      "--out", lab.shell.file("trials.json"), "--json")
    #expect(answer.status == 0, "\(answer.error)")
    let trials = try #require(answer.json["trials"] as? [[String: Any]])
    #expect(trials.count == 2 && trials.contains { $0["trial"] as? Int == 0 })
    #expect((trials[0]["options"] as? [String: Any])?["learning_rate"] != nil)
    let written = try card(lab.shell.file("trials.json"))
    #expect((written["trials"] as? NSObject) == (answer.json["trials"] as? NSObject))
  }
}
