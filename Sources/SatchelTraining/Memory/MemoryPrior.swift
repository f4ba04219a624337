/// What weights are drawn to where a log is silent: a Gaussian around the defaults, so that fitting finds the likeliest
/// weights given the log (maximum a posteriori) and a short log moves them little.
///
/// The four starting stabilities are in ln days and lean on each other: a learner who remembers more after Good does so
/// after Easy, too. So a rating that a log never has goes along with those that it has.
struct MemoryPrior {
  /// Of FSRS-6 (fsrs-rs, `training_v6`): how far ten thousand learners' weights stray. Those of the first four are not
  /// used; see ``sharedDeviation``.
  static let deviations6: [Double] = [
    1, 1, 1, 1, 0.57, 0.28, 0.6, 0.12, 0.39, 0.18, 0.33, 0.3, 0.09, 0.16, 0.57, 0.25, 1.03, 0.31,
    0.32, 0.14, 0.27,
  ]
  /// Of FSRS-7 (fsrs-rs, `training_v7`).
  static let deviations7: [Double] = [
    1, 1, 1, 1, 0.523, 0.2528, 0.4329, 0.2966, 0.2139, 0.2889, 0.1862, 0.175, 0.3812, 0.3013,
    0.9104,
    0.3234, 0.2448, 0.3273, 0.1842, 0.1735, 0.4608, 0.311, 0.864, 0.0418, 0.2596, 0.0798, 0.0682,
    0.1282, 0.1397, 0.1407, 0.1489, 0.2, 0.15, 0.15,
  ]
  /// Of what is common to a learner's starting stabilities, in ln days; and of each by itself.
  private static let sharedDeviation = 1.0
  private static let ownDeviation = 0.8

  private let center: [Double]
  private let precision: SymmetricMatrix

  /// - Parameters:
  ///   - center: the coordinates of the defaults.
  ///   - strength: what the precisions of all but the starting stabilities are multiplied by.
  init(center: [Double], deviations: [Double], strength: Double) {
    self.center = center
    var precision = SymmetricMatrix(count: center.count)
    for (place, deviation) in deviations.enumerated() {
      precision[place, place] = strength / (deviation * deviation)
    }
    // The inverse of own^2 I + shared^2 1 1' (Sherman and Morrison 1950).
    let own = Self.ownDeviation * Self.ownDeviation
    let shared = Self.sharedDeviation * Self.sharedDeviation
    for row in MemoryCoordinates.logged {
      for column in MemoryCoordinates.logged where column <= row {
        precision[row, column] = ((row == column ? 1 : 0) - shared / (own + 4 * shared)) / own
      }
    }
    self.precision = precision
  }

  /// Adds its part to the loss, the slope and the curvature at `point`.
  func add(to value: inout DampedNewton.Value, at point: [Double]) {
    let away = point.indices.map { point[$0] - center[$0] }
    let slope = precision.times(away)
    for place in point.indices {
      value.loss += slope[place] * away[place] / 2
      value.slope[place] += slope[place]
    }
    value.curvature.add(precision)
  }
}
