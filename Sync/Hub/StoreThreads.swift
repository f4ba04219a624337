internal import Dispatch
internal import Foundation
internal import SatchelCore
internal import Synchronization

/// Where the blocking calls of the store run, so that no event loop ever waits for a disk.
///
/// Admissions go one after the other, as SQLite has one writer; readers are as many as the store's pool has. Who comes
/// when too many wait is told to come again: memory stays bounded, and so does the time of those who wait.
final class StoreThreads: Sendable {
  /// Each waits with a body of at most 1 MiB.
  static let waitingMax = 128
  private static let readersMax = 4

  private let writer = DispatchQueue(label: "satchel.hub.writer")
  private let readers: OperationQueue
  private let waiting = Mutex(0)

  init() {
    readers = OperationQueue()
    readers.maxConcurrentOperationCount = Self.readersMax
  }

  func read<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await run(body) { [readers] job in readers.addOperation(job) }
  }

  func write<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
  {
    try await run(body) { [writer] job in writer.async(execute: job) }
  }

  private func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value,
    by start: (@escaping @Sendable () -> Void) -> Void
  ) async throws -> Value {
    let isFree = waiting.withLock { count in
      guard count < Self.waitingMax else { return false }
      count += 1
      return true
    }
    guard isFree else { throw SatchelError(.storeBusy, subject: "hub") }
    defer { waiting.withLock { $0 -= 1 } }
    return try await withCheckedThrowingContinuation { continuation in
      start { continuation.resume(with: Result { try body() }) }
    }
  }
}
