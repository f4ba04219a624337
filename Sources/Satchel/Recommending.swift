public import Foundation
public import SatchelCore
internal import SatchelStore
public import SatchelTutor

extension Replica {
  /// What `learner` should do now, best first, each with its reasons.
  ///
  /// Answers from the file alone, in milliseconds, and alike on every replica that holds the same records, content and
  /// model.
  /// - Parameters:
  ///   - learner: whom it is for.
  ///   - limit: at most this many.
  ///   - goal: a skill that she wants to reach.
  ///   - date: now, if not given.
  /// - Throws: `learner.unknown`, `skill.unknown`, and the store's errors.
  public func recommend(
    for learner: LearnerID, limit: Int = 10, goal: SkillID? = nil, at date: Date? = nil
  ) throws(SatchelError) -> [Recommendation] {
    guard try store.knows(learner) else { throw SatchelError(.learnerUnknown) }
    if let goal, try !store.knows(goal) {
      throw SatchelError(.skillUnknown, subject: goal.text)
    }
    let state = try store.recommendationState(of: learner)
    let ready = try prepare(contentVersion: state.contentVersion, model: state.activeModel)
    return ready.tutor.recommend(
      from: ready.course, fold: state.fold,
      bias: try bias(of: learner, fingerprint: state.fingerprint, ready), goal: goal,
      nowMilliseconds: Self.milliseconds(date), limit: limit)
  }

  /// The chance, 0...1, that `learner` answers `item` right now.
  public func probabilityCorrect(of item: ItemID, by learner: LearnerID, at date: Date? = nil)
    throws(SatchelError) -> Double
  {
    guard let skills = try store.skills(of: item) else {
      throw SatchelError(.itemUnknown, subject: item.text)
    }
    let state = try store.recommendationState(of: learner)
    let ready = try prepare(contentVersion: state.contentVersion, model: state.activeModel)
    return ready.tutor.predict(
      item: item, skills: skills, difficulty: ready.difficulties[item], fold: state.fold,
      bias: try bias(of: learner, fingerprint: state.fingerprint, ready),
      nowMilliseconds: Self.milliseconds(date))
  }

  /// `reason` as a sentence for the learner, with the title of the skill that it names.
  public func sentence(_ reason: Reason, in language: Language) throws(SatchelError) -> String {
    var title: LocalizedText?
    if let skill = reason.arguments.skill { title = try store.skillTitle(skill) }
    return reason.text(in: language, skillTitle: title?.text(in: language))
  }
}
