// The functions of satchel.h, by its names.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSatchel
internal import Satchel

@c @implementation
public func satchel_learner_recommend(
  _ replica: OpaquePointer?, _ learner: UnsafePointer<CChar>?, _ goal: UnsafePointer<CChar>?,
  _ limit: Int, _ language: satchel_language, _ at_ms: Int64,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_recommendations>?>?
) -> satchel_status {
  call(handingOver: out) { (result) throws(SatchelError) in
    let replica = try SatchelC.replica(replica)
    var wanted: SkillID?
    if let goal = try optionalText(goal, "goal") { wanted = try SkillID(goal) }
    let found = try replica.recommend(
      for: try learnerID(learner), limit: try SatchelC.limit(limit, listLimits), goal: wanted,
      at: date(at_ms))
    let language = Language(language)
    let list = try found.map { (found) throws(SatchelError) in
      try result.recommendation(found) { (reason) throws(SatchelError) in
        try replica.sentence(reason, in: language)
      }
    }
    return satchel_recommendations(count: list.count, list: result.list(list))
  }
}

extension ResultArena {
  fileprivate func recommendation(
    _ recommendation: Recommendation, saying sentence: (Reason) throws(SatchelError) -> String
  ) throws(SatchelError) -> satchel_recommendation {
    let reasons = try recommendation.reasons.map { (reason) throws(SatchelError) in
      satchel_reason(
        code: text(reason.code.rawValue), weight: reason.weight,
        text: text(try sentence(reason)))
    }
    return satchel_recommendation(
      item: text(recommendation.item.text), score: recommendation.score,
      probability_correct: recommendation.probabilityCorrect,
      due_ms: moment(recommendation.dueMilliseconds), reason_count: reasons.count,
      reasons: list(reasons))
  }
}

@c @implementation
public func satchel_learner_foretell(
  _ replica: OpaquePointer?, _ learner: UnsafePointer<CChar>?, _ item: UnsafePointer<CChar>?,
  _ at_ms: Int64, _ out: UnsafeMutablePointer<Double>?
) -> satchel_status {
  out?.pointee = 0
  return call { () throws(SatchelError) in
    guard let out else { throw usage("out") }
    out.pointee = try SatchelC.replica(replica).probabilityCorrect(
      of: try itemID(item), by: try learnerID(learner), at: date(at_ms))
  }
}

@c @implementation
public func satchel_learner_path(
  _ replica: OpaquePointer?, _ learner: UnsafePointer<CChar>?, _ goal: UnsafePointer<CChar>?,
  _ steps: Int, _ language: satchel_language, _ at_ms: Int64,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_path>?>?
) -> satchel_status {
  call(handingOver: out) { (result) throws(SatchelError) in
    let replica = try SatchelC.replica(replica)
    let path = try replica.path(
      to: try SkillID(try text(goal, "goal")), for: try learnerID(learner),
      limit: try limit(steps, 1...Replica.pathStepsMax, "steps"), at: date(at_ms))
    let language = Language(language)
    let list = try path.steps.map { (step) throws(SatchelError) in
      let why = try step.reasons.first.map { (reason) throws(SatchelError) in
        try replica.sentence(reason, in: language)
      }
      return satchel_path_step(
        item: result.text(step.item.text), skill: result.optionalText(step.skill?.text),
        expected_gain: step.expectedGain, probability_correct: step.probabilityCorrect,
        why: result.text(why ?? ""))
    }
    return satchel_path(
      count: list.count, steps: result.list(list), mastery: path.mastery,
      expected_mastery: path.expectedMastery)
  }
}

@c @implementation
public func satchel_learner_progress(
  _ replica: OpaquePointer?, _ learner: UnsafePointer<CChar>?, _ at_ms: Int64,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_progress>?>?
) -> satchel_status {
  call(handingOver: out) { (result) throws(SatchelError) in
    let progress = try SatchelC.replica(replica)
      .progress(of: try learnerID(learner), at: date(at_ms))
    let skills = progress.skills.map { skill in
      satchel_skill_progress(
        skill: result.text(skill.skill.text), mastery: skill.mastery, forecast: skill.forecast,
        attempts: Int64(skill.attempts), correct: Int64(skill.correct),
        due_ms: moment(skill.dueMilliseconds))
    }
    return satchel_progress(
      skill_count: skills.count, skills: result.list(skills), attempts: Int64(progress.attempts),
      correct: Int64(progress.correct), items_met: Int64(progress.itemsMet),
      last_ms: moment(progress.lastMilliseconds))
  }
}
