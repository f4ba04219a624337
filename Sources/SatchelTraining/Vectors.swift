internal import SatchelTutor

/// The learned vectors of skills and items while they are learned.
///
/// An item's vector is told to the network times n / (n + 50), n its answers, and items with few answers have none: free
/// numbers for sparse items are learned by heart and ruin the rest.
struct Vectors {
  static let shrinkage: Float = 50

  private(set) var skills: [Float]
  private(set) var items: [Float]
  /// What each item's vector is multiplied by; 0 for items without.
  let itemShares: [Float]
  private var skillAdam: Adam
  private var itemAdam: Adam
  private var skillGradient: [Float]
  private var itemGradient: [Float]
  private var touchedItems: [Int] = []

  private static let skillWidth = ModelTables.skillVector
  private static let itemWidth = ModelTables.itemVector

  init(
    skillCount: Int, itemAnswers: [Float], answersMin: Int, random: inout SeededRandom
  ) {
    skills = (0..<skillCount * Self.skillWidth).map { _ in Float(random.normal() * 0.1) }
    items = [Float](repeating: 0, count: itemAnswers.count * Self.itemWidth)
    itemShares = itemAnswers.map {
      Int($0) < answersMin ? 0 : $0 / ($0 + Self.shrinkage)
    }
    for item in itemAnswers.indices where itemShares[item] > 0 {
      for column in 0..<Self.itemWidth {
        items[item * Self.itemWidth + column] = Float(random.normal() * 0.1)
      }
    }
    skillAdam = Adam(count: skills.count)
    itemAdam = Adam(count: items.count)
    skillGradient = [Float](repeating: 0, count: skills.count)
    itemGradient = [Float](repeating: 0, count: items.count)
  }

  /// Writes the 24 numbers of a row; `item` is `nil` where the network is not to be told.
  func write(skills rowSkills: ArraySlice<Int32>, item: Int?, to row: UnsafeMutablePointer<Float>) {
    for column in 0..<Self.skillWidth + Self.itemWidth { row[column] = 0 }
    let share = 1 / Float(max(1, rowSkills.count))
    for skill in rowSkills {
      for column in 0..<Self.skillWidth {
        row[column] += share * skills[Int(skill) * Self.skillWidth + column]
      }
    }
    guard let item, itemShares[item] > 0 else { return }
    for column in 0..<Self.itemWidth {
      row[Self.skillWidth + column] = itemShares[item] * items[item * Self.itemWidth + column]
    }
  }

  mutating func addGradient(
    _ slopes: UnsafePointer<Float>, skills rowSkills: ArraySlice<Int32>, item: Int?
  ) {
    let share = 1 / Float(max(1, rowSkills.count))
    for skill in rowSkills {
      for column in 0..<Self.skillWidth {
        skillGradient[Int(skill) * Self.skillWidth + column] += share * slopes[column]
      }
    }
    guard let item, itemShares[item] > 0 else { return }
    touchedItems.append(item)
    for column in 0..<Self.itemWidth {
      itemGradient[item * Self.itemWidth + column] +=
        itemShares[item] * slopes[Self.skillWidth + column]
    }
  }

  /// The vector of one skill, 16 numbers at `row`; 0 for `nil`.
  func write(mainSkill skill: Int32?, to row: UnsafeMutablePointer<Float>) {
    for column in 0..<Self.skillWidth {
      row[column] = skill.map { skills[Int($0) * Self.skillWidth + column] } ?? 0
    }
  }

  mutating func addGradient(_ slopes: UnsafePointer<Float>, mainSkill skill: Int32?) {
    guard let skill else { return }
    for column in 0..<Self.skillWidth {
      skillGradient[Int(skill) * Self.skillWidth + column] += slopes[column]
    }
  }

  mutating func step(rate: Float, decay: Float) {
    skillAdam.beginStep()
    skillAdam.update(
      &skills, skills.indices, gradient: skillGradient, rate: rate, decay: decay)
    for index in skillGradient.indices { skillGradient[index] = 0 }
    guard !touchedItems.isEmpty else { return }
    itemAdam.beginStep()
    for item in touchedItems {
      let range = item * Self.itemWidth..<(item + 1) * Self.itemWidth
      // An item that stands in the batch twice was updated at its first place.
      guard itemGradient[range].contains(where: { $0 != 0 }) else { continue }
      let slopes = Array(itemGradient[range])
      itemAdam.update(&items, range, gradient: slopes, rate: rate, decay: decay)
      for index in range { itemGradient[index] = 0 }
    }
    touchedItems.removeAll(keepingCapacity: true)
  }

  /// Puts the vectors into `tables`, whose rows are found by the hashes.
  func fill(_ tables: inout ModelTables, skillHashes: [UInt64], itemHashes: [UInt64]) {
    for (skill, hash) in skillHashes.enumerated() {
      guard let row = tables.skills.row(of: hash) else { continue }
      let place = row * tables.skills.width + ModelTables.skillNumbers
      for column in 0..<Self.skillWidth {
        tables.skills.values[place + column] = skills[skill * Self.skillWidth + column]
      }
    }
    for (item, hash) in itemHashes.enumerated() where itemShares[item] > 0 {
      guard let row = tables.items.row(of: hash) else { continue }
      let place = row * tables.items.width + ModelTables.itemNumbers
      for column in 0..<Self.itemWidth {
        tables.items.values[place + column] =
          itemShares[item] * items[item * Self.itemWidth + column]
      }
    }
  }
}
