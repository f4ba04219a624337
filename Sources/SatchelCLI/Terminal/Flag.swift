import Synchronization

/// Whether something has happened; for the few lines that share it.
final class Flag: Sendable {
  private let isRaised = Mutex(false)

  /// Whether it had been raised before.
  func raise() -> Bool {
    isRaised.withLock { raised in
      defer { raised = true }
      return raised
    }
  }
}
