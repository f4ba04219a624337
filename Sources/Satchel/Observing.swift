public import SatchelCore
internal import SatchelStore
public import SatchelTutor

/// What an app shows of a learner, of one moment.
public struct LearnerSnapshot: Sendable {
  public let progress: LearnerProgress
  public let recommendations: [Recommendation]
}

extension Replica {
  /// The learner's state now, and again whenever a record, a sync, new content or a new model of this handle changes it.
  ///
  /// A loop that is slow gets the newest state, not a queue of old ones. Ends when the task is cancelled; an error of
  /// the store ends it, too.
  public func observe(_ learner: LearnerID, limit: Int = 10) -> AsyncThrowingStream<
    LearnerSnapshot, any Error
  > {
    let changes = store.changes()
    return AsyncThrowingStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      // The stream's own task: it lives exactly as long as somebody listens.
      let task = Task {
        do {
          continuation.yield(try self.state(of: learner, limit: limit))
          for await change in changes where change.concerns(learner) {
            continuation.yield(try self.state(of: learner, limit: limit))
          }
          continuation.finish()
        } catch {
          continuation.finish(throwing: error)
        }
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  /// An event for each change that concerns `learner`, from now on; changes that come while one is handled are one event.
  ///
  /// - Throws: `learner.unknown`, and the store's errors.
  package func changes(of learner: LearnerID) throws(SatchelError) -> AsyncStream<Void> {
    guard try store.knows(learner) else { throw SatchelError(.learnerUnknown) }
    let changes = store.changes()
    return AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
      // The stream's own task, as above.
      let task = Task {
        for await change in changes where change.concerns(learner) { continuation.yield() }
        continuation.finish()
      }
      continuation.onTermination = { _ in task.cancel() }
    }
  }

  private func state(of learner: LearnerID, limit: Int) throws(SatchelError) -> LearnerSnapshot {
    LearnerSnapshot(
      progress: try progress(of: learner),
      recommendations: try recommend(for: learner, limit: limit)
    )
  }
}
