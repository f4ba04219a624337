import SatchelCore
import Testing

@testable import SatchelTraining
@testable import SatchelTutor

/// Who used what, written as `"ann: a b c"`.
private func sequences(_ lines: String...) -> ItemSequences { sequences(lines) }

private func sequences(_ lines: [String]) -> ItemSequences {
  var gathering = ItemSequences.Gathering()
  for line in lines {
    let parts = line.split(separator: ":")
    gathering.add(
      String(parts[0]), parts[1].split(separator: " ").map { ItemID(checked: String($0)) })
  }
  return gathering.sequences()
}

/// A school in which everybody goes along a chain of items, now and then with a leap: seeded.
private func school(learners: Int = 300, items: Int = 60, seed: UInt64 = 7) -> ItemSequences {
  var random = SeededRandom(seed: seed)
  return sequences(
    (0..<learners).map { learner in
      var place = Int(random.next() % UInt64(items))
      var history: [Int] = []
      for _ in 0..<12 {
        if !history.contains(place) { history.append(place) }
        let leap = random.next() % 4 == 0
        place = (place + (leap ? Int(random.next() % UInt64(items)) : 1)) % items
      }
      return "\(learner): " + history.map(String.init).joined(separator: " ")
    })
}

@Suite struct `The cosine of co-use` {
  /// By hand: a was used by three learners, b by two, c by one; a and b together by two, a and c by one.
  private let class3 = sequences("1: a b", "2: b a", "3: a c")

  @Test func `is that of the columns of learners by items`() {
    let cosines = CoUse(class3).cosines(shrinkage: 0, threads: 1)
    #expect(cosines.value(0, 1) == 2 / (Float(3).squareRoot() * Float(2).squareRoot()))
    #expect(cosines.value(0, 2) == 1 / Float(3).squareRoot())
    #expect(cosines.value(1, 2) == 0)
    #expect(cosines.value(0, 0) == 0)
    #expect(cosines.value(1, 0) == cosines.value(0, 1))
  }

  @Test func `is shrunk where few learners stand behind it`() {
    let plain = CoUse(class3).cosines(shrinkage: 0, threads: 1)
    let shrunk = CoUse(class3).cosines(shrinkage: 2, threads: 1)
    #expect(shrunk.value(0, 1) == plain.value(0, 1) * (2 / Float(4)))
    #expect(shrunk.value(0, 2) == plain.value(0, 2) * (1 / Float(3)))
  }

  @Test func `ranks by its sum, and badly by its mean`() throws {
    let data = school()
    let test = RankingProtocol(data, fold: 0)
    let training = RankingProtocol.training(data, without: 0)
    func ndcg(_ method: PlainMethod) throws -> Double {
      let model = try #require(PlainModel(method, training, threads: 1))
      return test.metrics(model, threads: 1).ndcg10
    }
    #expect(test.count > 30)
    let sum = try ndcg(.cosineSum)
    #expect(sum > (try ndcg(.cosineMean)))
    #expect((try ndcg(.transitions)) > sum)
    #expect((try ndcg(.ease)) > (try ndcg(.popularity)))
  }
}

@Suite struct `Transitions` {
  @Test func `go forward in time, and farther ones count less`() {
    let after = CoUse(sequences("1: a b c", "2: a b")).transitions(lags: 10, decay: 0.5, threads: 1)
    #expect((after.value(0, 1) - 2 / 2.5).magnitude < 1e-6)
    #expect((after.value(0, 2) - 0.5 / 2.5).magnitude < 1e-6)
    #expect(after.value(1, 2) == 1)
    #expect(after.row(2).isEmpty)
  }
}

@Suite struct `EASE` {
  @Test func `inverts what can be inverted by hand`() {
    var matrix: [Float] = [2, 1, 1, 3]
    Ease.invert(&matrix, 2, threads: 2)
    let expected: [Float] = [0.6, -0.2, -0.2, 0.4]
    for (own, other) in zip(matrix, expected) { #expect((own - other).magnitude < 1e-6) }
  }

  @Test func `gives weights that solve its own equations`() {
    // Of two items each is foretold by ridge regression on the other: B(a, b) = n(a, b) / (n(a) + λ).
    let data = sequences("1: a b", "2: a b", "3: a", "4: b", "5: b")
    let model = Ease.fit(CoUse(data), penalty: 1, threads: 1)
    #expect((model.value(0, 1) - 2 / Float(3 + 1)).magnitude < 1e-6)
    #expect((model.value(1, 0) - 2 / Float(4 + 1)).magnitude < 1e-6)
  }
}

@Suite struct `The protocol of rankings` {
  /// As zlib's crc32 gives it; "123456789" is the check value of the CRC catalogue.
  @Test(arguments: [
    ("", UInt32(0)), ("0", 0xF4DB_DF21), ("1", 0x83DC_EFB7), ("123456789", 0xCBF4_3926),
    ("97721", 0x9A65_4AAC),
  ])
  func `deals learners into folds by zlib's checksum`(name: String, checksum: UInt32) {
    #expect(CRC32.checksum(name) == checksum)
    #expect(ItemSequences.fold(of: name) == Int(checksum % 5))
  }

  @Test func `knows what ranks are worth`() {
    let metrics = RankingMetrics(ranks: [1, 3, 10, 11])
    #expect(metrics.count == 4)
    #expect((metrics.ndcg10 - (1 + 0.5 + 0.2890648263178879) / 4).magnitude < 1e-12)
    #expect(metrics.recall10 == 0.75)
    #expect((metrics.mrr - (1 + 1 / 3.0 + 0.1 + 1 / 11.0) / 4).magnitude < 1e-12)
    #expect(RankingMetrics(ranks: []).ndcg10 == 0)
  }

  @Test func `trains on nobody whom it tests, and tests who used three items`() {
    // By the checksum "0" is in fold 4, "1" in 3 and "2" in 2; a history of two is not judged.
    let data = sequences("0: a b c", "1: a b c", "2: a b")
    for fold in 0..<5 {
      let training = RankingProtocol.training(data, without: fold)
      let own = data.learners.filter { ItemSequences.fold(of: $0) == fold }
      #expect(Set(training.learners).isDisjoint(with: own))
      #expect(training.count + own.count == 3)
      #expect(RankingProtocol(data, fold: fold).count == own.count { $0 != "2" })
    }
    #expect(RankingProtocol.training(data, without: nil).count == 3)
  }

  @Test func `ranks an item that the model never saw behind all that it saw`() throws {
    // Learner 0 alone knows x and y; the model of learner 1 knows a, b, c and d.
    let data = sequences("0: y a b x", "1: a b c d")
    let fold = ItemSequences.fold(of: "0")
    let training = RankingProtocol.training(data, without: fold)
    let model = try #require(PlainModel(.popularity, training, threads: 1))
    // c and d, then x; y is in the history.
    #expect(RankingProtocol(data, fold: fold).metrics(model, threads: 1).mrr == 1 / 3.0)
  }
}

@Suite struct `A neighbour model that is fitted` {
  private func options(threads: Int = 1, bytes: Int = 1_000_000) -> NeighbourOptions {
    var options = NeighbourOptions()
    options.threads = threads
    options.bytesMax = bytes
    return options
  }

  @Test func `finds the way on better than the plain methods`() throws {
    let data = school()
    let test = RankingProtocol(data, fold: 0)
    let training = RankingProtocol.training(data, without: 0)
    let fitted = try NeighbourTrainer(options: options()).fit(training)
    let own = test.metrics(fitted.model, threads: 1)
    let cosine = try #require(PlainModel(.cosineSum, training, threads: 1))
    #expect(own.ndcg10 > test.metrics(cosine, threads: 1).ndcg10)
    // Three in four go on to the next of the chain.
    #expect(own.recall10 > 0.7)
    #expect(fitted.report.trials > 30)
  }

  @Test func `is the same on one thread and on three`() throws {
    let data = school(learners: 120)
    let one = try NeighbourTrainer(options: options(threads: 1)).fit(data).model.encoded()
    let three = try NeighbourTrainer(options: options(threads: 3)).fit(data).model.encoded()
    #expect(one == three)
  }

  @Test func `keeps within its bytes, and knows more than popularity in the fewest`() throws {
    let data = school(learners: 600, items: 200)
    let test = RankingProtocol(data, fold: 1)
    let training = RankingProtocol.training(data, without: 1)
    let popular = try #require(PlainModel(.popularity, training, threads: 1))
    let popularity = test.metrics(popular, threads: 1).ndcg10
    for bytes in [2200, 4000, 60_000] {
      let model = try NeighbourTrainer(options: options(bytes: bytes)).fit(training).model
      #expect(model.encoded().count <= bytes)
      #expect(test.metrics(model, threads: 1).ndcg10 > popularity + 0.2)
    }
  }

  @Test func `is read from answers, each item once, learners in any order`() throws {
    func row(_ learner: String, _ item: String) -> Interaction {
      Interaction(learner: learner, item: ItemID(checked: item), skills: [], isCorrect: true)
    }
    let rows = [
      row("ann", "a"), row("bo", "c"), row("ann", "b"), row("ann", "a"), row("bo", "b"),
    ]
    let cleaned = CleanedRows(rows)
    let data = ItemSequences(cleaned, of: Array(cleaned.learners.indices))
    #expect(data.learners == ["ann", "bo"])
    #expect(Array(data.sequence(of: 0)) == [0, 1])
    #expect(Array(data.sequence(of: 1)) == [2, 1])
    #expect(try NeighbourTrainer(options: options()).fit(data).model.items.count == 3)
  }

  @Test func `is refused where nobody went on to anything`() {
    for data in [sequences("1: a", "2: b"), ItemSequences()] {
      #expect(throws: SatchelError.self) { try NeighbourTrainer(options: options()).fit(data) }
    }
  }

  @Test func `is refused where the items alone fill the bytes`() {
    let data = sequences("1: " + (0..<2000).map { "item-\($0)" }.joined(separator: " "))
    #expect(throws: SatchelError.self) {
      try NeighbourTrainer(options: options(bytes: 10_000)).fit(data)
    }
  }
}

@Suite struct `Evidence of steps in the catalogue` {
  @Test func `is what steps there were against what chance would give`() {
    // Of four items twelve ordered pairs: 3 lie one place ahead, 2 two, 1 three; and as many behind.
    let chances = CatalogueSteps.chances(items: 4)
    let expected: [Double] = [3, 2, 1, 0, 0, 0, 0, 0, 0]
    #expect(chances.map { ($0 * 12).rounded() } == expected)
    let steps = CatalogueSteps(sequences("1: a b c d", "2: a b", "3: d a"))
    // Five steps: four of them one ahead, where chance gives 5 · 3/12; one of them three behind, where it gives 5/12.
    func level(_ lift: Double) -> Int16 { Int16((ExactMath.log(1 + lift) * 256).rounded()) }
    #expect(steps.forward == [level(4 / (1 + 1.25)), 0, 0, 0, 0, 0, 0, 0, 0])
    #expect(steps.backward == [0, 0, level(1 / (1 + 5 / 12.0)), 0, 0, 0, 0, 0, 0])
  }

  @Test func `is none where nobody took a step`() {
    #expect(CatalogueSteps(sequences("1: a", "2: b")) == .none)
    #expect(CatalogueSteps(ItemSequences()) == .none)
  }

  @Test
  func `counts where learners go along the catalogue, and is small where its order is chance`()
    throws
  {
    var options = NeighbourOptions()
    options.lags = 10
    // Few learners among many items: nobody was at most places.
    let along = try NeighbourTrainer(options: options).fit(school(learners: 60, items: 900)).model
    #expect(along.weights.step[0] > 0)
    #expect(along.steps.forward[0] > 512)
    // The same school with its items shuffled over the catalogue.
    var random = SeededRandom(seed: 11)
    let names = (0..<60).map { _ in String(random.next()) }
    let tidy = school()
    let shuffled = sequences(
      (0..<tidy.count).map { learner in
        "\(learner): "
          + tidy.sequence(of: learner).map { names[Int($0)] }.joined(separator: " ")
      })
    let across = try NeighbourTrainer(options: options).fit(shuffled).model
    #expect(across.steps.forward[0] < 256)
  }
}

@Suite struct `Sixteen levels` {
  @Test func `are the values themselves where there are few`() {
    let levels = Levels([1, 1, 2, 3] as [Float])
    for value in [1, 2, 3] as [Float] {
      #expect(levels.values[Int(levels.code(value))] == Int16(value * 256))
    }
    #expect(levels.code(0) == 0)
    #expect(levels.values[0] == 0)
  }

  @Test func `ascend, and lie no farther from a value than another does`() {
    var random = SeededRandom(seed: 3)
    let values = (0..<5000).map { _ in Float(random.next() % 4000) / 400 }
    let levels = Levels(values)
    #expect(levels.values == levels.values.sorted())
    for value in values {
      let own = Float(levels.values[Int(levels.code(value))])
      let best = levels.values.map { (Float($0) - (value * 256).rounded()).magnitude }.min() ?? 0
      #expect((own - (value * 256).rounded()).magnitude <= best)
    }
  }
}
