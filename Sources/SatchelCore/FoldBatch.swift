/// Records of one learner on their way into her rows, with each key looked up once: from then on an item or a skill is a
/// place in an array.
///
/// A pull of 100,000 records spent a third of its time looking keys up again at each step of folding.
package struct FoldBatch: Sendable {
  /// In the order in which they are folded.
  package let records: [Record]
  /// Each once, in order of appearance.
  package private(set) var items: [ItemID] = []
  package private(set) var skills: [SkillID] = []
  /// Every list of skills that records gave an item: by its place, in order of appearance.
  package private(set) var named: [(item: Int, skills: [SkillID])] = []
  /// The learner's row.
  package var learner: [UInt8]?
  /// Of ``items``.
  package var itemRows: [[UInt8]?] = []
  /// Of ``skills``.
  package var skillRows: [[UInt8]?] = []

  /// For each record its item's place, and which of `skillPlaces` are its skills.
  private var places: [(item: Int32, skills: Int32)] = []
  /// The places of each list in ``named``, none twice.
  private var skillPlaces: [[Int]] = []

  package init(_ records: [Record]) {
    self.records = records
    places.reserveCapacity(records.count)
    var (itemPlaces, skillPlaces): ([ItemID: Int], [SkillID: Int]) = ([:], [:])
    // Of each item, which of `named` it came with last.
    var latest: [Int] = []
    for record in records {
      guard let item = record.event.item else {
        places.append((-1, -1))
        continue
      }
      let skills = record.event.skills
      let place = Self.place(of: item, in: &itemPlaces, &items)
      if place == latest.count { latest.append(-1) }
      // The records of a segment share an item's skills, so this mostly compares two references.
      if latest[place] < 0 || named[latest[place]].skills != skills {
        latest[place] = named.count
        named.append((place, skills))
        self.skillPlaces.append(
          skills.map { Self.place(of: $0, in: &skillPlaces, &self.skills) }.unique)
      }
      places.append((Int32(place), Int32(latest[place])))
    }
    itemRows = [[UInt8]?](repeating: nil, count: items.count)
    skillRows = [[UInt8]?](repeating: nil, count: self.skills.count)
  }

  /// Where the item of a record stands in ``items``; `nil` for a record about none.
  package func item(of record: Int) -> Int? {
    let place = Int(places[record].item)
    return place < 0 ? nil : place
  }

  /// Where the skills of a record stand in ``skills``; a skill named twice counts once.
  package func skills(of record: Int) -> [Int] {
    let list = Int(places[record].skills)
    return list < 0 ? [] : skillPlaces[list]
  }

  private static func place<Key: Hashable>(
    of key: Key, in places: inout [Key: Int], _ keys: inout [Key]
  ) -> Int {
    if let place = places[key] { return place }
    places[key] = keys.count
    keys.append(key)
    return keys.count - 1
  }
}

extension [Int] {
  /// Without repetitions, in the order of first appearance. Lists are short: a record names at most 32 skills.
  fileprivate var unique: [Int] {
    reduce(into: []) { out, place in if !out.contains(place) { out.append(place) } }
  }
}
