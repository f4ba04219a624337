internal import Foundation
internal import GRDB
package import SatchelCore

/// Boot sessions and their clocks: what is noted while recording, and what a hub's time says of them later.
///
/// School devices have dead clock batteries. A record keeps the hybrid time that its device gave, right or wrong; when the
/// device meets a hub it learns by how much the clock of each session since the last meeting was off, and writes an
/// ``Anchor`` for each learner of whom it recorded in that session. Everybody who holds the stream then corrects alike.
extension Store {
  /// A clock that is off by less is taken as right: nothing that the tutor says depends on some minutes.
  package static let clockMillisecondsOffMin: Int64 = 5 * 60 * 1000

  /// Corrects what was recorded since the last meeting, by the hub's time; `true` when anchors were recorded.
  ///
  /// A current session whose clock is off goes on under the number after its own, with corrected times. A replica whose
  /// hybrid clock ran far ahead of the hub takes a new identity and starts at the hub's time.
  package func correctClocks(at now: @autoclosure () -> DeviceMoment, hubMilliseconds: Int64)
    throws(SatchelError) -> Bool
  {
    let isOpen = try recall(.openSessions) { try Row.fetchOne($0, sql: Self.openSessions) != nil }
    guard isOpen else { return false }
    let moment = now()
    let learners = try write { db in
      var sessions = ClockSession.corrected(
        try Self.sessions(db), at: moment, hubMilliseconds: hubMilliseconds,
        lastMeeting: try Int64.fetchOne(db, sql: "SELECT max(success) FROM peer"))
      // An earlier session is over; what the current one records from here on is corrected as it is recorded.
      try db.execute(sql: "UPDATE session SET offset = 0 WHERE offset IS NULL")
      let error = ClockSession.significant(hubMilliseconds - moment.wallMilliseconds)
      try db.execute(
        sql: "UPDATE session SET offset = ? WHERE id = ?", arguments: [error, moment.session])
      sessions.removeAll { ($0.offset ?? 0) == 0 }
      guard !sessions.isEmpty else { return [LearnerID]() }
      return try anchor(sessions, at: moment, hubMilliseconds: hubMilliseconds, db)
    }
    tellObservers(of: learners)
    return !learners.isEmpty
  }

  private static let openSessions = "SELECT 1 FROM session WHERE offset IS NULL LIMIT 1"

  private static func sessions(_ db: Database) throws -> [ClockSession] {
    let sql = "SELECT id, first, last FROM session WHERE offset IS NULL ORDER BY first"
    return try Row.fetchAll(db, sql: sql).map { row in
      let (number, first, last): (UInt32, Int64, Int64) = (row[0], row[1], row[2])
      return ClockSession(
        number: number, first: HybridTime(bits: UInt64(bitPattern: first)),
        last: HybridTime(bits: UInt64(bitPattern: last)), offset: nil)
    }
  }

  /// The boot sessions in which `key` recorded something of each learner, by rising ids of learners.
  ///
  /// Reads all own records; only a wrong clock asks for it.
  private static func sessions(recordedBy key: PublicKey, _ db: Database) throws -> [(
    LearnerID, Set<UInt32>
  )] {
    var out: [LearnerID: Set<UInt32>] = [:]
    let reader = JournalReader(db)
    for stored in try reader.streams() where stored.stream.publicKey == key {
      out[stored.stream.learner, default: []].formUnion(
        try reader.records(of: stored).map(\.session))
    }
    return out.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Writes an anchor for each of `sessions` for each learner whom it touched; returns who they are.
  private func anchor(
    _ sessions: [ClockSession], at moment: DeviceMoment, hubMilliseconds: Int64, _ db: Database
  ) throws -> [LearnerID] {
    let key = try signingKey(db)
    var journal = try JournalTransaction(db, projection: projection)
    for (learner, touched) in try Self.sessions(recordedBy: key.publicKey, db) {
      // Into her own stream, never into a file's: its number counts the rows of the file that were read.
      let stream = RecordStream(publicKey: key.publicKey, learner: learner)
      for session in sessions where touched.contains(session.number) {
        let anchor = Anchor(
          session: session.number, offsetMilliseconds: session.offset ?? 0)
        let record = Record(
          learner: learner, author: stream.replica,
          time: journal.nextTime(wallMilliseconds: hubMilliseconds),
          wallMilliseconds: hubMilliseconds, session: moment.session &+ 1, event: .anchor(anchor))
        _ = try journal.appendTail(record, to: stream, key: key)
      }
    }
    let ahead = journal.clock.last.milliseconds - hubMilliseconds
    let isPoisoned = ahead > HybridClock.driftMillisecondsMax
    // After all that was corrected, which ends at the hub's time and some counts of the counter.
    if isPoisoned { journal.restartClock(at: hubMilliseconds + 1) }
    try journal.finish()
    if isPoisoned { try takeNewIdentity(db) }
    return Array(journal.touchedLearners)
  }
}

/// A boot session in which this replica recorded.
struct ClockSession: Equatable {
  let number: UInt32
  let first: HybridTime
  let last: HybridTime
  /// Milliseconds to add to its hybrid times; `nil` while unknown.
  var offset: Int64?

  /// What is known of `sessions`, in the order in which they were recorded and all since `lastMeeting`, when a hub says
  /// what time it is.
  ///
  /// The current session is measured. Of an earlier one it is known that it lies between the last meeting and the one
  /// after it: its times are moved by no more than brings it there.
  static func corrected(
    _ sessions: [ClockSession], at moment: DeviceMoment, hubMilliseconds: Int64,
    lastMeeting: Int64?
  ) -> [ClockSession] {
    var out = sessions
    var ceiling = hubMilliseconds
    for index in out.indices.reversed() {
      let session = out[index]
      let (first, last) = (session.first.milliseconds, session.last.milliseconds)
      var offset: Int64 = 0
      let isMeasured =
        session.number == moment.session
        && last <= moment.wallMilliseconds + Store.clockMillisecondsOffMin
      if isMeasured {
        offset = hubMilliseconds - moment.wallMilliseconds
      } else if last > ceiling {
        offset = ceiling - last
      } else if let floor = lastMeeting, first < floor {
        offset = min(floor - first, ceiling - last)
      }
      offset = significant(offset)
      out[index].offset = offset
      ceiling = min(ceiling, first + offset)
    }
    return out
  }

  /// 0 for what is not worth a correction.
  static func significant(_ offset: Int64) -> Int64 {
    offset.magnitude < Store.clockMillisecondsOffMin.magnitude ? 0 : offset
  }
}

extension JournalTransaction {
  /// The device's clocks as records should see them, and the session that they are of.
  ///
  /// Where a hub said that the clock of this session is off, it is corrected, and the session goes by its next number.
  func corrected(_ moment: DeviceMoment) throws -> DeviceMoment {
    var offset: Int64 = 0
    try HotStatement(db, "SELECT offset FROM session WHERE id = ?").run([
      .integer(Int64(moment.session))
    ]) { offset = $0.integer(0) }
    guard offset != 0 else { return moment }
    return DeviceMoment(
      wallMilliseconds: moment.wallMilliseconds &+ offset, session: moment.session &+ 1)
  }

  /// Notes that this replica recorded from `first` to `last` in `session`.
  func note(session: UInt32, from first: HybridTime, to last: HybridTime) throws {
    try HotStatement(
      db,
      """
      INSERT INTO session (id, first, last) VALUES (?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET last = excluded.last
      """
    ).run([
      .integer(Int64(session)), .integer(Int64(bitPattern: first.bits)),
      .integer(Int64(bitPattern: last.bits)),
    ])
  }
}
