internal import SatchelCore

/// A number of ``TrainingOptions`` that can be searched for: what is tried, and where it is written.
///
/// The list is the search space: an option of the trainer is searched once it has a line here.
package struct Hyperparameter: Sendable {
  package let name: String
  let draw: @Sendable (inout SeededRandom) -> Double
  let write: @Sendable (Double, inout TrainingOptions) -> Void
  let read: @Sendable (TrainingOptions) -> Double

  package func value(of options: TrainingOptions) -> Double { read(options) }

  package static let all: [Hyperparameter] = [
    Hyperparameter(
      name: "learning_rate", draw: { logUniform(1e-3, 1e-2, &$0) },
      write: { $1.learningRate = Float($0) }, read: { Double($0.learningRate) }),
    Hyperparameter(
      name: "weight_decay", draw: { logUniform(1e-3, 1e-1, &$0) },
      write: { $1.weightDecay = Float($0) }, read: { Double($0.weightDecay) }),
    Hyperparameter(
      name: "dropout", draw: { $0.uniform() * 0.3 },
      write: { $1.dropout = Float($0) }, read: { Double($0.dropout) }),
    Hyperparameter(
      name: "item_dropout", draw: { $0.uniform() * 0.5 },
      write: { $1.itemDropout = Float($0) }, read: { Double($0.itemDropout) }),
    Hyperparameter(
      name: "recurrent_dropout", draw: { $0.uniform() * 0.5 },
      write: { $1.recurrentDropout = Float($0) }, read: { Double($0.recurrentDropout) }),
    Hyperparameter(
      name: "batch_rows", draw: { one(of: [128, 256, 512, 1024], &$0) },
      write: { $1.batchRows = Int($0) }, read: { Double($0.batchRows) }),
    Hyperparameter(
      name: "item_vector_answers_min", draw: { one(of: [20, 50, 100, 200, 500], &$0) },
      write: { $1.itemVectorAnswersMin = Int($0) }, read: { Double($0.itemVectorAnswersMin) }),
  ]

  /// `options` with every number of the list drawn anew.
  static func drawn(from options: TrainingOptions, _ random: inout SeededRandom)
    -> TrainingOptions
  {
    var drawn = options
    for parameter in all { parameter.write(parameter.draw(&random), &drawn) }
    return drawn
  }

  /// Between two numbers above 0, each decade as likely.
  private static func logUniform(_ low: Double, _ high: Double, _ random: inout SeededRandom)
    -> Double
  {
    let value = low * ExactMath.pow(high / low, random.uniform())
    // Three digits, so that what is printed is what was tried.
    var unit = 1.0
    while value / unit < 100 { unit /= 10 }
    return (value / unit).rounded() * unit
  }

  private static func one(of values: [Double], _ random: inout SeededRandom) -> Double {
    values[random.below(values.count)]
  }
}
