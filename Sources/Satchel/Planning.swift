public import Foundation
public import SatchelCore
internal import SatchelStore
public import SatchelTutor

extension Replica {
  /// The most steps of a plan: what is further off depends on answers that nobody knows yet.
  public static let pathStepsMax = 200

  /// An ordered plan to `goal` for `learner`, if all goes as the tutor expects.
  ///
  /// It holds items of the goal and of what leads to it alone, and ends when the goal counts as mastered. Every answer may
  /// change it: ask again after some.
  /// - Parameters:
  ///   - goal: the skill to be reached.
  ///   - learner: whom it is for.
  ///   - limit: at most this many steps, and never more than ``pathStepsMax``.
  ///   - date: now, if not given.
  /// - Throws: `learner.unknown`, `skill.unknown`, and the store's errors.
  public func path(
    to goal: SkillID, for learner: LearnerID, limit: Int = 20, at date: Date? = nil
  ) throws(SatchelError) -> LearningPath {
    guard try store.knows(learner) else { throw SatchelError(.learnerUnknown) }
    guard try store.knows(goal) else {
      throw SatchelError(.skillUnknown, subject: goal.text)
    }
    let state = try store.recommendationState(of: learner)
    let ready = try prepare(contentVersion: state.contentVersion, model: state.activeModel)
    return ready.tutor.plan(
      from: ready.course, fold: state.fold,
      bias: try bias(of: learner, fingerprint: state.fingerprint, ready), goal: goal,
      nowMilliseconds: Self.milliseconds(date), stepsMax: min(limit, Self.pathStepsMax))
  }
}
