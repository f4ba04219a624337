internal import SatchelCore
internal import SatchelTutor

/// Whether the reasons that learners are shown are the model's own: without what a reason names, the figure that it
/// explains must change more than without as many other things, on average over the data.
package struct Faithfulness: Sendable {
  /// What came of the reasons of one kind.
  package struct Figures: Equatable, Sendable {
    package fileprivate(set) var reasons = 0
    /// Mean change without what the reason names, and without as many others drawn at random.
    package fileprivate(set) var named = 0.0
    package fileprivate(set) var others = 0.0
    /// The share of reasons for which the first is the larger.
    package fileprivate(set) var strongerShare = 0.0

    /// How many times the change of the others; `nil` where those change nothing.
    package var ratio: Double? { others > 0 ? named / others : nil }

    fileprivate mutating func add(_ trial: ReasonTrial) {
      reasons += 1
      named += trial.named
      others += trial.others
      strongerShare += trial.named > trial.others ? 1 : 0
    }

    fileprivate mutating func takeMeans() {
      guard reasons > 0 else { return }
      named /= Double(reasons)
      others /= Double(reasons)
      strongerShare /= Double(reasons)
    }
  }

  /// Reasons of the prediction: change of the probability of a right answer.
  package private(set) var prediction = Figures()
  /// The same for each group of features that reasons named, of five learners at least, in the order of
  /// ``FeatureGroup``.
  package private(set) var groups: [(name: String, figures: Figures)] = []
  /// Reasons of the path: change of the recommendation's score.
  package private(set) var path = Figures()

  static let candidatesMax = 2000
  /// Recommendations whose reasons are tried at each probe.
  static let recommendations = 3

  /// - Parameter claims: what is taken for a recommendation's reasons; its own, but where a test lies.
  init(
    _ tutor: Tutor, _ walk: DeviceWalk, seed: UInt64,
    claims: (Recommendation) -> [ReasonCode] = { $0.reasons.map(\.code) }
  ) {
    var random = SeededRandom(seed: seed)
    let candidates = walk.items(atMost: Self.candidatesMax).enumerated().map { place, entry in
      Candidate(item: entry.item, skills: entry.skills, position: place)
    }
    let course = tutor.prepare(candidates: candidates)
    var byGroup: [FeatureGroup: Figures] = [:]
    var learners: [FeatureGroup: Set<Int>] = [:]
    walk.forEachProbe { probe in
      let trials = tutor.tryReasons(
        from: course, fold: probe.fold, nowMilliseconds: probe.nowMilliseconds,
        limit: Self.recommendations, random: &random, claims: claims)
      for trial in trials {
        guard let group = trial.code.group else {
          path.add(trial)
          continue
        }
        prediction.add(trial)
        byGroup[group, default: Figures()].add(trial)
        learners[group, default: []].insert(probe.learner)
      }
    }
    prediction.takeMeans()
    path.takeMeans()
    for group in FeatureGroup.allCases {
      guard var figures = byGroup[group],
        learners[group, default: []].count >= CardGroup.learnersMin
      else { continue }
      figures.takeMeans()
      groups.append(("\(group)", figures))
    }
  }
}
