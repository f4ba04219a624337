internal import GRDB
internal import GRDBSQLite
import SatchelCore

/// A cached statement bound through SQLite's C interface.
///
/// GRDB's own argument binding takes 48,000 rows a second here, this 154,000 (spec/toolchain.md, section 1). For loops
/// that touch a row a record; everything else uses GRDB as it is.
struct HotStatement {
  private let statement: Statement
  private var handle: OpaquePointer { statement.sqliteStatement }

  init(_ db: Database, _ sql: String) throws {
    statement = try db.cachedStatement(sql: sql)
    sqlite3_reset(handle)
  }

  /// Runs the statement once with `values` and calls `row` for each result row.
  func run(_ values: [HotValue], row: ((HotRow) -> Void)? = nil) throws {
    defer { sqlite3_reset(handle) }
    for (index, value) in values.enumerated() {
      try check(bind(value, at: Int32(index + 1)))
    }
    try step { row?($0) }
  }

  /// The same for two numbers, without an array for them: what folding runs for every row that it reads.
  func run(_ first: Int64, _ second: Int64, row: (HotRow) -> Void) throws {
    defer { sqlite3_reset(handle) }
    try check(sqlite3_bind_int64(handle, 1, first))
    try check(sqlite3_bind_int64(handle, 2, second))
    try step(row)
  }

  /// The same for two numbers and a blob, which SQLite reads where it lies.
  func run(_ first: Int64, _ second: Int64, _ bytes: [UInt8]) throws {
    defer {
      sqlite3_reset(handle)
      // The blob is SQLite's only until this returns.
      sqlite3_clear_bindings(handle)
    }
    try check(sqlite3_bind_int64(handle, 1, first))
    try check(sqlite3_bind_int64(handle, 2, second))
    try bytes.withUnsafeBytes { raw in
      // A null pointer would bind NULL, and a null destructor says that the bytes stay where they are.
      try check(
        raw.baseAddress.map { sqlite3_bind_blob(handle, 3, $0, Int32(raw.count), nil) }
          ?? sqlite3_bind_zeroblob(handle, 3, 0))
      try step { _ in }
    }
  }

  private func step(_ row: (HotRow) -> Void) throws {
    while true {
      switch sqlite3_step(handle) {
      case SQLITE_ROW: row(HotRow(handle: handle))
      case SQLITE_DONE: return
      case let code: try check(code)
      }
    }
  }

  private func bind(_ value: HotValue, at index: Int32) -> Int32 {
    // SQLITE_TRANSIENT is a cast in C that Swift does not import: SQLite copies the bytes before the call returns.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    switch value {
    case .integer(let number): return sqlite3_bind_int64(handle, index, number)
    case .text(let text):
      return sqlite3_bind_text(handle, index, text, Int32(text.utf8.count), transient)
    case .blob(let bytes):
      return bytes.withUnsafeBytes { raw in
        guard let base = raw.baseAddress else { return sqlite3_bind_zeroblob(handle, index, 0) }
        return sqlite3_bind_blob(handle, index, base, Int32(raw.count), transient)
      }
    case .null: return sqlite3_bind_null(handle, index)
    }
  }

  private func check(_ code: Int32) throws {
    guard code != SQLITE_OK else { return }
    let connection = sqlite3_db_handle(handle)
    throw DatabaseError(
      resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(connection)))
  }
}

enum HotValue {
  case integer(Int64)
  case text(String)
  case blob([UInt8])
  case null
}

/// The current result row; valid only inside the call that hands it out.
struct HotRow {
  fileprivate let handle: OpaquePointer

  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  /// `nil` for NULL.
  func optionalInteger(_ column: Int32) -> Int64? {
    sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : integer(column)
  }

  /// `nil` for NULL.
  func real(_ column: Int32) -> Double? {
    sqlite3_column_type(handle, column) == SQLITE_NULL
      ? nil : sqlite3_column_double(handle, column)
  }

  func text(_ column: Int32) -> String {
    guard let text = sqlite3_column_text(handle, column) else { return "" }
    return String(cString: text)
  }

  /// `nil` for NULL.
  func blob(_ column: Int32) -> [UInt8]? {
    guard sqlite3_column_type(handle, column) != SQLITE_NULL else { return nil }
    let count = Int(sqlite3_column_bytes(handle, column))
    guard count > 0, let base = sqlite3_column_blob(handle, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: base, count: count))
  }
}
