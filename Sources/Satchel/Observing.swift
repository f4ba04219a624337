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
  /// A task for as long as a screen shows her:
  ///
  ///     let screen = Task {
  ///       for try await state in replica.observe(mei, limit: 3) {
  ///         await show(state.progress, state.recommendations)
  ///       }
  ///     }
  ///
  /// Each state is read when the loop asks for it and something has changed: a loop that is slow gets the newest state,
  /// not a queue of old ones. The reading is done off the loop's actor. Several loops, even over one sequence, do not
  /// disturb each other.
  ///
  /// The loop ends when its task is cancelled (`screen.cancel()`) and when the replica is closed. It keeps the replica
  /// open: dropping your own last reference does not end it.
  /// - Parameters:
  ///   - learner: who is observed.
  ///   - limit: at most this many recommendations in a state.
  /// - Returns: a sequence whose loop throws `learner.unknown` and the store's errors, after which it has ended.
  public func observe(_ learner: LearnerID, limit: Int = 10)
    -> some AsyncSequence<LearnerSnapshot, SatchelError> & Sendable
  {
    LearnerSnapshots(replica: self, learner: learner, limit: limit)
  }

  /// An event for each change that concerns `learner`, from now on; changes that come while one is handled are one event.
  ///
  /// - Throws: `learner.unknown`, and the store's errors.
  package func changes(of learner: LearnerID) throws(SatchelError) -> AsyncStream<Void> {
    guard try store.knows(learner) else { throw SatchelError(.learnerUnknown) }
    return store.changes(of: learner)
  }
}

/// The states of one learner, as `Replica.observe` describes them.
struct LearnerSnapshots: AsyncSequence, Sendable {
  typealias Element = LearnerSnapshot
  typealias Failure = SatchelError

  let replica: Replica
  let learner: LearnerID
  let limit: Int

  func makeAsyncIterator() -> Iterator {
    Iterator(states: self, changes: replica.store.changes(of: learner).makeAsyncIterator())
  }

  struct Iterator: AsyncIteratorProtocol {
    typealias Failure = SatchelError

    let states: LearnerSnapshots
    /// Listened to before the first state is read, so that nothing falls between the two.
    var changes: AsyncStream<Void>.Iterator
    private var isFirst = true
    private var hasEnded = false

    init(states: LearnerSnapshots, changes: AsyncStream<Void>.Iterator) {
      self.states = states
      self.changes = changes
    }

    mutating func next() async throws(SatchelError) -> LearnerSnapshot? {
      guard !hasEnded, await hasNews(), !states.replica.store.isClosed else {
        hasEnded = true
        return nil
      }
      do throws(SatchelError) {
        return LearnerSnapshot(
          progress: try states.replica.progress(of: states.learner),
          recommendations: try states.replica.recommend(for: states.learner, limit: states.limit))
      } catch {
        hasEnded = true
        // Closed while it was read: an end, and not a fault.
        if states.replica.store.isClosed { return nil }
        throw error
      }
    }

    /// `false` at the end.
    private mutating func hasNews() async -> Bool {
      guard isFirst else { return await changes.next() != nil }
      isFirst = false
      return !Task.isCancelled
    }
  }
}
