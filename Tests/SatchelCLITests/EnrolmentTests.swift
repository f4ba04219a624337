import Foundation
import Testing

@Suite struct `Enrolment on the command line` {
  /// A hub as its keeper runs it, in a script that ends it again; `body` finds `$URL`, `$HUB` and `$CODE`.
  private func withHub(_ shell: Shell, _ body: String) throws -> Shell.Answer {
    try shell.bash(
      """
      set -u
      export SATCHEL_HUB_STORE="$PWD/hub.sqlite"
      satchel-hub init > /dev/null
      satchel-hub class add 3B --json >> keeper.json
      LEARNER=$(satchel-hub learner add --class 3B --name Zebedee-Quark)
      satchel-hub serve --listen 127.0.0.1:0 --tls-self-signed 2> hub.log &
      HUB=$!
      for _ in $(seq 200); do grep -q listening hub.log && break; sleep 0.05; done
      URL=$(sed -n 's/^listening on //p' hub.log)
      code() { satchel-hub invite --class 3B --json "$@" | sed 's/.*"code":"\\([^"]*\\)".*/\\1/'; }
      satchel init > /dev/null
      satchel learner add --id $LEARNER --name Zebedee-Quark > /dev/null
      printf 'learner,item,skill,correct,timestamp_ms\\n%s,a,adding,1,1750000000000\\n' $LEARNER > one.csv
      satchel record --from one.csv --quiet > /dev/null
      \(body)
      kill -TERM $HUB
      wait $HUB
      """)
  }

  @Test func `takes a device from code to sync to revocation`() throws {
    let shell = try Shell()
    defer { shell.remove() }

    let answer = try withHub(
      shell,
      """
      satchel sync $URL --json > early.json; echo $? > statuses
      satchel enroll $URL --code ZZZZ-ZZZZ --json > wrong.json; echo $? >> statuses
      CODE=$(code --expires 90s)
      satchel enroll $URL --code $CODE --json > enrolled.json; echo $? >> statuses
      satchel sync --json > synced.json; echo $? >> statuses
      satchel-hub devices --json > devices.json
      satchel-hub revoke $(sed 's/.*"device":"\\([0-9a-f]*\\)".*/\\1/' devices.json) --json > revoked.json
      satchel sync --json > late.json; echo $? >> statuses
      echo $CODE > code
      """)

    #expect(answer.status == 0, "\(answer.error)")
    func json(_ name: String) throws -> [String: Any] {
      let data = try Data(contentsOf: URL(fileURLWithPath: shell.file(name)))
      return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
    func text(_ name: String) throws -> String {
      try String(contentsOfFile: shell.file(name), encoding: .utf8)
    }
    func code(_ name: String) throws -> String? {
      (try json(name)["error"] as? [String: Any])?["code"] as? String
    }
    #expect(try text("statuses") == "69\n77\n0\n0\n77\n")
    #expect(try code("early.json") == "hub.tls")
    #expect(try code("wrong.json") == "enrolment.refused")
    #expect(try code("late.json") == "hub.refused")
    #expect(try json("enrolled.json")["scopes"] as? [String] == ["class:3B"])
    #expect(try json("synced.json")["converged"] as? Bool == true)
    let devices = try #require(try json("devices.json")["devices"] as? [[String: Any]])
    #expect(devices.count == 1)
    #expect(devices[0]["role"] as? String == "device" && devices[0]["class"] as? String == "3B")
    #expect(devices[0]["state"] as? String == "active")
    #expect(try json("revoked.json")["state"] as? String == "revoked")
    // H16: names and codes are in no log.
    let log = try text("hub.log")
    #expect(log.contains("enrolment refused"))
    let secret = try text("code").trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(secret.count == 9)
    for marker in ["Zebedee", "ZZZZ", secret, secret.replacing("-", with: "")] {
      #expect(!log.contains(marker))
    }
  }

  @Test(arguments: [
    "64 invite --expires 8d", "64 invite --expires 0s", "64 invite --expires soon",
    "64 invite --role king", "65 invite --class 9Z", "65 learner add --class 9Z --name A",
    "65 class add ''", "64 serve --tls-cert x", "66 serve --tls-cert x --tls-key y",
    "77 serve --listen 0.0.0.0:0", "64 enroll http://127.0.0.1:1 --code x", "64 sync",
    "64 revoke ff",
  ])
  func `is refused by the hub's program with the status that says why`(
    _ row: String
  ) throws {
    let shell = try Shell()
    defer { shell.remove() }
    let status = try #require(Int32(row.prefix(2)))
    let answer = try shell.bash(
      "satchel-hub init --store h > init; exec satchel-hub \(row.dropFirst(3)) --store h --json")
    #expect(answer.status == status, "\(answer.out) \(answer.error)")
  }

  @Test func `leaves nobody on the roster when the class is not there`() throws {
    let shell = try Shell()
    defer { shell.remove() }
    let answer = try shell.bash(
      """
      satchel-hub init --store h > init
      satchel-hub learner add --class 9Z --name A --store h
      satchel-hub doctor --store h --json
      """)
    #expect(answer.json["learners"] as? Int == 0)
  }
}
