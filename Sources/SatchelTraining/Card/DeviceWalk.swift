internal import SatchelCore
internal import SatchelTutor

/// Some of the judged learners at some of their rows, folded record by record as their devices would have.
///
/// For what is asked of the tutor itself rather than of the network: it sees exactly what an app would be told.
struct DeviceWalk {
  static let learnersMax = 200
  static let probesPerLearner = 10

  /// One moment: a learner's fold before a row, and the row.
  struct Probe {
    /// An index that says nothing but whether two probes are of one learner.
    var learner: Int
    var fold: LearnerFold
    var interaction: Interaction
    var nowMilliseconds: Int64
  }

  private let interactions: [Interaction]
  private let rows: CleanedRows
  /// The learners, and their rows to be probed at.
  private let chosen: [(learner: Int, rows: Set<Int>)]

  init(_ judgement: Judgement, _ interactions: [Interaction], seed: UInt64) {
    self.interactions = interactions
    rows = judgement.rows
    var random = SeededRandom(seed: seed)
    var learners = Set(judgement.learner.map(Int.init)).sorted()
    random.shuffle(&learners)
    var chosen: [(learner: Int, rows: Set<Int>)] = []
    for learner in learners.prefix(Self.learnersMax) {
      var own = rows.rowsOfLearner[learner]
      random.shuffle(&own)
      chosen.append((learner, Set(own.prefix(Self.probesPerLearner))))
    }
    self.chosen = chosen
  }

  /// Calls `body` at every probe, learner by learner, each in order of time.
  func forEachProbe(_ body: (Probe) -> Void) {
    for (learner, probed) in chosen {
      var fold = LearnerFold()
      for row in rows.rowsOfLearner[learner] {
        let now = Int64(rows.seconds[row]) * 1000
        if probed.contains(row) {
          body(
            Probe(
              learner: learner, fold: fold, interaction: interaction(row), nowMilliseconds: now))
        }
        guard !rows.isDuplicate[row] else { continue }
        Self.fold(interaction(row), at: now, into: &fold)
      }
    }
  }

  /// The row with its skills as they were cleaned, and its duration as it is: a device folds what it was told.
  private func interaction(_ row: Int) -> Interaction {
    var interaction = interactions[row]
    interaction.skills = rows.skills(of: row).map { rows.skills[Int($0)] }
    return interaction
  }

  /// Folds one answer, whoever gave it.
  static func fold(_ answer: Interaction, at milliseconds: Int64, into fold: inout LearnerFold) {
    let record = Record(
      learner: LearnerID(high: 0, low: 1), author: ReplicaID(high: 0, low: 1),
      time: HybridTime(bits: 1), wallMilliseconds: milliseconds, session: 0,
      event: .attempt(
        Attempt(
          item: answer.item, skills: answer.skills, isCorrect: answer.isCorrect,
          durationMilliseconds: answer.durationMilliseconds)))
    TutorProjection().fold([record], into: &fold)
  }

  /// Every item of the data with its skills as it is first seen, the most answered `limit` of them, in order of
  /// appearance.
  func items(atMost limit: Int) -> [(item: ItemID, skills: [SkillID])] {
    var counts = [Int](repeating: 0, count: rows.items.count)
    var first = [Int](repeating: -1, count: rows.items.count)
    for row in 0..<rows.count {
      let item = Int(rows.item[row])
      counts[item] += 1
      if first[item] < 0 { first[item] = row }
    }
    let most = rows.items.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }.prefix(limit)
    return most.sorted().map { item in
      (rows.items[item], rows.skills(of: first[item]).map { rows.skills[Int($0)] })
    }
  }
}
