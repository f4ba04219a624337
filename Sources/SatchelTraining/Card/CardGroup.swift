internal import SatchelCore

/// How a model does on some of the rows that it was judged on.
package struct CardGroup: Equatable, Sendable {
  /// A range of numbers such as `1–4`, a skill's key, or a word of ``CardWords``.
  package var label: String
  package var rows: Int
  package var learners: Int
  /// The share of right answers, and the mean probability foretold.
  package var baseRate: Double
  package var meanProbability: Double
  package var logLoss: Double
  /// `nil` where all answers were alike.
  package var auc: Double?

  /// Contract 12: figures of fewer learners than this are not shown.
  package static let learnersMin = 5
}

/// Sorts judged rows into groups, none of which holds fewer than ``CardGroup/learnersMin`` learners.
///
/// A group that is too small is joined with its neighbour and not left out: what is left out could be computed from the
/// whole and the others.
struct CardGrouping {
  /// Rows, as indices into the judgement's, under a label that is a range's two ends.
  struct Part {
    var lower: String
    var upper: String
    var rows: [Int]

    init(_ lower: String, _ upper: String? = nil, _ rows: [Int] = []) {
      self.lower = lower
      self.upper = upper ?? lower
      self.rows = rows
    }

    var label: String { lower == upper ? lower : "\(lower)–\(upper)" }
  }

  let judgement: Judgement
  private let isCorrect: [Bool]
  private let learner: [Int32]

  init(_ judgement: Judgement) {
    self.judgement = judgement
    isCorrect = judgement.isCorrect
    learner = judgement.learner
  }

  func learners(in rows: [Int]) -> Int { Set(rows.map { learner[$0] }).count }

  func group(_ label: String, _ rows: [Int]) -> CardGroup {
    let probabilities = rows.map { judgement.probabilities[$0] }
    let happened = rows.map { isCorrect[$0] }
    let right = happened.count { $0 }
    let count = Double(max(1, rows.count))
    let loss = zip(probabilities, happened).map(Metrics.logLoss).reduce(0, +)
    return CardGroup(
      label: label, rows: rows.count, learners: learners(in: rows),
      baseRate: Double(right) / count, meanProbability: probabilities.reduce(0, +) / count,
      logLoss: loss / count,
      auc: right > 0 && right < rows.count ? Metrics.auc(probabilities, happened) : nil)
  }

  /// One group each, empty parts left out, too small ones joined with the one before, or after for the first.
  func groups(_ parts: [Part]) -> [CardGroup] {
    joined(parts).map { group($0.label, $0.rows) }
  }

  func joined(_ parts: [Part]) -> [Part] {
    var out: [Part] = []
    for part in parts where !part.rows.isEmpty {
      if let last = out.last, isSmall(last) || isSmall(part) {
        out[out.count - 1] = Part(last.lower, part.upper, last.rows + part.rows)
      } else {
        out.append(part)
      }
    }
    // All of it together may still be too few.
    return out.filter { !isSmall($0) }
  }

  private func isSmall(_ part: Part) -> Bool { learners(in: part.rows) < CardGroup.learnersMin }
}

extension CardGrouping {
  /// By how many answers the learner had given before the row.
  func byEarlierRows() -> [CardGroup] {
    byNumber([0, 1, 5, 20, 100]) { Int(judgement.earlier[$0]) }
  }

  /// By how many rows the learner has in all.
  func byActivity() -> [CardGroup] {
    byNumber([1, 20, 100, 500]) { judgement.rows.rowsOfLearner[Int(learner[$0])].count }
  }

  /// By thirds of the share of right answers that the learner had given before the row, at least five of them.
  ///
  /// What came before, and not all of her answers: grouped by what is to be foretold, every model looks biased.
  func byStrength() -> [CardGroup] {
    let known = judgement.judged.indices.filter { judgement.earlier[$0] >= 5 }
    let share = known.map { row in
      (row: row, share: Double(judgement.earlierRight[row]) / Double(judgement.earlier[row]))
    }
    let sorted = share.sorted { ($0.share, $0.row) < ($1.share, $1.row) }
    guard sorted.count >= 3 else { return [] }
    let cuts = [sorted[sorted.count / 3].share, sorted[sorted.count * 2 / 3].share]
    var parts = CardWords.strengths.map { Part($0) }
    for (row, share) in share {
      parts[share < cuts[0] ? 0 : share < cuts[1] ? 1 : 2].rows.append(row)
    }
    return groups(parts)
  }

  /// The largest skills by rows, a row counting for its main skill, and all others as one.
  func bySkill(atMost limit: Int = 30) -> [CardGroup] {
    var rowsOfSkill: [Int32: [Int]] = [:]
    for (place, row) in judgement.judged.enumerated() {
      rowsOfSkill[judgement.rows.skills(of: row).first ?? -1, default: []].append(place)
    }
    var shown = rowsOfSkill.filter {
      $0.key >= 0 && learners(in: $0.value) >= CardGroup.learnersMin
    }
    .sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.prefix(limit)
    let names = Set(shown.map(\.key))
    var rest = rowsOfSkill.filter { !names.contains($0.key) }.flatMap(\.value)
    while !rest.isEmpty, learners(in: rest) < CardGroup.learnersMin, let last = shown.popLast() {
      rest += last.value
    }
    let groups = shown.map { group(judgement.rows.skills[Int($0.key)].text, $0.value) }
    guard learners(in: rest) >= CardGroup.learnersMin else { return groups }
    return groups + [group(CardWords.rest, rest.sorted())]
  }

  /// Foretold against happened, in the bins of the calibration error.
  func calibration() -> [CardGroup] {
    var parts = (0..<Metrics.bins).map { bin in
      Part("\(Double(bin) / Double(Metrics.bins))", "\(Double(bin + 1) / Double(Metrics.bins))")
    }
    for (row, probability) in judgement.probabilities.enumerated() {
      parts[Metrics.bin(of: probability)].rows.append(row)
    }
    return groups(parts)
  }

  /// - Parameter starts: where each range begins; the last has no end.
  private func byNumber(_ starts: [Int], _ number: (Int) -> Int) -> [CardGroup] {
    var parts = starts.enumerated().map { place, start in
      guard place + 1 < starts.count else { return Part("\(start)+") }
      return Part("\(start)", "\(starts[place + 1] - 1)")
    }
    for row in judgement.judged.indices {
      let place = starts.lastIndex { $0 <= number(row) } ?? 0
      parts[place].rows.append(row)
    }
    return groups(parts)
  }
}
