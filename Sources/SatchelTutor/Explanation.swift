internal import SatchelCore

/// Why one candidate was recommended: the terms of its score, and what moved the model's prediction.
struct Explanation {
  /// Reasons shown at most.
  static let reasonsMax = 4
  /// Terms and contributions smaller than this are not worth a sentence.
  static let weightMin: Float = 0.02

  private let view: LearnerView
  private let index: Int
  private let situation: Path.Situation

  init(_ view: LearnerView, _ index: Int, _ situation: Path.Situation) {
    self.view = view
    self.index = index
    self.situation = situation
  }

  /// The strongest terms that speak for the item, then what moved the prediction most; never empty.
  func reasons() -> [Reason] {
    var terms: [(code: ReasonCode, weight: Float)] = []
    Path.weigh(situation) { terms.append(($0, $1)) }
    terms.sort { ($0.weight, $1.code.rawValue) > ($1.weight, $0.code.rawValue) }
    var reasons = terms.prefix(Self.reasonsMax - 1).filter { $0.weight >= Self.weightMin }
    // The least bad of what is left may have nothing in its favour; then it says what it is.
    if reasons.isEmpty { reasons = [terms.first ?? (.exploration, 0)] }
    let moved = contributions().prefix(Self.reasonsMax - reasons.count)
    return reasons.map { reason($0.code, $0.weight) }
      + moved.filter { $0.weight.magnitude >= Self.weightMin }.map { reason($0.code, $0.weight) }
  }

  /// For each group of features: the probability minus what it would be with the group at its average, which is 0
  /// after normalisation. The strongest first.
  func contributions() -> [(code: ReasonCode, weight: Float)] {
    let groups = FeatureGroup.allCases
    let row = normalisedRow()
    var rows = row
    for group in groups {
      rows += zip(row, FeatureSchema.groups).map { $1 == group ? 0 : $0 }
    }
    let weights = view.tutor.weights
    let outputs = weights.serving.outputs(of: rows)
    let whole = weights.probability(logit: outputs[0], shift: view.shift)
    return groups.enumerated()
      .map { position, group in
        let without = weights.probability(
          logit: outputs[(position + 1) * Network.headStride], shift: view.shift)
        return (code(of: group, whole - without), whole - without)
      }
      .sorted { ($0.1.magnitude, $1.0.rawValue) > ($1.1.magnitude, $0.0.rawValue) }
  }

  /// The candidate's inputs as the network sees them.
  func normalisedRow() -> [Float] {
    let candidate = view.course.candidates[index]
    let features = view.tutor.features
    var row = [Float](repeating: 0, count: FeatureSchema.count)
    row.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      features.writeRow(
        learner: view.state,
        skills: view.course.skillSets[view.course.setOfCandidate[index]]
          .map { view.skillStates[$0] },
        item: situation.item,
        known: features.knowledge(
          of: candidate.item.hash64, skills: candidate.skills.map(\.hash64),
          difficulty: candidate.difficulty), nowSeconds: view.nowSeconds,
        recurrent: view.recurrent, to: base)
      view.tutor.weights.normalise(base, columns: 0..<FeatureSchema.computed)
    }
    return row
  }

  private func code(of group: FeatureGroup, _ weight: Float) -> ReasonCode {
    let isUp = weight > 0
    switch group {
    case .itemDifficulty: return isUp ? .itemEasy : .itemHard
    case .overallLevel: return isUp ? .learnerStrong : .learnerWeak
    case .thisSkill: return isUp ? .skillStrong : .skillWeak
    case .recency: return isUp ? .freshlyPractised : .longPause
    case .repetition: return situation.item?.attempts ?? 0 > 0 ? .seenBefore : .unfamiliar
    case .memory: return isUp ? .wellRemembered : .fadingMemory
    case .responseTime: return isUp ? .quickAnswers : .slowAnswers
    }
  }

  private func reason(_ code: ReasonCode, _ weight: Float) -> Reason {
    var arguments = Reason.Arguments()
    let skills = situation.skills
    switch code {
    case .reviewDue: arguments.percent = percent(situation.retrievability)
    case .rightDifficulty: arguments.percent = percent(situation.probability)
    case .prerequisitesMissing: arguments.skill = skill(skills.missing)
    case .weakSkill, .newSkillReady, .goal, .exploration, .skillMastered, .skillStrong, .skillWeak:
      arguments.skill = skill(skills.weakest)
    case .longPause:
      let elapsed = StateTime.elapsed(from: view.state.lastSeconds, to: view.nowSeconds)
      arguments.days = Int(elapsed / 86_400)
    default: break
    }
    return Reason(code: code, weight: Double(weight), arguments: arguments)
  }

  private func skill(_ index: Int?) -> SkillID? { index.map { view.course.skills[$0] } }

  private func percent(_ probability: Float) -> Int { Int((probability * 100).rounded()) }
}
