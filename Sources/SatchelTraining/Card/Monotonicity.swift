internal import SatchelCore
internal import SatchelTutor

/// Whether one more right answer on a skill raises what is foretold on it, as everybody expects.
///
/// At each probe the learner is given, on top of her records and at the same moment, an answer to another item of the row's
/// main skill (to the same item where there is no other). The row's item is foretold before, after a right one, and after a
/// wrong one.
///
/// The comparison with before also holds what answering at all does: no time has passed since the last answer, the sitting is
/// longer. That with the wrong answer holds nothing but right or wrong.
package struct Monotonicity: Equatable, Sendable {
  package private(set) var probes = 0
  /// The share of probes in which a right answer lowers the probability, by more than ``tolerance``.
  package private(set) var loweredShare = 0.0
  /// The same, by more than ``notable``.
  package private(set) var notablyLoweredShare = 0.0
  /// The share in which a right answer leaves a lower probability than a wrong one.
  package private(set) var belowWrongShare = 0.0
  /// By how much a right answer changes the probability, on average.
  package private(set) var meanChange = 0.0

  /// Below this is rounding.
  package static let tolerance = 1e-6
  package static let notable = 0.01

  init(_ tutor: Tutor, _ walk: DeviceWalk, seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var itemsOfSkill: [SkillID: [(item: ItemID, skills: [SkillID])]] = [:]
    for entry in walk.items(atMost: .max) {
      guard let main = entry.skills.first else { continue }
      itemsOfSkill[main, default: []].append(entry)
    }
    walk.forEachProbe { probe in
      guard let main = probe.interaction.skills.first else { return }
      let others = (itemsOfSkill[main] ?? []).filter { $0.item != probe.interaction.item }
      let other = others.isEmpty ? nil : others[random.below(others.count)]
      add(probe, tutor, practised: other ?? (probe.interaction.item, probe.interaction.skills))
    }
    guard probes > 0 else { return }
    loweredShare /= Double(probes)
    notablyLoweredShare /= Double(probes)
    belowWrongShare /= Double(probes)
    meanChange /= Double(probes)
  }

  private mutating func add(
    _ probe: DeviceWalk.Probe, _ tutor: Tutor, practised: (item: ItemID, skills: [SkillID])
  ) {
    func foretold(after answer: Bool?) -> Double {
      var fold = probe.fold
      if let answer {
        let practice = Interaction(
          learner: "", item: practised.item, skills: practised.skills, isCorrect: answer)
        DeviceWalk.fold(practice, at: probe.nowMilliseconds, into: &fold)
      }
      return tutor.predict(
        item: probe.interaction.item, skills: probe.interaction.skills, difficulty: nil,
        fold: fold, nowMilliseconds: probe.nowMilliseconds)
    }
    let before = foretold(after: nil)
    let right = foretold(after: true)
    probes += 1
    meanChange += right - before
    if right < before - Self.tolerance { loweredShare += 1 }
    if right < before - Self.notable { notablyLoweredShare += 1 }
    if right < foretold(after: false) - Self.tolerance { belowWrongShare += 1 }
  }
}
