import Foundation
import Testing

@Suite struct `Bundles on the command line` {
  /// Two stores, and the answers of `count` rows in the first.
  private func world(rows count: Int = 40) throws -> Shell {
    let shell = try Shell()
    let rows = (0..<count).map { "mei\($0 % 7),i-\($0 % 30),s,\($0 % 2)\n" }.joined()
    _ = try shell.write("learner,item,skill,correct\n" + rows, to: "a.csv")
    let made = try shell.bash(
      """
      for n in a b; do satchel init --store $n.sqlite || exit 9; done
      satchel record --store a.sqlite --from a.csv --quiet
      """)
    #expect(made.status == 0, "\(made.error)")
    return shell
  }

  private func doctor(_ shell: Shell, _ store: String) throws -> Shell.Answer {
    try shell.satchel("doctor", "--deep", "--store", shell.file(store), "--json")
  }

  @Test func `answer as sync does, in both directions`() throws {
    let shell = try world()
    defer { shell.remove() }
    let answer = try shell.bash(
      """
      satchel bundle write stick --store a.sqlite --json > w.json || exit 1
      satchel bundle read stick --store b.sqlite --json > r.json || exit 2
      satchel bundle read stick --store b.sqlite --json > again.json || exit 3
      satchel bundle write stick --since-last --store a.sqlite --json > since.json || exit 4
      """)
    #expect(answer.status == 0, "\(answer.error)")
    func fields(_ name: String) throws -> [String: Any] {
      let data = try Data(contentsOf: URL(fileURLWithPath: shell.file(name)))
      return try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }
    let sync = [
      "bytes_received", "bytes_sent", "converged", "fingerprint", "model", "packs",
      "records_received", "records_sent", "requests", "seconds",
    ]
    let (written, read) = (try fields("w.json"), try fields("r.json"))
    #expect(written.keys.sorted() == sync)
    #expect(read.keys.sorted() == (sync + ["behind", "refused"]).sorted())
    #expect(written["records_sent"] as? Int == 40 && written["requests"] as? Int == 0)
    #expect(read["records_received"] as? Int == 40 && read["converged"] as? Bool == true)
    #expect(read["fingerprint"] as? String == written["fingerprint"] as? String)
    #expect(try fields("again.json")["records_received"] as? Int == 0)
    #expect(try fields("since.json")["records_sent"] as? Int == 0)
    #expect(try doctor(shell, "a.sqlite").out == doctor(shell, "b.sqlite").out)
  }

  @Test func `that are cut, absent or no bundles are refused, and the store stays as it was`()
    throws
  {
    let shell = try world()
    defer { shell.remove() }
    let before = try doctor(shell, "b.sqlite").out
    _ = try shell.bash(
      "satchel bundle write whole --store a.sqlite && head -c 300 whole > cut && cp a.csv table")
    for (name, status, code) in [
      ("cut", 65, "bundle.incomplete"), ("table", 65, "bundle.malformed"),
      ("none", 66, "file.missing"),
    ] {
      let answer = try shell.satchel(
        "bundle", "read", shell.file(name), "--store", shell.file("b.sqlite"), "--json")
      #expect(answer.status == Int32(status))
      #expect(answer.errorCode == code)
      #expect(!answer.error.isEmpty)
    }
    #expect(try doctor(shell, "b.sqlite").out == before)
  }

  /// The kernel's own limit on a file's size stands for a stick without room.
  @Test func `on a stick without room end with 74, and the bundle before is untouched`() throws {
    let shell = try world()
    defer { shell.remove() }
    // Rows that pack badly, so that the bundle is larger than what the store itself must write meanwhile.
    let answer = try shell.bash(
      """
      awk 'BEGIN { srand(1); print "learner,item,skill,correct,timestamp_ms,duration_ms"
        for (n = 0; n < 40000; n++) printf "l%d,i-%d,s,%d,%d,%d\\n", rand() * 9, rand() * 30,
          rand() * 2, 1700000000000 + rand() * 1e9, rand() * 90000 }' > more.csv
      satchel record --store a.sqlite --from more.csv --quiet > /dev/null || exit 1
      satchel bundle write stick --store a.sqlite --quiet > /dev/null || exit 1
      cp stick before
      (trap '' XFSZ; ulimit -f 100; satchel bundle write stick --store a.sqlite --json > out 2> err)
      echo $?
      cmp stick before && test ! -e stick.partial && cat out
      """)
    let lines = answer.out.split(separator: "\n")
    #expect(lines.first == "74", "\(answer.out) \(answer.error)")
    #expect(answer.out.contains("store.full"))
  }

  /// Promise 4, by the hardest road: SIGKILL at a random moment of reading, many times.
  @Test func `killed while reading leave all of it or nothing`() throws {
    let shell = try world(rows: 9000)
    defer { shell.remove() }
    let answer = try shell.bash(
      """
      satchel bundle write stick --store a.sqlite --quiet > /dev/null || exit 1
      for n in $(seq 1 14); do
        rm -f c.sqlite*; satchel init --store c.sqlite > /dev/null
        timeout -s KILL 0.0$((n * 6 % 100 / 10))$((n * 6 % 10)) \\
          satchel bundle read stick --store c.sqlite --quiet > /dev/null 2>&1
        satchel doctor --store c.sqlite --json || exit 2
        satchel bundle read stick --store c.sqlite --quiet > /dev/null || exit 3
        satchel doctor --deep --store c.sqlite --json > c.json || exit 4
      done
      """)
    #expect(answer.status == 0, "\(answer.error)")
    let counts = answer.out.split(separator: "\n").compactMap { line in
      ((try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any])?["records"]
        as? Int
    }
    #expect(counts.count == 14)
    #expect(counts.allSatisfy { $0 == 0 || $0 == 9000 }, "\(counts)")
  }

  @Test func `reach a hub once its keeper vouches for the writer`() throws {
    let shell = try world()
    defer { shell.remove() }
    let answer = try shell.bash(
      """
      satchel bundle write stick --store a.sqlite --quiet > /dev/null || exit 1
      satchel-hub init --store hub.sqlite > /dev/null
      satchel-hub bundle read stick --store hub.sqlite --json; echo $?
      id=$(satchel init --store a.sqlite --json | sed 's/.*"replica":"\\([0-9a-f]*\\)".*/\\1/')
      satchel-hub bundle read stick --store hub.sqlite --trust $id --json || exit 2
      satchel-hub bundle write back --store hub.sqlite --json || exit 3
      satchel bundle read back --store b.sqlite --json || exit 4
      satchel-hub revoke $id --store hub.sqlite > /dev/null
      satchel-hub bundle read stick --store hub.sqlite --trust $id --json; echo $?
      """)
    #expect(answer.status == 0, "\(answer.error)")
    let lines = answer.out.split(separator: "\n")
    try #require(lines.count == 7, "\(answer.out)")
    #expect(lines[0].contains("bundle.stranger") && lines[1] == "77")
    #expect(lines[2].contains("\"records_received\":40"))
    #expect(lines[3].contains("\"records_sent\":40"))
    #expect(lines[4].contains("\"converged\":true"))
    #expect(lines[5].contains("hub.refused") && lines[6] == "77")
  }
}
