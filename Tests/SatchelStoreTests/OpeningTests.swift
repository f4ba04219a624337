import Foundation
import GRDB
import SatchelCore
import SatchelTestSupport
import SatchelTutor
import Testing

@testable import SatchelStore

@Suite struct `Opening a store` {
  @Test func `makes a WAL file that flushes every commit`() throws {
    let world = try StoreWorld()
    let settings = try world.store.pool.writeWithoutTransaction { db in
      try ["journal_mode", "synchronous", "foreign_keys", "trusted_schema", "application_id"].map {
        try String.fetchOne(db, sql: "PRAGMA \($0)") ?? ""
      }
    }
    #expect(settings == ["wal", "2", "1", "0", "\(Store.applicationID)"])
  }

  @Test func `makes files that only their owner may read`() throws {
    var world = try StoreWorld()
    try world.answers(3)
    for name in ["store.sqlite", "store.sqlite-wal"] {
      let path = world.scratch.file(name).path
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
      #expect((mode as? NSNumber)?.intValue == 0o600, "\(name)")
    }
  }

  @Test func `again finds what was recorded`() throws {
    var world = try StoreWorld()
    try world.answers(5)
    let journal = try world.store.journalText()
    try world.store.close()
    #expect(try world.reopened().journalText() == journal)
  }

  @Test func `twice tells each handle at once what the other wrote`() throws {
    var world = try StoreWorld()
    let other = try world.reopened()
    for number in 1...5 {
      try world.answer("add-\(number)")
      #expect(try other.summary(of: .everyone).records == number)
      #expect(try other.summary(of: .everyone) == world.store.summary(of: .everyone))
      #expect(try other.recordedLearners() == [StoreWorld.mei])
    }
    let epoch = try world.store.epoch()
    try other.startNewEpoch()
    #expect(try world.store.epoch() != epoch)
  }

  @Test func `leaves the whole in one file when it is closed`() throws {
    var world = try StoreWorld()
    try world.answers(3)
    let held = try world.store.summary(of: .everyone)
    try world.store.close()

    let copy = world.scratch.file("copy.sqlite")
    try FileManager.default.copyItem(at: world.url, to: copy)
    let opened = try Store(at: copy, creating: false, projection: TutorProjection())
    #expect(try opened.summary(of: .everyone) == held)
  }

  @Test func `has no identity before the first record`() throws {
    var world = try StoreWorld()
    #expect(try world.store.publicKey() == nil)
    try world.answer("add-1")
    #expect(try world.store.publicKey() != nil)
  }

  @Test(arguments: [
    "a text file, longer than a hundred bytes " + String(repeating: ".", count: 90), "short",
  ])
  func `refuses a file that is none, and leaves it as it was`(text: String) throws {
    let scratch = try Scratch()
    let file = scratch.file("notes.txt")
    try Data(text.utf8).write(to: file)
    expectError(.storeForeign) { try Store(at: file, creating: true, projection: nil) }
    #expect(try Data(contentsOf: file) == Data(text.utf8))
  }

  @Test func `refuses another program's database, and leaves it as it was`() throws {
    let scratch = try Scratch()
    let file = scratch.file("other.sqlite")
    let queue = try DatabaseQueue(path: file.path)
    try queue.write { try $0.execute(sql: "CREATE TABLE theirs (id INTEGER)") }
    try queue.close()
    let before = try Data(contentsOf: file)
    expectError(.storeForeign) { try Store(at: file, creating: true, projection: nil) }
    #expect(try Data(contentsOf: file) == before)
  }

  @Test func `refuses a store of a newer version, and leaves it as it was`() throws {
    let world = try StoreWorld()
    try world.store.pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA user_version = \(Store.schemaVersion + 1)")
      try db.checkpoint(.truncate)
    }
    try world.store.close()
    let before = try Data(contentsOf: world.url)
    expectError(.storeNewer) { try world.reopened() }
    #expect(try Data(contentsOf: world.url) == before)
  }

  @Test func `refuses a truncated store`() throws {
    var world = try StoreWorld()
    try world.answers(50)
    try world.store.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    try world.store.close()
    let whole = try Data(contentsOf: world.url)
    try whole.prefix(50).write(to: world.url)
    expectError(.storeForeign) { try world.reopened() }
  }

  @Test func `says when there is none`() throws {
    let scratch = try Scratch()
    expectError(.storeMissing) {
      try Store(at: scratch.file("none.sqlite"), creating: false, projection: nil)
    }
  }

  @Test func `says when the folder cannot be made`() throws {
    expectError(.cannotCreate) {
      try Store(
        at: URL(fileURLWithPath: "/proc/none/store.sqlite"), creating: true, projection: nil)
    }
  }
}

@Suite struct `A copied or restored store` {
  /// A school copies the disk of a used laptop; the copy must not sign on under the same name.
  @Test func `writes under an identity of its own`() throws {
    var world = try StoreWorld()
    try world.answers(3)
    let original = try world.store.publicKey()
    try world.store.close()
    let copy = world.scratch.file("copy.sqlite")
    for suffix in ["", ".beacon"] {
      try FileManager.default.copyItem(
        atPath: world.url.path + suffix, toPath: copy.path + suffix)
    }

    let store = try Store(at: copy, creating: false, projection: TutorProjection())
    _ = try store.append(
      Draft(
        learner: StoreWorld.mei,
        event: .view(View(item: ItemID(checked: "a"), skills: [])), wallMilliseconds: 1),
      at: DeviceMoment(wallMilliseconds: 1, session: 1))

    #expect(try store.publicKey() != original)
    #expect(try store.recordCount(of: StoreWorld.mei) == 4)
    #expect(try store.examine(.quick).streams == 2)
    try store.expectHealthy()
  }

  @Test func `takes a new identity when last week's backup is put back in place`() throws {
    var world = try StoreWorld()
    try world.answers(3)
    try world.store.close()
    let backup = try Data(contentsOf: world.url)
    let first = try answerOnce(world)
    #expect(try answerOnce(world) == first)

    // Written into the same file: the inode stays, the cookie goes back.
    let handle = try FileHandle(forWritingTo: world.url)
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: backup)
    try handle.close()
    try? FileManager.default.removeItem(atPath: world.url.path + "-wal")

    #expect(try answerOnce(world) != first)
  }

  @Test func `stays who it is when it is opened again and again`() throws {
    let world = try StoreWorld()
    let first = try answerOnce(world)
    for _ in 0..<5 { #expect(try answerOnce(world) == first) }
  }
}

/// Opens the store of `world`, records one view, and says who it was.
func answerOnce(_ world: StoreWorld) throws -> PublicKey? {
  let store = try world.reopened()
  _ = try store.append(
    Draft(
      learner: StoreWorld.mei, event: .view(View(item: ItemID(checked: "a"), skills: [])),
      wallMilliseconds: 1), at: DeviceMoment(wallMilliseconds: 1, session: 1))
  let key = try store.publicKey()
  try store.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
  try store.close()
  return key
}
