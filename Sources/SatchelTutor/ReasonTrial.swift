package import SatchelCore

/// One reason put to the test: what happens to the figure that it explains without what it names.
package struct ReasonTrial: Equatable, Sendable {
  package var code: ReasonCode
  /// Absolute change without what the reason names.
  package var named: Double
  /// The mean absolute change without as many other things.
  package var others: Double
}

extension Tutor {
  /// Tries the reasons of the best recommendations.
  ///
  /// A reason of the prediction names a group of features: these are set to their neutral value, 0 after normalisation, and
  /// the probability of a right answer is foretold anew; against this stand ``ReasonTrial/others``: as many features drawn
  /// from the other groups. Only features count that are not neutral already, on both sides. A reason of the path names a
  /// term of the score; against it stands every other term alone. Reasons with nothing to be set against are left out.
  ///
  /// - Parameters:
  ///   - random: draws the other features.
  ///   - claims: what is taken for a recommendation's reasons; its own, but where a check must be shown to fail.
  package func tryReasons(
    from course: PreparedCourse, fold: LearnerFold, nowMilliseconds: Int64, limit: Int,
    random: inout some RandomNumberGenerator,
    claims: (Recommendation) -> [ReasonCode] = { $0.reasons.map(\.code) }
  ) -> [ReasonTrial] {
    let best = recommend(
      from: course, fold: fold, goal: nil, nowMilliseconds: nowMilliseconds, limit: limit)
    guard !best.isEmpty else { return [] }
    let view = LearnerView(
      self, course, fold, bias: PersonalBias(), nowMilliseconds: nowMilliseconds)
    let situations = course.skillSets.map(SkillMap(view, goal: nil).situation)
    let foretold = view.foretell()
    var trials: [ReasonTrial] = []
    for recommendation in best {
      guard let index = course.indexOfItem[recommendation.item] else { continue }
      let situation = situation(index, view, situations, foretold)
      let row = Explanation(view, index, situation).normalisedRow()
      for code in claims(recommendation) {
        let trial =
          code.group.map { tryGroup($0, code, row, &random) } ?? Self.tryTerm(code, situation)
        if let trial { trials.append(trial) }
      }
    }
    return trials
  }

  /// Draws of other features for each reason.
  private static let draws = 8

  private func tryGroup(
    _ group: FeatureGroup, _ code: ReasonCode, _ row: [Float],
    _ random: inout some RandomNumberGenerator
  ) -> ReasonTrial? {
    let live = row.indices.filter { row[$0] != 0 }
    let named = live.filter { FeatureSchema.groups[$0] == group }
    var others = live.filter { FeatureSchema.groups[$0] != group }
    guard !named.isEmpty, !others.isEmpty else { return nil }
    var rows = row + Self.neutralised(named, in: row)
    for _ in 0..<Self.draws {
      // The first of a partial shuffle (Fisher and Yates).
      let count = min(named.count, others.count)
      for place in 0..<count {
        others.swapAt(place, Int.random(in: place..<others.count, using: &random))
      }
      rows += Self.neutralised(Array(others.prefix(count)), in: row)
    }
    let outputs = weights.serving.outputs(of: rows)
    let probabilities = (0..<Self.draws + 2).map {
      Double(weights.probability(logit: outputs[$0 * Network.headStride]))
    }
    let changes = probabilities.dropFirst().map { ($0 - probabilities[0]).magnitude }
    return ReasonTrial(
      code: code, named: changes[0],
      others: changes.dropFirst().reduce(0, +) / Double(Self.draws))
  }

  private static func neutralised(_ columns: [Int], in row: [Float]) -> [Float] {
    var row = row
    for column in columns { row[column] = 0 }
    return row
  }

  private static func tryTerm(_ code: ReasonCode, _ situation: Path.Situation) -> ReasonTrial? {
    var terms: [ReasonCode: Float] = [:]
    Path.weigh(situation) { terms[$0, default: 0] += $1 }
    // In a fixed order: a sum of floats in a dictionary's order would differ from run to run.
    let codes = ReasonCode.allCases.filter { terms[$0, default: 0] != 0 }
    let others = codes.filter { $0 != code }
    guard codes.contains(code), !others.isEmpty else { return nil }
    let score = Path.score(situation)
    func change(without code: ReasonCode) -> Double {
      let rest = codes.filter { $0 != code }.map { terms[$0, default: 0] }.reduce(0, +)
      return Double((Path.score(sum: rest) - score).magnitude)
    }
    return ReasonTrial(
      code: code, named: change(without: code),
      others: others.map(change).reduce(0, +) / Double(others.count))
  }
}

extension ReasonCode {
  /// The group of features that a reason of the prediction names; `nil` for a reason of the path.
  package var group: FeatureGroup? {
    switch self {
    case .itemEasy, .itemHard: .itemDifficulty
    case .learnerStrong, .learnerWeak: .overallLevel
    case .skillStrong, .skillWeak: .thisSkill
    case .freshlyPractised, .longPause: .recency
    case .seenBefore, .unfamiliar: .repetition
    case .wellRemembered, .fadingMemory: .memory
    case .quickAnswers, .slowAnswers: .responseTime
    case .reviewDue, .rightDifficulty, .weakSkill, .newSkillReady, .nextInCourse, .othersWentOn,
      .goal,
      .recentMistake, .exploration, .worthwhile, .liked, .toldTooEasy, .toldTooHard, .skipped,
      .prerequisitesMissing, .practisedLately, .skillMastered:
      nil
    }
  }
}
