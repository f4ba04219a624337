package import SatchelCore

/// Who is told after each commit of this handle.
struct Observers: Sendable {
  /// One who listens for a learner.
  struct Observer: Sendable {
    let learner: LearnerID
    let continuation: AsyncStream<Void>.Continuation
  }

  private var next = 0
  private var all: [Int: Observer] = [:]
  /// The store is closed: nobody will be told anything again.
  private(set) var areEnded = false

  /// `nil` once they are ended.
  mutating func add(_ observer: Observer) -> Int? {
    guard !areEnded else { return nil }
    next += 1
    all[next] = observer
    return next
  }

  mutating func remove(_ token: Int) { all[token] = nil }

  /// Who is to be told, outside the lock, that nothing will come.
  mutating func end() -> [Observer] {
    areEnded = true
    defer { all = [:] }
    return Array(all.values)
  }

  func observers(of learners: Set<LearnerID>, orEveryone everyone: Bool) -> [Observer] {
    all.values.filter { everyone || learners.contains($0.learner) }
  }
}

extension Store {
  /// An event for each change of `learner` that this handle commits from now on, until the store is closed.
  ///
  /// Changes that come while one is handled are one event.
  package func changes(of learner: LearnerID) -> AsyncStream<Void> {
    AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      let observer = Observers.Observer(learner: learner, continuation: continuation)
      guard let token = observers.withLock({ $0.add(observer) }) else {
        return continuation.finish()
      }
      continuation.onTermination = { [weak self] _ in
        self?.observers.withLock { $0.remove(token) }
      }
    }
  }

  /// ``close()`` was called.
  package var isClosed: Bool { observers.withLock { $0.areEnded } }

  /// - Parameter everyone: content or the active model changed, which moves every learner's recommendations.
  func tellObservers(of learners: some Sequence<LearnerID>, everyone: Bool = false) {
    // Told outside the lock: one who ends takes it, too.
    let concerned = observers.withLock {
      $0.observers(of: Set(learners), orEveryone: everyone)
    }
    for observer in concerned { observer.continuation.yield() }
  }

  func endObservers() {
    for observer in observers.withLock({ $0.end() }) { observer.continuation.finish() }
  }
}
