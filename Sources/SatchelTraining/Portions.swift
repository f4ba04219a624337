internal import SatchelTutor

/// The data in portions of whole learners, so that a network in training never has more inputs in memory than one portion.
///
/// A row's inputs take some 330 bytes, all else that training keeps of it some 70. Where the data fit in one portion,
/// their inputs are made once; else anew whenever a portion's turn comes.
struct Portions {
  private let rows: CleanedRows
  private let rowsMax: Int
  private let threads: Int
  private let featuresOfLearner: @Sendable (Int) -> Features
  /// All of the data, where they are one portion.
  private var whole: Dataset?
  /// What inputs are normalised by, once that is known.
  private var norm: Weights?

  /// - Parameters:
  ///   - rowsMax: of a portion, unless one learner alone has more.
  ///   - featuresOfLearner: the tables that each learner may be shown.
  init(
    _ rows: CleanedRows, rowsMax: Int, threads: Int,
    featuresOfLearner: @escaping @Sendable (Int) -> Features
  ) {
    self.rows = rows
    self.rowsMax = rowsMax
    self.threads = threads
    self.featuresOfLearner = featuresOfLearner
    if rows.count <= rowsMax {
      whole = Dataset(
        rows, of: rows.learners.indices, threads: threads, featuresOfLearner: featuresOfLearner)
    }
  }

  /// Whether the order of learners says which of them are in memory together.
  var isOne: Bool { whole != nil }

  /// `learners` in their order, cut so that none of the pieces has more rows than a portion may have.
  func cut(_ learners: [Int]) -> [[Int]] {
    if isOne { return [learners] }
    var pieces: [[Int]] = []
    var room = 0
    for learner in learners {
      let count = rows.rowsOfLearner[learner].count
      if count > room || pieces.isEmpty {
        pieces.append([])
        room = rowsMax
      }
      pieces[pieces.count - 1].append(learner)
      room -= count
    }
    return pieces
  }

  /// Normalised, once ``normalise(by:)`` was called; has at least the rows of `learners`.
  func dataset(of learners: [Int]) -> Dataset {
    if let whole { return whole }
    var dataset = Dataset(
      rows, of: learners, threads: threads, featuresOfLearner: featuresOfLearner)
    if let norm { dataset.normalise(norm) }
    return dataset
  }

  /// Hands over `chosen` rows, portion by portion.
  ///
  /// - Parameter body: a portion, and the places in `chosen` of the rows that are in it, ascending.
  func forEach<Failure: Error>(
    of chosen: [Int], _ body: (Dataset, [Int]) throws(Failure) -> Void
  ) throws(Failure) {
    if let whole { return try body(whole, Array(chosen.indices)) }
    var placesOfLearner = [[Int32]](repeating: [], count: rows.rowsOfLearner.count)
    for (place, row) in chosen.enumerated() {
      placesOfLearner[Int(rows.learnerOfRow[row])].append(Int32(place))
    }
    for learners in cut(placesOfLearner.indices.filter { !placesOfLearner[$0].isEmpty }) {
      let places = learners.flatMap { placesOfLearner[$0].map { Int($0) } }.sorted()
      try body(dataset(of: learners), places)
    }
  }

  /// Mean and 1/deviation of each input over `chosen` rows, as they are before they are normalised.
  func scaling(over chosen: [Int]) -> (means: [Float], scales: [Float]) {
    var scaling = InputScaling()
    forEach(of: chosen) { dataset, places in
      scaling.add(places.lazy.map { chosen[$0] }, of: dataset)
    }
    return scaling.meansAndScales
  }

  mutating func normalise(by weights: Weights) {
    norm = weights
    whole?.normalise(weights)
  }
}
