package import SatchelCore

/// What to do next, what will come of it, and why.
///
/// A value over a model; every call is a pure function of its arguments, and answers the same on every processor.
package struct Tutor: Sendable {
  package let weights: Weights
  let features: Features

  /// - Parameter weights: `nil` is the built-in ``Weights/baseline``: there is always a working model.
  package init(weights: Weights? = nil) {
    self.weights = weights ?? .baseline
    features = Features(self.weights)
  }

  /// Resolves the vocabulary and computes what depends on items and skills alone: once per (content, model).
  ///
  /// - Parameter prerequisites: for each skill those that should come before it; cycles are harmless.
  package func prepare(
    candidates: [Candidate], prerequisites: [SkillID: [SkillID]] = [:]
  ) -> PreparedCourse {
    PreparedCourse(candidates, prerequisites, tutor: self)
  }

  /// The chance, 0...1, that the learner answers `item` right now.
  ///
  /// - Parameters:
  ///   - difficulty: the author's guess, 0...1, for an item that the model does not know.
  ///   - fold: needs the learner's row and the rows of the item and of its skills, no more.
  ///   - bias: what the learner's records say beyond the model.
  package func predict(
    item: ItemID, skills: [SkillID], difficulty: Double?, fold: LearnerFold,
    bias: PersonalBias = PersonalBias(), nowMilliseconds: Int64
  ) -> Double {
    let known = features.knowledge(
      of: item.hash64, skills: skills.map(\.hash64), difficulty: difficulty)
    return withUnsafeTemporaryAllocation(
      of: Float.self, capacity: FeatureSchema.count + Network.headStride
    ) { buffer in
      guard let base = buffer.baseAddress else { return 0.5 }
      features.writeRow(
        learner: fold.learnerState,
        skills: skills.map { fold.skillState($0) ?? SkillState() }, item: fold.itemState(item),
        known: known, nowSeconds: StateTime.seconds(milliseconds: nowMilliseconds), to: base)
      weights.normalise(base, columns: 0..<FeatureSchema.computed)
      let outputs = base + FeatureSchema.count
      weights.serving.run(base, count: 1, into: outputs)
      return Double(weights.probability(logit: outputs[0], shift: bias.shift))
    }
  }
}

/// Something that could be recommended.
package struct Candidate: Hashable, Sendable {
  package var item: ItemID
  /// The skills that it exercises, the main one first.
  package var skills: [SkillID]
  /// The author's guess, 0 (everybody can) to 1 (nobody).
  package var difficulty: Double?
  /// Its place in the course, from 0.
  package var position: Int

  package init(item: ItemID, skills: [SkillID], difficulty: Double? = nil, position: Int) {
    self.item = item
    self.skills = skills
    self.difficulty = difficulty
    self.position = position
  }
}

extension LearnerFold {
  /// A missing or unreadable row is a learner who has done nothing yet.
  package var learnerState: LearnerState {
    learner.flatMap(LearnerState.init(bytes:)) ?? LearnerState()
  }

  package func skillState(_ skill: SkillID) -> SkillState? {
    skills[skill].flatMap(SkillState.init(bytes:))
  }

  package func itemState(_ item: ItemID) -> ItemState? {
    items[item].flatMap(ItemState.init(bytes:))
  }
}
