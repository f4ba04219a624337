/// Finds a least of a smooth function within a box: Newton's steps, damped where they promise too much (Levenberg 1944,
/// Marquardt 1963; Nocedal and Wright 2006, chapters 4 and 10.3).
///
/// Twenty to forty coordinates and a pass over all data for every value: what counts is few passes. Five to ten are
/// enough here, where stochastic steps take five epochs and stop short of the least.
struct DampedNewton {
  /// Passes over the data, at most.
  var passesMax = 40
  /// Done when a pass would lower the value, or has lowered it, by less than this.
  var tolerance = 0.1
  /// At the start.
  private static let damping = 0.1
  /// Above it a step is so short that nothing will come of it.
  private static let dampingMax = 1e4

  /// A function's value at some point, with its slope and how it is curved there.
  struct Value {
    var loss = 0.0
    var slope: [Double]
    var curvature: SymmetricMatrix

    init(count: Int) {
      slope = [Double](repeating: 0, count: count)
      curvature = SymmetricMatrix(count: count)
    }
  }

  struct Least {
    var point: [Double]
    var loss: Double
    var passes: Int
  }

  /// - Parameter isCancelled: asked before each pass.
  func least(
    from start: [Double], in box: [ClosedRange<Double>], isCancelled: () -> Bool,
    of function: ([Double]) -> Value
  ) -> Least {
    var point = Self.clamped(start, box)
    var here = function(point)
    var passes = 1
    var damping = Self.damping
    while passes < passesMax, damping < Self.dampingMax, !isCancelled() {
      guard let step = Self.step(from: point, here, box, damping) else { break }
      let next = Self.clamped(zip(point, step).map { $0 + $1 }, box)
      let foreseen = Self.foreseen(here, zip(next, point).map { $0 - $1 })
      // Held back by damping, a small step says nothing.
      if foreseen < tolerance, damping < 1 { break }
      let there = function(next)
      passes += 1
      let won = here.loss - there.loss
      if won > 0.75 * foreseen {
        damping /= 5
      } else if !(won > 0.25 * foreseen) {
        damping = max(damping, 0.01) * 5
      }
      guard won > 0 else { continue }
      (point, here) = (next, there)
      if won < tolerance { break }
    }
    return Least(point: point, loss: here.loss, passes: passes)
  }

  private static func clamped(_ point: [Double], _ box: [ClosedRange<Double>]) -> [Double] {
    zip(point, box).map { min(max($0, $1.lowerBound), $1.upperBound) }
  }

  /// To the least of the parabola at hand within the box, nearly: what presses against a side stays there, what would
  /// leave through a side stops at it, and the others go where they then should.
  private static func step(
    from point: [Double], _ here: Value, _ box: [ClosedRange<Double>], _ damping: Double
  ) -> [Double]? {
    var curvature = here.curvature
    for place in point.indices { curvature[place, place] *= 1 + damping }
    var step = [Double](repeating: 0, count: point.count)
    var free = point.indices.filter { place in
      let isLow = point[place] <= box[place].lowerBound && here.slope[place] > 0
      let isHigh = point[place] >= box[place].upperBound && here.slope[place] < 0
      return !isLow && !isHigh
    }
    while !free.isEmpty {
      let pulled = curvature.times(step)
      let slope = zip(here.slope, pulled).map { -($0 + $1) }
      guard let moved = curvature.solved(slope, over: free) else { return nil }
      let leaving = free.filter { !box[$0].contains(point[$0] + moved[$0]) }
      guard !leaving.isEmpty else {
        for place in free { step[place] = moved[place] }
        return step
      }
      for place in leaving {
        let side = moved[place] < 0 ? box[place].lowerBound : box[place].upperBound
        step[place] = side - point[place]
      }
      free.removeAll(where: leaving.contains)
    }
    return step
  }

  /// By how much the parabola at hand would sink.
  private static func foreseen(_ here: Value, _ moved: [Double]) -> Double {
    let bent = here.curvature.times(moved)
    return moved.indices.reduce(0) { sum, place in
      sum - moved[place] * (here.slope[place] + bent[place] / 2)
    }
  }
}
