internal import Dispatch
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
  private let readers = DispatchQueue(label: "satchel.hub.readers", attributes: .concurrent)
  private let waiting = Mutex(0)
  private let reading = Mutex(Reading())

  private typealias Job = @Sendable () -> Void

  /// Not a queue of operations, which costs more than most reads do.
  private struct Reading {
    var count = 0
    /// In order of arrival; at most ``waitingMax``.
    var later: [Job] = []
  }

  func read<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await run(body) { begin($0) }
  }

  func write<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value
  {
    try await run(body) { [writer] job in writer.async(execute: job) }
  }

  /// Reads now when not all readers are at work, else when one is done.
  private func begin(_ job: @escaping Job) {
    let isFree = reading.withLock { reading in
      guard reading.count < Self.readersMax else {
        reading.later.append(job)
        return false
      }
      reading.count += 1
      return true
    }
    if isFree { readers.async { self.work(job) } }
  }

  private func work(_ first: @escaping Job) {
    var next: Job? = first
    while let job = next {
      job()
      next = reading.withLock { reading in
        guard reading.later.isEmpty else { return reading.later.removeFirst() }
        reading.count -= 1
        return nil
      }
    }
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
