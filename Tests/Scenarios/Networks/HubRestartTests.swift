import Foundation
import Satchel
import SatchelStore
import SatchelTestSupport
import Synchronization
import Testing

@Suite struct `A hub that dies` {
  /// A laptop with some batches to push, and the store of a hub with some to pull.
  private struct World {
    let scratch: Scratch
    let laptop: Replica
    var file: URL { scratch.file("hub.sqlite") }

    init(records: Int, _ dice: inout Dice, isVolatile: Bool = true) throws {
      scratch = try Scratch(isVolatile: isVolatile)
      let hub = try Store(
        at: scratch.file("hub.sqlite"), creating: true, projection: nil)
      _ = try hub.establishHubIdentity()
      try hub.fill(records, &dice)
      try hub.close()
      laptop = try Replica(at: scratch.file("laptop.sqlite"))
      try laptop.store.fill(records, &dice)
    }

    func hubRecords() throws -> Set<String> {
      let store = try Store(at: file, creating: false, projection: nil)
      #expect(try store.examine(.deep).problems == [])
      let all = Set(try recordIDs(of: store))
      try store.close()
      return all
    }
  }

  @Test func `in mid-round and comes back keeps what it acknowledged, and the round goes on`()
    async throws
  {
    var dice = Dice.thrown(for: "a hub that dies")
    let world = try World(records: 1000, &dice)
    let own = Set(try recordIDs(of: world.laptop.store))
    var (acknowledged, port, cuts) = (0, UInt16(0), 0)
    for life in 0..<4 {
      let hub = try HubProgram(store: world.file, port: port)
      port = hub.port
      // Between two exchanges or within one, as it falls.
      let delay = dice.roll(0...30)
      let sent = Mutex(0)
      let isOver = Switch()
      do {
        _ = try await world.laptop.sync(with: hub.url) { progress in
          sent.withLock { $0 = progress.recordsSent }
          guard isOver.isOn else { return }
          isOver.isOn = false
          Thread.detachNewThread {
            usleep(UInt32(delay) * 1000)
            hub.end(by: SIGKILL)
            isOver.isOn = true
          }
        }
      } catch {
        #expect(error.code == .hubUnreachable, "\(error)")
        cuts += 1
      }
      while !isOver.isOn { try await Task.sleep(for: .milliseconds(2)) }
      acknowledged += sent.withLock { $0 }
      let kept = try world.hubRecords()
      #expect(kept.intersection(own).count >= acknowledged, "life \(life)")
    }
    #expect(cuts > 0)

    let hub = try HubProgram(store: world.file, port: port)
    let last = try await world.laptop.sync(with: hub.url)
    #expect(last.converged)
    #expect(acknowledged + last.recordsSent == 1000)
    #expect(hub.end(by: SIGTERM) == 0)
    let all = try world.hubRecords()
    #expect(all.count == 2000)
    #expect(all == Set(try recordIDs(of: world.laptop.store)))
  }
}

@Suite struct `A hub whose disk is full` {
  /// A mount of its own needs a namespace; not every container allows one.
  private static let canMount: Bool = {
    let script = "mount -t tmpfs none /mnt && echo mounted"
    guard let program = try? Program(["/usr/bin/unshare", "-rm", "/bin/sh", "-c", script]),
      (try? program.wait(for: /mounted/)) != nil
    else { return false }
    program.end(by: 0)
    return true
  }()

  @Test(.enabled(if: canMount, "needs a mount namespace: unshare -rm"))
  func `says so, acknowledges nothing that it has not, and goes on when there is room`()
    async throws
  {
    var dice = Dice.thrown(for: "a hub whose disk is full")
    let scratch = try Scratch()
    let disk = scratch.file("disk")
    try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: true)
    let laptop = try Replica(at: scratch.file("laptop.sqlite"))
    try laptop.store.fill(1500, &dice)
    let room = scratch.file("room")
    // 3 MiB, 2 of them taken by ballast until the file `room` appears.
    let hub = try HubProgram(
      store: disk.appendingPathComponent("hub.sqlite"),
      inNamespaceAfter: """
        set -e
        mount -t tmpfs -o size=3m none '\(disk.path)'
        "$0" init --store '\(disk.path)/hub.sqlite' > /dev/null
        head -c 2m /dev/zero > '\(disk.path)/ballast'
        (until [ -e '\(room.path)' ]; do sleep 0.05; done; rm '\(disk.path)/ballast') 2>&- &
        """)
    let sent = Mutex(0)

    await expectError(.hubFailed) {
      try await laptop.sync(with: hub.url) { progress in
        sent.withLock { $0 = progress.recordsSent }
      }
    }
    let acknowledged = sent.withLock { $0 }
    try Data().write(to: room)
    try await Task.sleep(for: .milliseconds(200))
    let last = try await laptop.sync(with: hub.url)

    print("a hub's disk was full after \(acknowledged) records of 1,500")
    #expect(last.converged)
    #expect(acknowledged > 0 && acknowledged + last.recordsSent == 1500)
    hub.end(by: SIGTERM)
  }
}
