internal import Foundation
internal import GRDB
package import SatchelCore

/// What the doctor found.
package struct Diagnosis: Equatable, Sendable {
  package var records = 0
  package var streams = 0
  package var learners = 0
  package var items = 0
  /// Branches of streams that two copies of a device wrote on.
  package var forks = 0
  package var fingerprint = Hash256.zero
  /// Each one sentence; empty when all is well.
  package var problems: [String] = []

  package var isHealthy: Bool { problems.isEmpty }
}

/// How thoroughly the doctor looks.
package enum Examination: Sendable {
  /// SQLite's own quick check, counts and fingerprints.
  case quick
  /// Also every hash, every signature, and every folded row against a fold from nothing.
  case deep
}

extension Store {
  /// Looks at everything and changes nothing.
  package func examine(_ examination: Examination) throws(SatchelError) -> Diagnosis {
    var diagnosis = try read { db in
      var out = Diagnosis()
      out.problems = try Self.problemsOfFile(db, examination)
      try Self.count(into: &out, db)
      return out
    }
    if examination == .deep {
      for learner in try learnerIDs() {
        diagnosis.problems += try read { db in try problems(of: learner, db) }
      }
    }
    return diagnosis
  }

  /// Folds every learner anew, one transaction each.
  package func rebuildProjections() throws(SatchelError) {
    guard let projection else { return }
    for learner in try learnerIDs() {
      try write { db in
        var journal = try JournalTransaction(db, projection: projection)
        try journal.rebuild(learner)
        try journal.finish()
      }
    }
    try write { db in
      try db.execute(
        sql: "UPDATE ledger SET projection = ?", arguments: [projection.version])
    }
    tellObservers(of: [], everyone: true)
  }

  /// Rows that another version of the projection folded mean nothing to this one. An interrupted refolding starts again
  /// at the next open, for the version is written last.
  func refoldIfOutdated() throws(SatchelError) {
    let (version, isEmpty) = try read { db in
      (
        try Int.fetchOne(db, sql: "SELECT projection FROM ledger") ?? 0,
        try Row.fetchOne(db, sql: "SELECT 1 FROM stream LIMIT 1") == nil
      )
    }
    guard let projection else { return }
    guard version != projection.version else { return }
    if isEmpty {
      try write {
        try $0.execute(sql: "UPDATE ledger SET projection = ?", arguments: [projection.version])
      }
    } else {
      try rebuildProjections()
    }
  }
}

// MARK: - Checks

extension Store {
  private static func problemsOfFile(_ db: Database, _ examination: Examination) throws -> [String]
  {
    let pragma = examination == .deep ? "integrity_check" : "quick_check"
    var out = try String.fetchAll(db, sql: "PRAGMA \(pragma)").filter { $0 != "ok" }
    if try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") != nil {
      out.append("a row refers to one that is missing")
    }
    return out
  }

  private static func count(into out: inout Diagnosis, _ db: Database) throws {
    var found = ScopeSummary()
    for stream in try JournalReader(db).streams() {
      if stream.isBranch {
        found.branch(stream.stream.id, at: stream.base, to: stream.head)
        out.forks += 1
      } else {
        found.advance(stream.stream.id, from: stream.base, to: stream.head)
      }
    }
    let row = try Row.fetchOne(db, sql: "SELECT fingerprint, streams, records FROM ledger")
    let kept = row.map {
      ScopeSummary(sum: Hash256(bytes: $0[0] as Data) ?? .zero, streams: $0[1], records: $0[2])
    }
    if kept != found { out.problems.append("the fingerprint does not fit the streams") }
    out.records = found.records
    out.streams = found.streams
    out.fingerprint = found.fingerprint
    out.learners = try Int.fetchOne(db, sql: "SELECT count(*) FROM learner") ?? 0
    out.items = try Int.fetchOne(db, sql: "SELECT count(*) FROM item") ?? 0
  }

  /// Chains, signatures and folded rows of one learner.
  private func problems(of learner: LearnerID, _ db: Database) throws -> [String] {
    let reader = JournalReader(db)
    var out: [String] = []
    var records: [Record] = []
    for stream in try reader.streams(of: learner) {
      do {
        records += try verified(stream, reader)
      } catch let error as SatchelError {
        out.append(error.description)
      }
    }
    guard out.isEmpty, let projection else { return out }
    var expected = LearnerFold()
    projection.fold(Timeline.ordered(records), into: &expected)
    if try Self.fold(of: learner, db) != expected {
      out.append("what was folded for learner \(learner) is not what her records give")
    }
    return out
  }

  /// The stream's records, with every link and signature checked up to its head.
  private func verified(_ stream: StoredStream, _ reader: JournalReader) throws -> [Record] {
    var head = stream.base
    for segment in try reader.segments(of: stream) {
      guard segment.first == head.number + 1 else {
        throw SatchelError(.streamGap, subject: stream.stream.id.description)
      }
      head = try segment.continuation(of: head).head
    }
    let records = try reader.records(of: stream)
    let reached = head.appending(records.dropFirst(Int(head.number - stream.base.number)))
    guard reached == stream.head else {
      throw SatchelError(.streamBroken, subject: stream.stream.id.description)
    }
    if let signature = stream.tailSignature {
      let signed = reached.signedBytes(of: stream.stream.id)
      guard stream.stream.publicKey.isValid(signature: signature, for: signed) else {
        throw SatchelError(.streamSignature, subject: stream.stream.id.description)
      }
    }
    return records
  }
}
