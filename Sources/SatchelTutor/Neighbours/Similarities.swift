/// Numbers from items to items, for the plain methods of collaborative filtering: cosine, transitions, EASE.
///
/// They are what the compact ``Neighbours`` is measured against, and are not shipped.
package struct Similarities: Equatable, Sendable {
  /// [items + 1]: where each item's row begins.
  package let starts: [Int]
  /// Ascending within a row.
  package let columns: [Int32]
  package let values: [Float]
  /// Sum of the magnitudes of each whole row, before any of it was cut off.
  package let totals: [Float]

  package init(rows: [[Entry]]) {
    self.init(rows: rows, totals: rows.map { $0.reduce(0) { $0 + $1.value.magnitude } })
  }

  package struct Entry: Equatable, Sendable {
    package var column: Int32
    package var value: Float

    package init(column: Int32, value: Float) {
      self.column = column
      self.value = value
    }
  }

  private init(rows: [[Entry]], totals: [Float]) {
    var starts = [0]
    for row in rows { starts.append(starts[starts.count - 1] + row.count) }
    let sorted = rows.map { $0.sorted { $0.column < $1.column } }
    self.starts = starts
    columns = sorted.flatMap { $0.map(\.column) }
    values = sorted.flatMap { $0.map(\.value) }
    self.totals = totals
  }

  /// How many items have a row.
  package var count: Int { starts.count - 1 }

  package func row(_ item: Int) -> [Entry] {
    (starts[item]..<starts[item + 1]).map { Entry(column: columns[$0], value: values[$0]) }
  }

  /// 0 for what is no neighbour.
  package func value(_ item: Int, _ other: Int32) -> Float {
    row(item).first { $0.column == other }?.value ?? 0
  }

  /// The `limit` largest of each row; of equal ones the lower places.
  package func top(_ limit: Int) -> Similarities {
    let rows = (0..<count).map { item in
      Array(row(item).sorted { ($1.value, $0.column) < ($0.value, $1.column) }.prefix(limit))
    }
    return Similarities(rows: rows, totals: totals)
  }

  /// What each item gets from a history by the **weighted sum**: Σ over items h of it of weight(h) · s(h, i).
  ///
  /// - Parameters:
  ///   - weights: one for each item of the history.
  ///   - scores: one for each item; written anew.
  package func addUp(
    _ history: some Collection<Int32>, weights: some Collection<Float>, into scores: inout [Float]
  ) {
    for item in scores.indices { scores[item] = 0 }
    for (item, weight) in zip(history, weights) {
      for entry in starts[Int(item)]..<starts[Int(item) + 1] {
        scores[Int(columns[entry])] += weight * values[entry]
      }
    }
  }

  /// What each item gets by the **weighted mean** of the source document: Σ s(h, i) · r(h) / Σ |s(j, i)|, the upper sum
  /// over the history, the lower over all neighbours j of i, r being 1 for what was used and 0 for what was not.
  ///
  /// It foretells a rating where ratings are known. As a ranking it is wrong: an item whose one weak neighbour was used
  /// gets 1, the most there is, before an item of which nine strong neighbours in ten were used. The evidence is divided
  /// away. It stands here to be compared with, and must not rank. (Summed over the history below the line as well, every
  /// item with any neighbour gets 1.)
  ///
  /// For symmetric similarities.
  package func average(_ history: some Collection<Int32>, into scores: inout [Float]) {
    addUp(history, weights: history.map { _ in 1 }, into: &scores)
    for item in scores.indices where totals[item] > 0 { scores[item] /= totals[item] }
  }
}
