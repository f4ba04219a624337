internal import SatchelCore
internal import SatchelTutor

/// How often items and skills were answered right by the train learners, and the tables that follow from it.
///
/// Cross-fitted: a train learner is shown tables that her own part of the learners had no say in, so that no row's
/// features hold its own answer.
struct Statistics {
  /// What items may take of a model file, the most answered first: some 20,000 with vectors, or 45,000 without.
  static let itemBytesMax = 816_000
  /// A key and five numbers of two bytes; a row number and eight numbers.
  private static let (itemBytes, vectorBytes) = (18, 20)

  /// In 64 bits: a sum of 32 stands still at sixteen million.
  private struct Sums {
    var count = 0.0
    var right = 0.0
    var firstCount = 0.0
    var firstRight = 0.0
    var durations = 0.0
    var durationCount = 0.0

    static func - (left: Sums, right: Sums) -> Sums {
      Sums(
        count: left.count - right.count, right: left.right - right.right,
        firstCount: left.firstCount - right.firstCount,
        firstRight: left.firstRight - right.firstRight,
        durations: left.durations - right.durations,
        durationCount: left.durationCount - right.durationCount)
    }

    mutating func add(_ isCorrect: Bool, isFirst: Bool, logDuration: Float) {
      count += 1
      right += isCorrect ? 1 : 0
      firstCount += isFirst ? 1 : 0
      firstRight += isFirst && isCorrect ? 1 : 0
      durations += Double(max(0, logDuration))
      durationCount += logDuration >= 0 ? 1 : 0
    }
  }

  /// [parts + 1][items]: the last is the sum of all parts.
  private var items: [[Sums]]
  private var skills: [[Sums]]
  /// The skills that each item is seen with first.
  private(set) var skillsOfItem: [[Int32]]
  private let itemHashes: [UInt64]
  private let skillHashes: [UInt64]
  private let rows: CleanedRows
  private let split: Split
  private let vectorAnswersMin: Double

  /// - Parameter vectorAnswersMin: answers from which on an item has a vector.
  init(_ rows: CleanedRows, _ split: Split, vectorAnswersMin: Int) {
    self.rows = rows
    self.split = split
    self.vectorAnswersMin = Double(vectorAnswersMin)
    let empty = Sums()
    items = Array(
      repeating: Array(repeating: empty, count: rows.items.count), count: Split.parts + 1)
    skills = Array(
      repeating: Array(repeating: empty, count: rows.skills.count), count: Split.parts + 1)
    skillsOfItem = Array(repeating: [], count: rows.items.count)
    itemHashes = rows.items.map(\.hash64)
    skillHashes = rows.skills.map(\.hash64)
    var metBy = [Int32](repeating: -1, count: rows.items.count)
    for (learner, learnerRows) in rows.rowsOfLearner.enumerated()
    where split.shares[learner] == .train {
      for row in learnerRows where !rows.isDuplicate[row] {
        let item = Int(rows.item[row])
        let isFirst = metBy[item] != Int32(learner)
        metBy[item] = Int32(learner)
        if skillsOfItem[item].isEmpty { skillsOfItem[item] = Array(rows.skills(of: row)) }
        for part in [split.part[learner], Split.parts] {
          items[part][item].add(
            rows.isCorrect[row], isFirst: isFirst, logDuration: rows.logDuration[row])
          for skill in rows.skills(of: row) {
            skills[part][Int(skill)].add(
              rows.isCorrect[row], isFirst: isFirst, logDuration: rows.logDuration[row])
          }
        }
      }
    }
  }

  func answers(toItem item: Int) -> Float { Float(items[Split.parts][item].count) }

  /// The tables of all train learners, or of all but one part; vectors are 0.
  ///
  /// What nobody answered has no row in them.
  func tables(without part: Int?) -> ModelTables {
    let skillSums = without(part, skills)
    let itemSums = without(part, items)
    var whole = Sums()
    for sums in itemSums {
      whole.count += sums.count
      whole.right += sums.right
      whole.durations += sums.durations
      whole.durationCount += sums.durationCount
    }
    let base = Self.logit(right: Float(whole.right) + 1, of: Float(whole.count) + 2)
    let baseDuration = Float(whole.durationCount > 0 ? whole.durations / whole.durationCount : 0)
    let skillLogits = skillSums.map { Self.shrunk($0.right, $0.count, to: base, weight: 10) }
    let skillRows = kept(
      skillSums, hashes: skillHashes, room: Weights.skillsMax, cost: { _ in 1 }
    ).map { skill in
      (
        hash: skillHashes[skill],
        values: [skillLogits[skill], logOnePlus(Float(skillSums[skill].count))]
          + Array(repeating: Float(0), count: ModelTables.skillVector)
      )
    }
    let priors = skillsOfItem.map { own in
      own.isEmpty ? base : own.reduce(0) { $0 + skillLogits[Int($1)] } / Float(own.count)
    }
    let fair = FairLogits(
      rows, priors: priors,
      isSeen: { learner in
        split.shares[learner] == .train && split.part[learner] != part
      })
    let itemRows = kept(
      itemSums, hashes: itemHashes, room: Self.itemBytesMax,
      cost: { Self.itemBytes + ($0.count >= vectorAnswersMin ? Self.vectorBytes : 0) }
    ).map { item in
      return (
        hash: itemHashes[item],
        values: Self.numbers(itemSums[item], priors[item], baseDuration) + [fair.items[item]]
          + Array(repeating: Float(0), count: ModelTables.itemVector)
      )
    }
    return ModelTables(
      items: KeyTable(width: ModelTables.itemNumbers + ModelTables.itemVector, rows: itemRows),
      skills: KeyTable(width: ModelTables.skillNumbers + ModelTables.skillVector, rows: skillRows),
      baseLogit: base)
  }

  private func without(_ part: Int?, _ sums: [[Sums]]) -> [Sums] {
    guard let part else { return sums[Split.parts] }
    return zip(sums[Split.parts], sums[part]).map { $0 - $1 }
  }

  /// What somebody answered; where that costs more than there is room, the most answered.
  private func kept(_ sums: [Sums], hashes: [UInt64], room: Int, cost: (Sums) -> Int) -> [Int] {
    let answered = sums.indices.filter { sums[$0].count > 0 }
    guard answered.reduce(0, { $0 + cost(sums[$1]) }) > room else { return answered }
    // Ties by hash: which of two items stays must not depend on the order of the file.
    let sorted = answered.sorted {
      (sums[$0].count, hashes[$0]) > (sums[$1].count, hashes[$1])
    }
    var left = room
    return Array(
      sorted.prefix { key in
        left -= cost(sums[key])
        return left >= 0
      })
  }

  private static func numbers(_ sums: Sums, _ prior: Float, _ baseDuration: Float) -> [Float] {
    [
      shrunk(sums.right, sums.count, to: prior, weight: 4),
      shrunk(sums.firstRight, sums.firstCount, to: prior, weight: 4),
      logOnePlus(Float(sums.count)),
      (Float(sums.durations) + 3 * baseDuration) / (Float(sums.durationCount) + 3),
    ]
  }

  /// The logit of the share of right answers, as if `weight` more had been given with the prior's share.
  private static func shrunk(_ right: Double, _ count: Double, to prior: Float, weight: Float)
    -> Float
  {
    let added = weight * logistic(prior)
    return logit(right: Float(right) + added, of: Float(count) + weight)
  }

  private static func logit(right: Float, of count: Float) -> Float {
    Float(ExactMath.log(Double(right / (count - right))))
  }
}

func logOnePlus(_ x: Float) -> Float { Float(ExactMath.log(1 + Double(x))) }
