internal import SatchelCore

extension Features {
  /// What a model knows of one item and its skills, found once.
  package struct ItemKnowledge {
    /// Rows of the item's and the skills' tables.
    package var item: Int?
    package var skills: [Int]
    package var skillCount: Int
    /// The author's guess, 0 (everybody can) to 1 (nobody), for an item that the model does not know.
    package var difficulty: Double?

    package init(item: Int?, skills: [Int], skillCount: Int, difficulty: Double?) {
      self.item = item
      self.skills = skills
      self.skillCount = skillCount
      self.difficulty = difficulty
    }
  }

  package func knowledge(of item: UInt64, skills: [UInt64], difficulty: Double?) -> ItemKnowledge {
    ItemKnowledge(
      item: tables.items.row(of: item), skills: skills.compactMap { tables.skills.row(of: $0) },
      skillCount: skills.count, difficulty: difficulty)
  }

  /// Fills ``FeatureSchema/content``, 34 numbers at `row`: ten to be normalised, then the skills' vectors' mean and the
  /// item's vector.
  package func writeContent(_ known: ItemKnowledge, to row: UnsafeMutablePointer<Float>) {
    var out = RowWriter(row)
    let skillLogit = meanSkill(known, 0) ?? tables.baseLogit
    let logit = itemLogit(known, skillLogit: skillLogit)
    out.append(logit)
    out.append(known.item.map { tables.items.value($0, 1) } ?? logit)
    out.append(known.item.map { tables.items.value($0, 2) } ?? 0)
    out.append(known.item == nil ? 0 : 1)
    out.append(skillLogit)
    out.append(meanSkill(known, 1) ?? 0)
    out.append(known.skills.isEmpty ? 0 : 1)
    out.append(known.item.map { tables.items.value($0, 4) } ?? logit)
    out.append(known.item.map { tables.items.value($0, 3) } ?? 0)
    out.append(logCount(known.skillCount))
    assert(out.count == FeatureSchema.item.count)
    for column in 0..<ModelTables.skillVector {
      out.append(meanSkill(known, ModelTables.skillNumbers + column) ?? 0)
    }
    for column in 0..<ModelTables.itemVector {
      out.append(known.item.map { tables.items.value($0, ModelTables.itemNumbers + column) } ?? 0)
    }
  }

  /// The table's logit; for an item that no table knows the skill's, shifted by what its author said of it.
  private func itemLogit(_ known: ItemKnowledge, skillLogit: Float) -> Float {
    if let row = known.item { return tables.items.value(row, 0) }
    guard let difficulty = known.difficulty else { return skillLogit }
    return skillLogit + authorShift(difficulty)
  }

  private func meanSkill(_ known: ItemKnowledge, _ column: Int) -> Float? {
    guard !known.skills.isEmpty else { return nil }
    var sum: Float = 0
    for row in known.skills { sum += tables.skills.value(row, column) }
    return sum / Float(known.skills.count)
  }
}

/// How much easier than usual an item is whose author rates it `difficulty`, 0...1, on the logit scale; ±1.5.
func authorShift(_ difficulty: Double) -> Float {
  Float(1.5 - 3 * min(max(difficulty, 0), 1))
}

/// Writes one number after the other.
struct RowWriter {
  private let row: UnsafeMutablePointer<Float>
  private(set) var count = 0

  init(_ row: UnsafeMutablePointer<Float>) { self.row = row }

  @inline(__always)
  mutating func append(_ value: Float) {
    row[count] = value
    count += 1
  }
}

/// Adds `share` times one number after the other.
struct RowAdder {
  private let row: UnsafeMutablePointer<Float>
  private let share: Float
  private var count = 0

  init(_ row: UnsafeMutablePointer<Float>, share: Float) {
    self.row = row
    self.share = share
  }

  @inline(__always)
  mutating func add(_ value: Float) {
    row[count] += share * value
    count += 1
  }
}

func log1p(_ x: Float) -> Float { Float(ExactMath.log(1 + Double(max(0, x)))) }

/// ln(1 + seconds)
func logSeconds(_ seconds: UInt32) -> Float {
  seconds == 0 ? 0 : Float(ExactMath.log(1 + Double(seconds)))
}

private let smallLogs: [Float] = (0..<1024).map { log1p(Float($0)) }

/// ln(1 + count); 0 below 0.
func logCount(_ count: Int) -> Float {
  if count < 1024 { return smallLogs[max(0, count)] }
  return log1p(Float(count))
}

/// The share of right answers as a logit, drawn towards 0.65 with the weight of two answers.
func rateLogit(right: Float, of attempts: Float) -> Float {
  Float(ExactMath.log(Double((right + 1.3) / (attempts - right + 0.7))))
}

/// 1 right, -1 wrong, 0 where there was no such answer.
func lastAnswer(_ answers: UInt32, age: Int, of count: Int) -> Float {
  guard age < count else { return 0 }
  return answers >> UInt32(age) & 1 == 1 ? 1 : -1
}

func runLength(_ run: Int) -> Float { run < 0 ? -logCount(-run) : logCount(run) }

extension Features {
  /// Fills a whole row of 148, not normalised: what training and single predictions use.
  ///
  /// - Parameter recurrent: the learner's recurrent state, where it is at hand.
  package func writeRow(
    learner: LearnerState, skills: some Collection<SkillState>, item: ItemState?,
    known: ItemKnowledge, nowSeconds: UInt32, recurrent: [Float]? = nil,
    to row: UnsafeMutablePointer<Float>
  ) {
    let level = writeLearner(learner, nowSeconds: nowSeconds, to: row)
    writeSkills(skills, level: level, to: row + FeatureSchema.skill.lowerBound)
    writePair(item, level: level, to: row + FeatureSchema.pair.lowerBound)
    writeContent(known, to: row + FeatureSchema.content.lowerBound)
    let units = row + FeatureSchema.recurrent.lowerBound
    if let recurrent {
      for (unit, value) in recurrent.enumerated() { units[unit] = value }
    } else {
      writeRecurrent(learner, to: units)
    }
  }

  /// Fills ``FeatureSchema/recurrent``, 48 numbers at `row`.
  package func writeRecurrent(_ learner: LearnerState, to row: UnsafeMutablePointer<Float>) {
    let size = Network.windowLength * FeatureSchema.answerCount
    withUnsafeTemporaryAllocation(of: Float.self, capacity: size) { window in
      guard let window = window.baseAddress, let network else {
        for unit in 0..<Network.units { row[unit] = 0 }
        return
      }
      let length = writeWindow(learner, to: window)
      network.recur(
        over: window, lengths: CollectionOfOne(length), into: row, stride: Network.units)
    }
  }
}
