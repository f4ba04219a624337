internal import GRDB
internal import GRDBSQLite
import SatchelCore
import Synchronization

/// What the store was asked, and answers alike until somebody commits.
enum Question: Hashable {
  case arrivals(after: UInt64, scope: Scope, notFrom: PeerID?)
  case device(PublicKey)
  case epoch
  case hub(String)
  case identity
  case lastHub
  case learners(ClassName)
  case lineage
  case modelVersion(String)
  case none(after: UInt64, scope: Scope)
  case note(PeerID)
  case openHub
  case openSessions
  case publications
  case recordedLearners
  case summary(Scope)
  case tails
}

/// Answers that hold as long as nobody has committed.
///
/// A round in which nothing changed asks both stores some twenty times for what they answered a minute ago, and each
/// question is a transaction of its own (40 µs in GRDB's pool). Whether any connection of any process has committed since
/// costs SQLite 3 µs: `PRAGMA data_version` (sqlite.org/pragma.html#pragma_data_version), asked on a connection that never
/// writes, so that every commit is another's.
///
/// Why that is enough: the version is read before the answer. An answer is given again only while the version is still the
/// one before it, so no commit lies between the two, and reading once more would find the same. What is kept here must
/// therefore follow from the file alone, never from a clock or from what lies beside it.
final class Recall: Sendable {
  /// Then all are forgotten: a hub of a thousand devices asks some ten a device.
  private static let answersMax = 16_384

  private struct Answer<Value: Sendable>: Sendable { let value: Value }

  /// What a connection said; another connection counts anew.
  fileprivate struct Version: Equatable {
    var connection = 0
    var number: Int64 = 0
  }

  fileprivate struct State {
    var watch: Watch?
    var connections = 0
    var version = Version()
    var answers: [Question: any Sendable] = [:]
  }

  private let path: String
  private let state = Mutex(State())

  init(path: String) { self.path = path }

  /// Lets go of the file. Before the store's own connections: SQLite empties the WAL when the last that can write goes,
  /// and this one cannot.
  func close() {
    state.withLock { state in
      state.watch = nil
      state.answers = [:]
    }
  }

  /// What was answered to `question`, or what `read` says.
  ///
  /// - Parameter keeping: whether an answer is small enough to be kept.
  func answer<Value: Sendable>(
    to question: Question, keeping: (Value) -> Bool, read: () throws(SatchelError) -> Value
  ) throws(SatchelError) -> Value {
    let (known, version) = state.withLock { state in
      let version = state.look(path)
      return (state.answers[question] as? Answer<Value>, version)
    }
    if let known { return known.value }
    let value = try read()
    // A version that could not be read vouches for nothing.
    guard let version, keeping(value) else { return value }
    state.withLock { state in
      guard state.version == version else { return }
      if state.answers.count >= Self.answersMax { state.answers = [:] }
      state.answers[question] = Answer(value: value)
    }
    return value
  }
}

extension Recall.State {
  /// Asks for the version, and forgets all answers when it moved; `nil` when it cannot be had, as beside a writer that
  /// recovers the file.
  fileprivate mutating func look(_ path: String) -> Recall.Version? {
    if watch == nil {
      watch = Watch(path)
      connections += 1
    }
    guard let number = watch?.version() else {
      (watch, answers) = (nil, [:])
      return nil
    }
    let now = Recall.Version(connection: connections, number: number)
    if now != version { answers = [:] }
    version = now
    return now
  }
}

/// A connection that only looks whether others commit.
///
/// Unchecked, for it holds C handles: it is used under the lock of ``Recall`` alone, one thread at a time.
private final class Watch: @unchecked Sendable {
  private let connection: OpaquePointer
  private let statement: OpaquePointer

  /// `nil` when the file cannot be opened.
  init?(_ path: String) {
    var connection: OpaquePointer?
    let flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(path, &connection, flags, nil) == SQLITE_OK, let connection else {
      sqlite3_close_v2(connection)
      return nil
    }
    var statement: OpaquePointer?
    guard
      sqlite3_prepare_v2(connection, "PRAGMA data_version", -1, &statement, nil) == SQLITE_OK,
      let statement
    else {
      sqlite3_close_v2(connection)
      return nil
    }
    (self.connection, self.statement) = (connection, statement)
  }

  deinit {
    sqlite3_finalize(statement)
    sqlite3_close_v2(connection)
  }

  func version() -> Int64? {
    defer { sqlite3_reset(statement) }
    guard sqlite3_step(statement) == SQLITE_ROW else { return nil }
    return sqlite3_column_int64(statement, 0)
  }
}

extension Store {
  /// Reads as ``read(_:)`` does, or gives what was read before when nobody has committed since.
  ///
  /// - Parameters:
  ///   - question: names all that `body` depends on beside the file.
  ///   - keeping: whether an answer is small enough to be kept.
  func recall<Value: Sendable>(
    _ question: Question, keeping: (Value) -> Bool = { _ in true },
    _ body: (Database) throws -> Value
  ) throws(SatchelError) -> Value {
    try recollection.answer(to: question, keeping: keeping) { () throws(SatchelError) in
      try read(body)
    }
  }
}
