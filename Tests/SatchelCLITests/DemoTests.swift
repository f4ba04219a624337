import Foundation
import Testing

@Suite struct `The demo` {
  private let fixtures = Shell.source.appendingPathComponent("Fixtures").path

  @Test func `keeps its promises on a table over several replicas`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    try shell.satchel(
      "simulate-class", "--course", "\(fixtures)/course", "--learners", "60", "--answers", "20",
      "--out", shell.file("class.csv"))

    let answer = try shell.satchel(
      "demo", "--interactions", shell.file("class.csv"), "--replicas", "3", "--keep",
      shell.file("kept"), "--json", "--quiet")

    #expect(answer.status == 0, "\(answer.out) \(answer.error)")
    #expect(answer.json["converged"] as? Bool == true)
    #expect((answer.json["broken"] as? [String])?.isEmpty == true)
    let names = (answer.json["steps"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
    #expect(names?.starts(with: ["record", "sync", "check", "train"]) == true)
    let rows = try String(contentsOfFile: shell.file("class.csv"), encoding: .utf8)
    let held = try shell.satchel("doctor", "--store", shell.file("kept/replica-2.sqlite"), "--json")
    #expect(held.json["records"] as? Int == rows.split(separator: "\n").count - 1)
    let other = try shell.satchel(
      "doctor", "--store", shell.file("kept/replica-1.sqlite"), "--json")
    #expect(held.json["fingerprint"] as? String == other.json["fingerprint"] as? String)
  }

  @Test func `leaves no hub and no folder behind when it is interrupted`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let script = """
      set -m
      export TMPDIR=$PWD
      satchel demo --fixtures '\(fixtures)' > out 2> err & p=$!
      until grep -q '^3' out; do kill -0 $p || exit 7; sleep 0.02; done
      kill -INT $p
      wait $p
      status=$?
      pgrep -f "$PWD/satchel-demo" && exit 8
      ls -d satchel-demo* 2>/dev/null && exit 9
      exit $status
      """

    let answer = try shell.bash(script)

    #expect(answer.status == 130, "\(answer.out) \(answer.error)")
  }
}
