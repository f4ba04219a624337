import Foundation
import GRDB
import SatchelCore
import SatchelTestSupport
import SatchelTutor
import Testing

@testable import SatchelStore

/// INV-version: a store of an older version is migrated, or left as it was.
@Suite struct `A store of schema 1` {
  /// As the first version left it: one learner, with one record in a segment.
  private func makeFirst(at url: URL) throws -> RecordID {
    let key = SigningKey.random()
    let stream = RecordStream(publicKey: key.publicKey, learner: StoreWorld.mei)
    let record = SatchelCore.Record(
      learner: StoreWorld.mei, author: stream.replica,
      time: HybridTime(milliseconds: 1_750_000_000_000), wallMilliseconds: 1_750_000_000_000,
      session: 1, event: .view(View(item: ItemID(checked: "a"), skills: [])))
    let head = stream.start.appending(record)
    let sum = head.fingerprintTerm(of: stream.id)
    let schema = try String(
      contentsOf: SourceTree.file("Sources/SatchelStore/Schema/001-first.sql"), encoding: .utf8)
    try DatabaseQueue(path: url.path).write { db in
      try db.execute(sql: schema)
      try db.execute(sql: "PRAGMA application_id = \(Store.applicationID); PRAGMA user_version = 1")
      try db.execute(sql: "INSERT INTO model_choice (id) VALUES (1)")
      try db.execute(
        sql: """
          INSERT INTO ledger (id, epoch, clock, fingerprint, streams, records, projection)
          VALUES (1, 7, ?, ?, 1, 1, 0)
          """, arguments: [Int64(bitPattern: record.time.bits), Data(sum.bytes)])
      try db.execute(
        sql: "INSERT INTO replica (public_key) VALUES (?)", arguments: [Data(key.publicKey.bytes)])
      try db.execute(
        sql: "INSERT INTO learner (learner, fingerprint, streams, records) VALUES (?, ?, 1, 1)",
        arguments: [Data(StoreWorld.mei.bytes), Data(sum.bytes)])
      try db.execute(
        sql: """
          INSERT INTO stream (stream, replica, learner, nonce, head_number, head_hash)
          VALUES (?, 1, 1, 0, 1, ?)
          """, arguments: [Data(stream.id.bytes), Data(head.hash.bytes)])
      try db.execute(
        sql: "INSERT INTO segment (stream, first, count, signature, bytes) VALUES (1, 1, 1, ?, ?)",
        arguments: [
          Data(key.sign(head.signedBytes(of: stream.id))),
          Data(SegmentCodec.encode([record], of: stream)),
        ])
    }
    return record.id
  }

  @Test func `opens, keeps what it held, and takes new records`() throws {
    let scratch = try Scratch()
    let url = scratch.file("first.sqlite")
    let old = try makeFirst(at: url)

    let store = try Store(at: url, creating: false, projection: TutorProjection())
    let attempt = Attempt(item: ItemID(checked: "b"), skills: [], isCorrect: true)
    let new = try store.append(
      Draft(learner: StoreWorld.mei, event: .attempt(attempt), wallMilliseconds: 1_760_000_000_000),
      at: DeviceMoment(wallMilliseconds: 1_760_000_000_000, session: 3))

    var ids: [RecordID] = []
    try store.forEachRecord { ids += $0.map(\.record.id) }
    #expect(ids == [old, new.record])
    try store.expectHealthy()
    // Once is enough.
    try store.close()
    let again = try Store(at: url, creating: false, projection: TutorProjection())
    #expect(try again.summary(of: .everyone).records == 2)
    #expect(try again.read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == 2)
  }

  @Test func `whose migration fails stays what it was`() throws {
    let scratch = try Scratch()
    let url = scratch.file("first.sqlite")
    _ = try makeFirst(at: url)
    // What the second schema adds is there already, so its step cannot be done.
    try DatabaseQueue(path: url.path).write { db in
      try db.execute(sql: "CREATE TABLE class (id INTEGER PRIMARY KEY) STRICT")
    }

    expectError(.storeFailed) {
      try Store(at: url, creating: false, projection: TutorProjection())
    }

    try DatabaseQueue(path: url.path).read { db in
      #expect(try Int.fetchOne(db, sql: "PRAGMA user_version") == 1)
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM segment") == 1)
      let columns = try Row.fetchAll(db, sql: "PRAGMA table_info (stream)").map { $0[1] as String }
      #expect(!columns.contains("trunk"))
    }
  }
}
