internal import Foundation
internal import GRDB
import SatchelCore

/// The one place where SQLite's results become Satchel's errors.
enum StoreError {
  /// Runs `body`; what it throws leaves as a ``SatchelError``. A statement's arguments never enter the message.
  static func mapped<Value>(_ subject: String, _ body: () throws -> Value) throws(SatchelError)
    -> Value
  {
    do {
      return try body()
    } catch let error as SatchelError {
      throw error
    } catch let error as DatabaseError {
      throw SatchelError(code(of: error), subject: subject, cause: cause(of: error))
    } catch is CancellationError {
      throw SatchelError(.cancelled)
    } catch {
      throw SatchelError(.storeFailed, subject: subject, cause: "\(type(of: error))")
    }
  }

  private static func cause(of error: DatabaseError) -> String {
    error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
  }

  private static func code(of error: DatabaseError) -> SatchelError.Code {
    switch error.resultCode {
    case .SQLITE_FULL: .storeFull
    case .SQLITE_READONLY, .SQLITE_PERM: .storeReadOnly
    case .SQLITE_CANTOPEN: .storeFailed
    case .SQLITE_BUSY, .SQLITE_LOCKED: .storeBusy
    case .SQLITE_CORRUPT: .storeDamaged
    case .SQLITE_NOTADB: .storeForeign
    // A commit on a full disk may surface as an I/O error of write.
    case .SQLITE_IOERR: .storeFailed
    default: .storeFailed
    }
  }
}
