/// How likely learners step from an item to one that stands near it in the catalogue, by distance and direction.
///
/// Authors number the items of a lesson one after the other, so an item's place says something about what comes next even
/// where few learners went there. Distances are taken together by doubling: 1, 2, 3...4, 5...8, up to ``reach``. Where
/// places say nothing, trainers give them no weight.
package struct CatalogueSteps: Equatable, Sendable {
  /// How many octaves of distance there are, forward and backward each.
  package static let octaves = 9
  /// The farthest that a step may go, in places.
  package static let reach = 256

  /// [octaves] each, in 1/256 nat, 0...4095.
  package let forward: [Int16]
  package let backward: [Int16]

  /// - Parameters: as the properties, of ``octaves`` numbers each.
  package init(forward: [Int16], backward: [Int16]) {
    precondition(forward.count == Self.octaves && backward.count == Self.octaves)
    self.forward = forward
    self.backward = backward
  }

  /// Places say nothing.
  package static let none = CatalogueSteps(
    forward: [Int16](repeating: 0, count: octaves), backward: [Int16](repeating: 0, count: octaves))

  /// The distances of an octave, in places: 1, 2, 3...4, 5...8 and so on.
  package static func distances(_ octave: Int) -> ClosedRange<Int> {
    octave == 0 ? 1...1 : (1 << (octave - 1)) + 1...1 << octave
  }

  /// The octave of a distance of 1 or more; ``octaves`` or more beyond ``reach``.
  package static func octave(_ distance: Int) -> Int {
    distance <= 1 ? 0 : Int.bitWidth - (distance - 1).leadingZeroBitCount
  }

  /// Adds `weight` times the levels to the scores of the items around `item`.
  func add(around item: Int, weight: Int32, to scores: UnsafeMutableBufferPointer<Int32>) {
    for octave in 0..<Self.octaves {
      let distances = Self.distances(octave)
      let ahead = Int32(forward[octave]) * weight
      let behind = Int32(backward[octave]) * weight
      for place in Self.within(item + distances.lowerBound, item + distances.upperBound, scores) {
        scores[place] &+= ahead
      }
      for place in Self.within(item - distances.upperBound, item - distances.lowerBound, scores) {
        scores[place] &+= behind
      }
    }
  }

  private static func within(
    _ low: Int, _ high: Int, _ scores: UnsafeMutableBufferPointer<Int32>
  ) -> Range<Int> {
    let low = min(max(0, low), scores.count)
    return low..<max(low, min(high + 1, scores.count))
  }
}
