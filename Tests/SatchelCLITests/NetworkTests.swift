import Foundation
import SatchelTestSupport
import Testing

@Suite struct `Sync on the command line` {
  @Test func `takes a captive portal for no hub, and loses nothing`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let portal = try ScriptedServer { connection in
      while connection.read() != nil {
        connection.reply(
          "200 OK", headers: ["Content-Type: text/html"],
          Array("<html><body>Please sign in</body></html>".utf8))
      }
    }
    try shell.satchel("init")
    try shell.satchel(
      "record", "--from", try shell.write("learner,item,skill,correct\na,i,s,1\n", to: "a.csv"))
    let before = try shell.satchel("doctor", "--json").out

    let answer = try shell.satchel("sync", portal.url(""), "--json")

    #expect(answer.status == 69)
    #expect(answer.errorCode == "hub.notAHub")
    #expect(answer.error.contains("hub"))
    #expect(try shell.satchel("doctor", "--json").out == before)
  }

  @Test func `watching ends with 130 when it is interrupted`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    try shell.satchel("init")
    let port = try ScriptedServer.deadPort()

    let answer = try shell.bash(
      "set -m; satchel sync http://127.0.0.1:\(port) --watch 0.2 --json > out & p=$!; sleep 1; kill -INT $p; wait $p"
    )

    #expect(answer.status == 130)
    let lines = try String(contentsOfFile: shell.file("out"), encoding: .utf8)
    #expect(lines.contains("hub.unreachable"))
  }

  @Test func `watching leaves a busy hub alone for as long as it asks`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    try shell.satchel("init")
    let server = try ScriptedServer { connection in
      connection.read()
      connection.reply("503 Service Unavailable", headers: ["Retry-After: 60"])
    }

    // Without the header it would come back after 0.2 seconds at most.
    let answer = try shell.bash(
      "set -m; satchel sync \(server.url("")) --watch 0.2 2> out & p=$!; for n in $(seq 100); do test -s out && break; sleep 0.05; done; sleep 2; kill -INT $p; wait $p"
    )

    #expect(answer.status == 130)
    #expect(server.connections == 1)
  }

  @Test func `two stores hold the same after they met a hub`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let script = """
      satchel-hub init --store hub.sqlite >/dev/null
      satchel-hub serve --store hub.sqlite --listen 127.0.0.1:0 2> hub.log & hub=$!
      trap 'kill $hub; wait $hub' EXIT
      until grep -q 'listening on' hub.log; do sleep 0.05; done
      url=$(sed -n 's/.*listening on //p' hub.log | head -n 1)
      for n in a b; do
        satchel init --store $n.sqlite >/dev/null
        printf 'learner,item,skill,correct\\nmei,i-%s,s,1\\n' $n > $n.csv
        satchel record --store $n.sqlite --from $n.csv --quiet >/dev/null
      done
      for n in a b a b; do satchel sync $url --store $n.sqlite --json > $n.json || exit 9; done
      satchel doctor --store a.sqlite --json > a.doctor
      satchel doctor --store b.sqlite --json > b.doctor
      cmp a.doctor b.doctor
      """

    let answer = try shell.bash(script)

    #expect(answer.status == 0, "\(answer.error)")
    let report = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: shell.file("b.json"))))
    let fields = (report as? [String: Any])?.keys.sorted() ?? []
    #expect(
      fields == [
        "bytes_received", "bytes_sent", "converged", "fingerprint", "model", "packs",
        "records_received", "records_sent", "requests", "seconds",
      ])
    #expect((report as? [String: Any])?["converged"] as? Bool == true)
  }
}
