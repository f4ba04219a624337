import Synchronization

/// Whether something happened before; for the few lines that share it.
final class Once: Sendable {
  private let happened = Mutex(false)

  /// `true` at the first call alone.
  func isFirst() -> Bool {
    happened.withLock { happened in
      defer { happened = true }
      return !happened
    }
  }
}
