internal import SatchelCore

/// Numbers by hashed key: what a model knows of items, or of skills.
///
/// Rows are sorted by hash, so a whole hash and its upper 24 bits are both found by bisection.
package struct KeyTable: Equatable, Sendable {
  package let hashes: [UInt64]
  /// Numbers a row.
  package let width: Int
  /// [hashes.count, width]
  package var values: [Float]
  /// Where the rows of each upper 12 bits begin: a bisection has few steps left.
  private let starts: [Int32]

  /// - Parameter rows: any order, no hash twice; `values` of each has `width` numbers.
  package init(width: Int, rows: [(hash: UInt64, values: [Float])]) {
    let sorted = rows.sorted { $0.hash < $1.hash }
    self.init(
      width: width, sortedHashes: sorted.map(\.hash), values: sorted.flatMap(\.values))
  }

  package init(width: Int, sortedHashes: [UInt64], values: [Float]) {
    precondition(values.count == sortedHashes.count * width)
    self.width = width
    self.values = values
    hashes = sortedHashes
    var starts = [Int32](repeating: 0, count: 4097)
    for hash in sortedHashes { starts[Int(hash >> 52) + 1] += 1 }
    for bucket in 1...4096 { starts[bucket] += starts[bucket - 1] }
    self.starts = starts
  }

  package func row(of hash: UInt64) -> Int? {
    let row = firstRow(notBelow: hash)
    return row < hashes.count && hashes[row] == hash ? row : nil
  }

  /// By ``KeyHash/short(_:)``; of two keys that share it, the first.
  package func row(ofShort short: UInt32) -> Int? {
    let row = firstRow(notBelow: UInt64(short) << 40)
    return row < hashes.count && KeyHash.short(hashes[row]) == short ? row : nil
  }

  package func value(_ row: Int, _ column: Int) -> Float { values[row * width + column] }

  private func firstRow(notBelow hash: UInt64) -> Int {
    var low = Int(starts[Int(hash >> 52)])
    var high = Int(starts[Int(hash >> 52) + 1])
    while low < high {
      let middle = (low + high) / 2
      if hashes[middle] < hash { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// What a model's tables say of items and skills.
package struct ModelTables: Equatable, Sendable {
  /// Logit of the mean, logit of first encounters, ln(1 + count), mean ln(1 + s), logit for a middling learner; then the
  /// item's vector.
  package static let itemNumbers = 5
  package static let itemVector = 8
  /// Logit of the mean, ln(1 + count); then the skill's vector.
  package static let skillNumbers = 2
  package static let skillVector = 16

  package var items: KeyTable
  package var skills: KeyTable
  /// Logit of the mean of all answers; stands in for what is not in the tables.
  package var baseLogit: Float

  package init(items: KeyTable, skills: KeyTable, baseLogit: Float) {
    self.items = items
    self.skills = skills
    self.baseLogit = baseLogit
  }

  /// Tables that know nothing.
  package static let empty = ModelTables(
    items: KeyTable(width: itemNumbers + itemVector, sortedHashes: [], values: []),
    skills: KeyTable(width: skillNumbers + skillVector, sortedHashes: [], values: []),
    baseLogit: 0.7)

  /// The logit of an item that is named by a folded row.
  func logit(short: UInt32) -> Float {
    items.row(ofShort: short).map { items.value($0, 4) } ?? baseLogit
  }
}
