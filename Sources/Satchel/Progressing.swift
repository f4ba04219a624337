public import Foundation
public import SatchelCore
internal import SatchelStore
public import SatchelTutor

extension Replica {
  /// How far `learner` has come with each skill: mastery, what is due, what will be left in a week.
  ///
  /// - Throws: `learner.unknown` and the store's errors.
  public func progress(of learner: LearnerID, at date: Date? = nil) throws(SatchelError)
    -> LearnerProgress
  {
    guard try store.knows(learner) else { throw SatchelError(.learnerUnknown) }
    let state = try store.recommendationState(of: learner)
    let ready = try prepare(contentVersion: state.contentVersion, model: state.activeModel)
    return ready.tutor.progress(fold: state.fold, nowMilliseconds: Self.milliseconds(date))
  }

  /// How many records about `learner` this replica holds.
  public func recordCount(of learner: LearnerID) throws(SatchelError) -> Int {
    try store.recordCount(of: learner)
  }
}
