package import SatchelCore

/// What a committed write changed.
package struct StoreChange: Sendable {
  /// Learners with new records; empty when only content or models changed.
  package var learners: Set<LearnerID>
  /// Content or the active model changed, which moves every learner's recommendations.
  package var affectsEveryone: Bool

  package func concerns(_ learner: LearnerID) -> Bool {
    affectsEveryone || learners.contains(learner)
  }
}

/// Who is told after each commit of this handle.
struct Observers: Sendable {
  private var next = 0
  private var all: [Int: AsyncStream<StoreChange>.Continuation] = [:]

  mutating func add(_ continuation: AsyncStream<StoreChange>.Continuation) -> Int {
    next += 1
    all[next] = continuation
    return next
  }

  mutating func remove(_ token: Int) { all[token] = nil }

  func tell(_ change: StoreChange) {
    for continuation in all.values { continuation.yield(change) }
  }
}

extension Store {
  /// Changes that this handle commits, from now on. A reader that is slow gets the newest ones only.
  package func changes() -> AsyncStream<StoreChange> {
    AsyncStream(bufferingPolicy: .bufferingNewest(64)) { continuation in
      let token = observers.withLock { $0.add(continuation) }
      continuation.onTermination = { [weak self] _ in
        self?.observers.withLock { $0.remove(token) }
      }
    }
  }

  func tellObservers(of learners: some Sequence<LearnerID>, everyone: Bool = false) {
    let change = StoreChange(learners: Set(learners), affectsEveryone: everyone)
    observers.withLock { $0 }.tell(change)
  }
}
