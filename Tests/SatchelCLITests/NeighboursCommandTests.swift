import Foundation
import Testing

@Suite struct `The neighbours commands` {
  /// Sixty learners who go along a chain of ten items, each from another start.
  private static let chain = (0..<60).map { learner in
    "\(learner)\t" + (0..<6).map { "\((learner * 7 + $0) % 10)" }.joined(separator: " ")
  }.joined(separator: "\n")

  @Test func `fit a model, rank by it, and say how good it is`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let file = try shell.write(Self.chain, to: "learners.tsv")
    let model = shell.file("n.safetensors")

    let fitted = try shell.satchel(
      "neighbours", "fit", file, "--out", model, "--fold", "0", "--json")
    #expect(fitted.status == 0, "\(fitted.error)")
    for field in ["items", "bytes", "seconds"] { #expect(fitted.json[field] != nil, "\(field)") }
    #expect(fitted.json["items"] as? Int == 10)

    let ranked = try shell.bash(
      """
      printf '%s\\n' '{"user":7,"history":[3,4]}' '{"user":"mei","history":["9"]}' \
        '{"user":8,"history":[77]}' | satchel neighbours rank '\(model)' --top 2
      """)
    #expect(ranked.status == 0, "\(ranked.error)")
    let lines = ranked.out.split(separator: "\n").map(String.init)
    #expect(lines.count == 3)
    #expect(lines[0].hasPrefix(#"{"user":7,"items":[5,"#))
    #expect(lines[1].hasPrefix(#"{"user":"mei","items":["0","#))
    #expect(lines[2].hasSuffix(#""unknown":1}"#))

    let judged = try shell.satchel("neighbours", "evaluate", file, "--fold", "0", "--json")
    #expect(judged.status == 0, "\(judged.error)")
    for field in ["ndcg10", "recall10", "mrr", "n_test", "bytes", "microseconds_per_user"] {
      #expect(judged.json[field] != nil, "\(field)")
    }
    #expect((judged.json["ndcg10"] as? Double ?? 0) > 0.9)
  }

  @Test func `judge each of the plain methods`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let file = try shell.write(Self.chain, to: "learners.tsv")
    var ndcg: [String: Double] = [:]
    for method in ["cosine-mean", "cosine-sum", "transitions", "ease", "popularity"] {
      let answer = try shell.satchel(
        "neighbours", "evaluate", file, "--fold", "1", "--method", method, "--json")
      #expect(answer.status == 0, "\(method): \(answer.error)")
      ndcg[method] = answer.json["ndcg10"] as? Double
    }
    #expect((ndcg["transitions"] ?? 0) > (ndcg["popularity"] ?? 1))
  }

  @Test(arguments: [
    ("fit BAD --out M", 65, "rows.malformed"), ("evaluate BAD --fold 0", 65, "rows.malformed"),
    ("fit none.tsv --out M", 66, "file.missing"), ("fit LONE --out M", 65, "training.badData"),
    ("evaluate LONE --fold 0", 65, "training.badData"), ("rank BAD", 65, "model.malformed"),
    ("evaluate GOOD --fold 5", 64, "usage.wrong"), ("rank GOOD --top 0", 64, "usage.wrong"),
    ("evaluate GOOD --fold 0 --method best", 64, "usage.wrong"),
    ("fit GOOD --out M --max-bytes 9", 64, "usage.wrong"),
  ])
  func `refuse what is wrong`(command: String, status: Int32, code: String) throws {
    let shell = try Shell()
    defer { shell.remove() }
    let files = [
      "BAD": try shell.write("7\ta b\nnonsense\n", to: "bad.tsv"),
      "GOOD": try shell.write(Self.chain, to: "good.tsv"),
      "LONE": try shell.write("7\ta\n8\tb\n", to: "lone.tsv"), "M": shell.file("m.safetensors"),
    ]
    let words = command.split(separator: " ").map { files[String($0)] ?? String($0) }
    let answer = try shell.satchel(["neighbours"] + words + ["--json"])
    #expect(answer.status == status, "\(answer.error)")
    #expect(answer.errorCode == code)
    #expect(!FileManager.default.fileExists(atPath: shell.file("m.safetensors")))
  }

  @Test func `name the line of stdin that is none`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let file = try shell.write(Self.chain, to: "learners.tsv")
    let model = shell.file("n.safetensors")
    try shell.satchel("neighbours", "fit", file, "--out", model)
    let answer = try shell.bash(
      "printf '%s\\n' '{\"history\":[3]}' 'x' | satchel neighbours rank '\(model)'")
    #expect(answer.status == 65)
    #expect(answer.error.contains("stdin:2"))
    #expect(answer.out.contains("\"items\""))
  }
}
