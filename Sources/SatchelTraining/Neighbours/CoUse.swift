internal import Dispatch
internal import SatchelTutor

/// Walks over who used what beside what, item by item.
///
/// An item's row is gathered by one thread from the learners in their order, so it does not depend on how many threads
/// there are.
struct CoUse: Sendable {
  let sequences: ItemSequences
  /// [items + 1] and [uses]: where each item stands in `sequences.items`, ascending.
  private let starts: [Int]
  private let places: [Int]
  /// Of each place.
  private let learnerOfPlace: [Int32]

  init(_ sequences: ItemSequences) {
    self.sequences = sequences
    var starts = [Int](repeating: 0, count: sequences.catalogue.count + 1)
    for item in sequences.items { starts[Int(item) + 1] += 1 }
    for item in 1..<max(1, starts.count) { starts[item] += starts[item - 1] }
    var next = starts
    var places = [Int](repeating: 0, count: sequences.items.count)
    var learnerOfPlace = [Int32](repeating: 0, count: sequences.items.count)
    for learner in 0..<sequences.count {
      for place in sequences.starts[learner]..<sequences.starts[learner + 1] {
        let item = Int(sequences.items[place])
        places[next[item]] = place
        next[item] += 1
        learnerOfPlace[place] = Int32(learner)
      }
    }
    self.starts = starts
    self.places = places
    self.learnerOfPlace = learnerOfPlace
  }

  /// One use of an item: its place, and the bounds of the learner who used it.
  struct Use {
    var place: Int
    var begin: Int
    var end: Int
  }

  var itemCount: Int { starts.count - 1 }

  func uses(of item: Int) -> Int { starts[item + 1] - starts[item] }

  /// Calls `use` for each use of `item`, in the order of learners.
  @inline(__always)
  func forEachUse(of item: Int, _ use: (Use) -> Void) {
    for index in starts[item]..<starts[item + 1] {
      let place = places[index]
      let learner = Int(learnerOfPlace[place])
      use(
        Use(
          place: place, begin: sequences.starts[learner], end: sequences.starts[learner + 1]))
    }
  }

  /// What `row` makes of each item, in the items' order.
  ///
  /// - Parameter row: is given memory of its own thread, `width` zeros for each item, which it must leave as it was.
  func rows<Row: Sendable>(
    threads: Int, width: Int, _ row: @Sendable (Int, inout Accumulator) -> Row
  ) -> [Row] {
    let threads = max(1, min(threads, itemCount))
    var all = [Row?](repeating: nil, count: itemCount)
    all.withUnsafeMutableBufferPointer { all in
      // Each place is written by the one thread that the item was dealt to.
      nonisolated(unsafe) let all = all
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        var accumulator = Accumulator(itemCount: itemCount, width: width)
        for item in stride(from: thread, to: itemCount, by: threads) {
          all[item] = row(item, &accumulator)
        }
      }
    }
    return all.compactMap(\.self)
  }

  /// Sums for the columns of one row at a time.
  struct Accumulator {
    private var sums: [Float]
    private let width: Int
    private var isTouched: [Bool]
    private var touched: [Int32] = []

    init(itemCount: Int, width: Int) {
      self.width = width
      sums = [Float](repeating: 0, count: itemCount * width)
      isTouched = [Bool](repeating: false, count: itemCount)
    }

    @inline(__always)
    mutating func add(_ value: Float, to column: Int32, part: Int = 0) {
      if !isTouched[Int(column)] {
        isTouched[Int(column)] = true
        touched.append(column)
      }
      sums[Int(column) * width + part] += value
    }

    /// Hands out the sums, columns ascending, and forgets them.
    mutating func drain(_ take: (_ column: Int32, _ sums: ArraySlice<Float>) -> Void) {
      touched.sort()
      for column in touched {
        let place = Int(column) * width
        take(column, sums[place..<place + width])
        for part in 0..<width { sums[place + part] = 0 }
        isTouched[Int(column)] = false
      }
      touched.removeAll(keepingCapacity: true)
    }
  }
}
