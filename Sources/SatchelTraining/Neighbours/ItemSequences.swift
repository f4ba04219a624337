package import SatchelCore
package import SatchelTutor

/// Which items each learner used, in the order of time, each item once, the first time it came.
package struct ItemSequences: Sendable {
  package static let learnersMax = 50_000_000

  package private(set) var learners: [String] = []
  /// [learners + 1]: where each learner's items begin.
  package private(set) var starts: [Int] = [0]
  /// Places in ``catalogue``.
  package private(set) var items: [Int32] = []
  package private(set) var catalogue = ItemCatalogue([])

  package init() {}

  /// What `learners` used, from cleaned answers.
  init(_ rows: CleanedRows, of learners: [Int]) {
    let isFirst = rows.firstMeetings()
    var gathered = Gathering()
    for learner in learners {
      gathered.add(
        rows.learners[learner],
        rows.rowsOfLearner[learner].lazy.filter { isFirst[$0] }.map {
          rows.items[Int(rows.item[$0])]
        })
    }
    self = gathered.sequences()
  }

  package var count: Int { learners.count }

  package func sequence(of learner: Int) -> ArraySlice<Int32> {
    items[starts[learner]..<starts[learner + 1]]
  }

  /// The fold of a learner by the protocol: CRC-32 of the name as it is written, modulo 5.
  package static func fold(of learner: String) -> Int { Int(CRC32.checksum(learner) % 5) }

  /// The learners that `isKept` says, with a catalogue of the items that they alone know.
  package func filtered(_ isKept: (_ learner: Int) -> Bool) -> ItemSequences {
    var gathered = Gathering()
    for learner in 0..<count where isKept(learner) {
      gathered.add(learners[learner], sequence(of: learner).map { catalogue.ids[Int($0)] })
    }
    return gathered.sequences()
  }

  /// How many learners used each item.
  func uses() -> [Int32] {
    var uses = [Int32](repeating: 0, count: catalogue.count)
    for item in items { uses[Int(item)] += 1 }
    return uses
  }

  /// Takes histories one by one, when the order of the items is not known yet.
  package struct Gathering {
    private var learners: [String] = []
    private var starts: [Int] = [0]
    private var items: [Int32] = []
    private var numbers: [ItemID: Int32] = [:]

    package init() {}

    package var itemCount: Int { numbers.count }

    /// - Parameter history: each item once.
    package mutating func add(_ learner: String, _ history: some Sequence<ItemID>) {
      learners.append(learner)
      for item in history {
        let number = numbers[item] ?? Int32(numbers.count)
        numbers[item] = number
        items.append(number)
      }
      starts.append(items.count)
    }

    package func sequences() -> ItemSequences {
      let catalogue = ItemCatalogue(numbers.keys)
      var places = [Int32](repeating: 0, count: numbers.count)
      for (item, number) in numbers { places[Int(number)] = catalogue.place(of: item) ?? 0 }
      var sequences = ItemSequences()
      sequences.learners = learners
      sequences.starts = starts
      sequences.items = items.map { places[Int($0)] }
      sequences.catalogue = catalogue
      return sequences
    }
  }
}
