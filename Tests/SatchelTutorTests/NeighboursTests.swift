import SatchelCore
import Testing

@testable import SatchelTutor

/// Four items in a row of cards: after a comes b, seldom c.
private enum Cards {
  static let catalogue = ItemCatalogue(["a", "b", "c", "d"].map(ItemID.init(checked:)))
  static let levels: [Int16] = (0..<16).map { Int16($0 * 100) }

  /// Rows by name: from, to, near code, wide code.
  static func model(
    _ pairs: [(String, String, UInt8, UInt8)], steps: CatalogueSteps = .none,
    prior: [UInt8] = [0, 0, 0, 0],
    weights: Neighbours.LagWeights = .init(near: [1024, 0], wide: [512, 256], prior: 1024)
  ) -> Neighbours {
    var starts: [Int32] = [0]
    var columns: [Int32] = []
    var codes: [UInt8] = []
    for item in catalogue.ids {
      for pair in pairs.filter({ $0.0 == item.text }).sorted(by: { $0.1 < $1.1 }) {
        columns.append(place(pair.1))
        codes.append(pair.2 | pair.3 << 4)
      }
      starts.append(Int32(columns.count))
    }
    return Neighbours(
      items: catalogue,
      rows: .init(
        starts: starts, columns: columns, codes: codes, nearLevels: levels, wideLevels: levels),
      steps: steps, prior: prior, weights: weights)
  }

  static func place(_ id: String) -> Int32 { catalogue.place(of: ItemID(checked: id)) ?? -1 }

  static func ranked(_ model: Neighbours, after history: [String], limit: Int = 9) -> [String] {
    var ranker = NeighbourRanker(model)
    return ranker.rank(history.map(place), limit: limit).map { catalogue.ids[Int($0)].text }
  }
}

@Suite struct `A neighbour model` {
  @Test func `ranks by what came after the last item, and then by what came after those before`() {
    let model = Cards.model([("a", "d", 4, 0), ("b", "c", 3, 0), ("b", "d", 0, 2)])

    #expect(Cards.ranked(model, after: ["b", "a"]) == ["d", "c"])
    #expect(Cards.ranked(model, after: ["a", "b"]) == ["c", "d"])
  }

  @Test func `adds up weights and levels exactly`() {
    let model = Cards.model([("a", "b", 3, 5), ("c", "b", 7, 2)], prior: [0, 9, 0, 0])
    var ranker = NeighbourRanker(model)
    ranker.score([Cards.place("a"), Cards.place("c")])

    // Last is c: near 700 at 1024, wide 200 at 512. Before it a: wide 500 at 256. Popularity: 9 sixteenths at 1024.
    #expect(
      ranker.score(of: Cards.place("b")) == 700 * 1024 + 200 * 512 + 500 * 256 + 9 * 1024 * 16)
    #expect(ranker.score(of: Cards.place("d")) == 0)
  }

  @Test func `breaks ties by the lower item id, and leaves the history out`() {
    let model = Cards.model([])
    #expect(Cards.ranked(model, after: []) == ["a", "b", "c", "d"])
    #expect(Cards.ranked(model, after: ["b"]) == ["a", "c", "d"])
    #expect(Cards.ranked(model, after: ["b"], limit: 2) == ["a", "c"])
    #expect(Cards.ranked(model, after: ["a", "b", "c", "d"]).isEmpty)
    #expect(Cards.ranked(model, after: ["b"], limit: 0).isEmpty)
  }

  @Test func `says the rank of an item as its list does`() {
    let model = Cards.model([("a", "d", 4, 0), ("a", "c", 4, 0)], prior: [9, 0, 0, 0])
    var ranker = NeighbourRanker(model)
    let list = Cards.ranked(model, after: ["a"])
    #expect(list == ["c", "d", "b"])
    for (index, id) in list.enumerated() {
      #expect(ranker.rank(of: Cards.place(id), after: [Cards.place("a")]) == index + 1)
    }
  }

  @Test func `looks back as far as it has weights and no further`() {
    let model = Cards.model([("a", "d", 15, 15)])
    var ranker = NeighbourRanker(model)
    ranker.score(["a", "b"].map(Cards.place))
    #expect(ranker.score(of: Cards.place("d")) > 0)
    ranker.score(["a", "b", "c"].map(Cards.place))
    #expect(ranker.score(of: Cards.place("d")) == 0)
  }

  @Test func `cannot overflow, whatever a valid file says`() {
    let full = [Int16](repeating: Neighbours.weightMax, count: Neighbours.lagsMax)
    let levels = [0] + [Int16](repeating: Neighbours.levelMax, count: 15)
    let steps = [Int16](repeating: Neighbours.levelMax, count: CatalogueSteps.octaves)
    let count = Neighbours.lagsMax + 1
    let items = ItemCatalogue((0..<count).map { ItemID(checked: "\($0)") })
    let model = Neighbours(
      items: items,
      rows: .init(
        starts: (0...count).map(Int32.init), columns: [Int32](repeating: 0, count: count),
        codes: [UInt8](repeating: 255, count: count), nearLevels: levels, wideLevels: levels),
      steps: .init(forward: steps, backward: steps),
      prior: [UInt8](repeating: 255, count: count),
      weights: .init(near: full, wide: full, step: full, prior: Neighbours.weightMax))
    var ranker = NeighbourRanker(model)
    ranker.score((1..<count).map(Int32.init))
    let exact = Int64(Neighbours.lagsMax) * 3 * 4095 * 4096 + 255 * 4096 * 16
    #expect(Int64(ranker.score(of: 0)) == exact)
  }
}

@Suite struct `Steps in the catalogue` {
  @Test func `fall into octaves that cover each distance once, up to their reach`() {
    let all = (0..<CatalogueSteps.octaves).flatMap { Array(CatalogueSteps.distances($0)) }
    #expect(all == Array(1...CatalogueSteps.reach))
    for octave in 0..<CatalogueSteps.octaves {
      for distance in CatalogueSteps.distances(octave) {
        #expect(CatalogueSteps.octave(distance) == octave)
      }
    }
    #expect(CatalogueSteps.octave(CatalogueSteps.reach + 1) == CatalogueSteps.octaves)
    #expect(CatalogueSteps.octave(.max) > CatalogueSteps.octaves)
  }

  @Test func `add to each item what its distance and direction say, and nothing beyond the ends`() {
    let steps = CatalogueSteps(
      forward: (1...9).map { Int16(100 * $0) }, backward: (1...9).map { Int16($0) })
    let ids = (0..<600).map { ItemID(checked: "\($0)") }
    let model = Neighbours(
      items: ItemCatalogue(ids), rows: .empty(itemCount: 600), steps: steps,
      prior: [UInt8](repeating: 0, count: 600),
      weights: .init(near: [0, 0], wide: [0, 0], step: [3, 2], prior: 0))
    var ranker = NeighbourRanker(model)
    let history: [Int32] = [7, 599, 300, 3]
    ranker.score(history)
    func level(_ distance: Int) -> Int {
      let octave = CatalogueSteps.octave(abs(distance))
      guard distance != 0, octave < CatalogueSteps.octaves else { return 0 }
      return Int(distance > 0 ? steps.forward[octave] : steps.backward[octave])
    }
    // The last item is 3 and the one before it 300; who came earlier has no weight.
    for item in 0..<600 {
      let expected = 3 * level(item - 3) + 2 * level(item - 300)
      #expect(ranker.score(of: Int32(item)) == Int32(expected), "\(item)")
    }
  }

  @Test func `let a learner go on to what stands next, where nobody went before`() {
    var forward = CatalogueSteps.none.forward
    forward[0] = 256
    let model = Cards.model(
      [], steps: .init(forward: forward, backward: CatalogueSteps.none.backward),
      weights: .init(near: [0], wide: [0], step: [1024], prior: 0))
    #expect(Cards.ranked(model, after: ["b"]) == ["c", "a", "d"])
    #expect(Cards.ranked(model, after: ["d"]) == ["a", "b", "c"])
  }
}

@Suite struct `The items of a neighbour model` {
  private func order(_ ids: [String]) -> [String] {
    ItemCatalogue(ids.map(ItemID.init(checked:))).ids.map(\.text)
  }

  @Test func `stand in the order of numbers when all are numbers`() {
    #expect(order(["10", "9", "0", "853"]) == ["0", "9", "10", "853"])
  }

  @Test(arguments: ["x", "007", "-1", "1.5", "+3", "1234567890123456789", "٣"])
  func `stand in the order of bytes when one is not`(other: String) {
    #expect(
      order(["10", "9", other])
        == ["10", "9", other].sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  @Test func `are told apart by their bytes`() {
    let ids = ["\u{E9}", "e\u{301}"].map(ItemID.init(checked:))
    #expect(ItemCatalogue(ids).count == 2)
  }
}

@Suite struct `A neighbour model's file` {
  private let model = Cards.model(
    [("a", "b", 3, 5), ("a", "d", 1, 0), ("c", "a", 0, 15), ("d", "c", 2, 2)],
    steps: .init(forward: [9, 8, 7, 6, 5, 4, 3, 2, 1], backward: [0, 0, 4095, 0, 0, 0, 0, 0, 11]),
    prior: [0, 9, 255, 4],
    weights: .init(near: [1024, 0], wide: [512, 256], step: [4096, 7], prior: 1024))

  private func code(_ bytes: [UInt8]) -> SatchelError.Code? {
    do {
      _ = try Neighbours(bytes: bytes)
      return nil
    } catch {
      return error.code
    }
  }

  private func edited(_ from: String, _ to: String) -> [UInt8] {
    let bytes = model.encoded()
    let (from, to) = (Array(from.utf8), Array(to.utf8))
    guard let place = bytes.indices.first(where: { bytes[$0...].starts(with: from) }) else {
      Issue.record("no \(from)")
      return bytes
    }
    return Array(bytes[..<place] + to + bytes[(place + from.count)...])
  }

  @Test func `reads back as it was written`() throws {
    let bytes = model.encoded()
    #expect(try Neighbours(bytes: bytes) == model)
    #expect(try Neighbours(bytes: bytes).encoded() == bytes)
  }

  @Test func `reads back ids that are numbers, and ids that begin alike`() throws {
    for ids in [
      ["0", "3", "4", "999999999999999999"], ["add-01", "add-02", "add-021", "加法"], ["7"],
    ] {
      let items = ItemCatalogue(ids.map(ItemID.init(checked:)))
      let model = Neighbours(
        items: items, rows: .empty(itemCount: items.count),
        prior: [UInt8](repeating: 1, count: items.count),
        weights: .init(near: [1], wide: [2], prior: 3))
      #expect(try Neighbours(bytes: model.encoded()) == model)
    }
  }

  @Test func `is refused when it is cut anywhere`() {
    let bytes = model.encoded()
    for length in 0..<bytes.count { #expect(code(Array(bytes.prefix(length))) == .modelMalformed) }
    #expect(code(bytes + [0]) == .modelMalformed)
  }

  @Test(arguments: [
    ("satchel-neighbours", "satchel-neighbourz", SatchelError.Code.modelMalformed),
    ("\"version\":\"2\"", "\"version\":\"1\"", .modelShapeMismatch),
    ("\"version\":\"2\"", "\"version\":\"3\"", .modelShapeMismatch),
    ("neighbours.beta", "neighbours.bets", .modelMalformed),
    ("neighbours.texts", "neighbours.numbe", .modelMalformed),
    ("neighbours.steps", "neighbours.stops", .modelMalformed),
    ("\"shape\":[2,9]", "\"shape\":[9,2]", .modelShapeMismatch),
    ("\"shape\":[2,9]", "\"shape\":[1,9]", .modelMalformed),
    ("\"shape\":[2,16]", "\"shape\":[16,2]", .modelShapeMismatch),
    ("\"shape\":[3,2]", "\"shape\":[2,3]", .modelShapeMismatch),
    ("\"shape\":[3,2]", "\"shape\":[6,1]", .modelShapeMismatch),
  ])
  func `is refused for other names and shapes`(
    from: String, to: String, expected: SatchelError.Code
  ) {
    #expect(code(edited(from, to)) == expected)
  }

  @Test func `is refused for levels and weights that are out of their ranges`() {
    let high = Cards.model([], weights: .init(near: [4097, 0], wide: [0, 0], prior: 0))
    #expect(code(high.encoded()) == .modelNotFinite)
    let low = Cards.model([], weights: .init(near: [0, 0], wide: [0, -1], prior: 0))
    #expect(code(low.encoded()) == .modelNotFinite)
    for level in [-1, 4096] as [Int16] {
      var levels = CatalogueSteps.none.forward
      levels[8] = level
      let steps = CatalogueSteps(forward: CatalogueSteps.none.forward, backward: levels)
      #expect(code(Cards.model([], steps: steps).encoded()) == .modelNotFinite)
    }
  }

  /// No byte may be such that reading it, or ranking by what was read, stops the program.
  @Test func `with any byte changed is refused, or ranks`() throws {
    let bytes = model.encoded()
    var refused = 0
    for place in bytes.indices {
      for value in [bytes[place] ^ 1, bytes[place] ^ 0x80, 0, 255] where value != bytes[place] {
        var mutant = bytes
        mutant[place] = value
        guard let read = try? Neighbours(bytes: mutant) else {
          refused += 1
          continue
        }
        var ranker = NeighbourRanker(read)
        #expect(ranker.rank([0], limit: 9).count == max(0, read.items.count - 1))
      }
    }
    #expect(refused > bytes.count)
  }

  @Test func `may stand among the tensors of another model`() throws {
    var file = SafetensorsWriter()
    file.add("another.tensor", shape: [2], floats: [1, 2])
    file.add(model)
    let both = try Safetensors(bytes: file.encoded(metadata: [("format", "another")]))
    #expect(try Neighbours(from: both) == model)

    var alone = SafetensorsWriter()
    alone.add("another.tensor", shape: [2], floats: [1, 2])
    let none = try Safetensors(bytes: alone.encoded(metadata: []))
    #expect(try Neighbours(from: none) == nil)
  }
}

@Suite struct `The affinity of a candidate` {
  private func short(_ id: String) -> UInt32 { KeyHash.short(ItemID(checked: id).hash64) }
  private func affinity(_ model: Neighbours, _ candidates: [String]) -> NeighbourAffinity {
    NeighbourAffinity(model, candidates: candidates.map(ItemID.init(checked:)))
  }

  @Test func `is its score over the best one's`() {
    let model = Cards.model([("a", "b", 4, 0), ("a", "c", 1, 0)])
    let values = affinity(model, ["b", "c", "d"]).affinities(recent: [short("a")])
    #expect(values == [1, 0.25, 0])
  }

  @Test func `follows what was answered last`() {
    let model = Cards.model([("a", "b", 4, 0), ("d", "c", 4, 0)])
    let both = affinity(model, ["b", "c"])
    #expect(both.affinities(recent: [short("a"), short("d")]) == [1, 0])
    #expect(both.affinities(recent: [short("d"), short("a"), short("d")]) == [0, 1])
  }

  @Test func `is popularity for a learner without a history`() {
    let model = Cards.model([("a", "b", 4, 0)], prior: [0, 8, 16, 0])
    let values = affinity(model, ["a", "b", "c"]).affinities(recent: [])
    #expect(values == [0, 0.5, 1])
  }

  @Test func `of an item that the model never saw is the mean of the others`() {
    let model = Cards.model([("a", "b", 4, 0)])
    let values = affinity(model, ["b", "new", "d"]).affinities(recent: [short("a"), short("gone")])
    #expect(values == [1, 0.5, 0])
    #expect(affinity(model, ["new", "newer"]).affinities(recent: [short("a")]) == [0, 0])
  }
}

@Suite struct `Similarities of items` {
  /// Item 2 has one weak neighbour, 0. Item 3 has two strong ones, 0 and 1, and a third, 4.
  private let similarities = Similarities(
    rows: [
      [(2, 0.1), (3, 0.9)], [(3, 0.9)], [(0, 0.1)], [(0, 0.9), (1, 0.9), (4, 0.2)], [(3, 0.2)],
    ].map { $0.map { Similarities.Entry(column: $0.0, value: $0.1) } })

  @Test func `rank by weighted sum: who has more neighbours in the history comes first`() {
    var scores = [Float](repeating: -1, count: 5)
    similarities.addUp([0, 1], weights: [1, 1], into: &scores)
    #expect(scores == [0, 0, 0.1, 0.9 + 0.9, 0])
  }

  @Test func `divide the evidence away by weighted mean: one weak neighbour beats two strong ones`()
  {
    var scores = [Float](repeating: -1, count: 5)
    similarities.average([0, 1], into: &scores)
    #expect(scores[2] == 1)
    #expect((scores[3] - (0.9 + 0.9) / (0.9 + 0.9 + 0.2)).magnitude < 1e-6)
    #expect(scores[2] > scores[3])
  }

  @Test func `keep the largest of each row, of equal ones the lower`() {
    let top = similarities.top(2)
    #expect(top.row(3).map(\.column) == [0, 1])
    #expect(top.row(0).map(\.column) == [2, 3])
    #expect(similarities.top(1).row(3).map(\.column) == [0])
    #expect(top.totals == similarities.totals)
  }
}
