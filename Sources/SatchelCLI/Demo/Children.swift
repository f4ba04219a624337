import Foundation
import Synchronization

/// Programs that this one started and that must not outlive it, however it ends.
final class Children: Sendable {
  static let shared = Children()

  private let running = Mutex<Set<pid_t>>([])

  func add(_ process: pid_t) { running.withLock { _ = $0.insert(process) } }
  func remove(_ process: pid_t) { running.withLock { _ = $0.remove(process) } }

  /// Tells all of them to end; a hub finishes what is under way.
  func endAll() {
    let processes = running.withLock { running in
      defer { running = [] }
      return running
    }
    for process in processes { kill(process, SIGTERM) }
  }
}
