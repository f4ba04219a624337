/// What a feature is about; reasons are given by group.
package enum FeatureGroup: Int, CaseIterable, Sendable {
  case itemDifficulty
  case overallLevel
  case thisSkill
  case recency
  case repetition
  case memory
  case responseTime
}

/// The list of the network's inputs. Its order is part of every model file: raise ``version`` with any change.
///
/// Features stand in four stretches by what they depend on, so that the first layer can be summed in parts: on the
/// learner alone, on her and the item's skills, on her and the item, on the item alone. Which skill and which item it is
/// enters through learned vectors, 16 and 8 numbers, that fill the inputs from 76 to 100. Then follows the recurrent
/// state, 48 numbers that the network itself makes of the learner's last answers.
package enum FeatureSchema {
  package static let version = 3
  /// Inputs of the network's first layer.
  package static let count = 148
  /// Inputs that are computed and normalised; the rest are learned vectors.
  package static let computed = 76

  package static let learner = 0..<29
  package static let skill = 29..<51
  package static let pair = 51..<66
  package static let item = 66..<76
  package static let skillVector = 76..<92
  package static let itemVector = 92..<100
  /// All that depends on the item alone.
  package static let content = 66..<100
  package static let recurrent = 100..<148

  /// What is told of one answer to the recurrent state: its main skill's vector, then four numbers.
  package static let answerCount = ModelTables.skillVector + answerNumbers
  package static let answerNumbers = 4

  package static let names = learnerFeatures + skillFeatures + pairFeatures + itemFeatures

  private static let learnerFeatures: [(name: String, group: FeatureGroup)] = [
    ("learner_log_answers", .overallLevel), ("learner_log_right", .overallLevel),
    ("learner_log_wrong", .overallLevel), ("learner_rate_logit", .overallLevel),
    ("learner_mean_fast", .overallLevel), ("learner_mean", .overallLevel),
    ("learner_mean_slow", .overallLevel), ("learner_run", .overallLevel),
    ("learner_last_1", .overallLevel), ("learner_last_2", .overallLevel),
    ("learner_last_3", .overallLevel), ("learner_residual_fast", .overallLevel),
    ("learner_residual", .overallLevel), ("learner_residual_slow", .overallLevel),
    ("learner_strength", .overallLevel), ("learner_recent_item_logit", .overallLevel),
    ("learner_log_since_last", .recency), ("learner_log_sitting_answers", .recency),
    ("learner_log_sitting_minutes", .recency), ("learner_log_answers_of_late", .recency),
    ("learner_right_of_late", .recency), ("learner_repeat_share", .repetition),
    ("learner_log_items_met", .overallLevel), ("learner_log_skills_met", .overallLevel),
    ("learner_duration", .responseTime), ("learner_duration_deviation", .responseTime),
    ("learner_asked_ease", .overallLevel), ("learner_skipped_share", .overallLevel),
    ("learner_log_days", .recency),
  ]

  private static let skillFeatures: [(name: String, group: FeatureGroup)] = [
    ("skill_log_answers", .thisSkill), ("skill_log_right", .thisSkill),
    ("skill_log_wrong", .thisSkill), ("skill_rate_logit", .thisSkill),
    ("skill_mean", .thisSkill), ("skill_mean_fast", .thisSkill), ("skill_run", .thisSkill),
    ("skill_last_1", .thisSkill), ("skill_last_2", .thisSkill), ("skill_last_3", .thisSkill),
    ("skill_residual_fast", .thisSkill), ("skill_residual", .thisSkill),
    ("skill_strength", .thisSkill), ("skill_recent_item_logit", .thisSkill),
    ("skill_log_since_last", .recency), ("skill_log_answers_since_last", .recency),
    ("skill_log_stability", .memory), ("skill_retrievability", .memory),
    ("skill_duration", .responseTime), ("skill_asked_ease", .thisSkill),
    ("skill_is_new", .thisSkill), ("skill_weakest_rate_logit", .thisSkill),
  ]

  private static let pairFeatures: [(name: String, group: FeatureGroup)] = [
    ("pair_is_seen", .repetition), ("pair_log_answers", .repetition),
    ("pair_log_right", .repetition), ("pair_log_wrong", .repetition),
    ("pair_last_1", .repetition), ("pair_last_2", .repetition), ("pair_run", .repetition),
    ("pair_log_answers_since_last", .recency), ("pair_log_since_last", .recency),
    ("pair_is_viewed", .repetition), ("pair_duration", .responseTime),
    ("pair_retrievability", .memory), ("pair_log_stability", .memory),
    ("pair_difficulty", .memory), ("pair_asked_ease", .repetition),
  ]

  private static let itemFeatures: [(name: String, group: FeatureGroup)] = [
    ("item_logit", .itemDifficulty), ("item_first_logit", .itemDifficulty),
    ("item_log_count", .itemDifficulty), ("item_is_known", .itemDifficulty),
    ("item_skill_logit", .itemDifficulty), ("item_skill_log_count", .itemDifficulty),
    ("item_skill_is_known", .itemDifficulty), ("item_fair_logit", .itemDifficulty),
    ("item_duration", .responseTime), ("item_log_skills", .itemDifficulty),
  ]

  /// The group of each of the 148 inputs; the vectors say how hard the item and its skill are for whom, the recurrent
  /// state how the learner has been doing.
  package static let groups: [FeatureGroup] =
    names.map(\.group) + Array(repeating: .itemDifficulty, count: recurrent.lowerBound - computed)
    + Array(repeating: .overallLevel, count: recurrent.count)
}
