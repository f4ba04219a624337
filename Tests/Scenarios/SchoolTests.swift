import Foundation
import Satchel
import SatchelTestSupport
import SatchelTutor
import Testing

@Suite struct `A school day` {
  @Test func `ends with every laptop holding every lesson, and all tutors of one mind`()
    async throws
  {
    let school = try await School()
    let (one, two) = (try school.laptop("one"), try school.laptop("two"))
    for laptop in [one, two] { try laptop.importPack(at: School.pack) }
    let mei = try one.addLearner(named: "Mei")
    let tom = try two.addLearner(named: "Tom")
    try two.addLearner(named: "Mei", id: mei)

    // Mei learns on both laptops, offline.
    try one.practise(mei, 20) { $0 % 3 > 0 }
    try two.practise(mei, 10) { $0 % 2 > 0 }
    try two.practise(tom, 15) { $0 % 4 > 0 }
    for laptop in [one, two, one] { #expect(try await laptop.sync(with: school.url).converged) }

    let now = Date(timeIntervalSince1970: 1_790_000_000)
    for learner in [mei, tom] {
      #expect(try one.progress(of: learner, at: now) == two.progress(of: learner, at: now))
      #expect(try one.recommend(for: learner, at: now) == two.recommend(for: learner, at: now))
    }
    #expect(try one.recordCount(of: mei) == 30)
    #expect(try school.hub.summary(of: .everyone) == one.store.summary(of: .everyone))
    // Names stay where they were given.
    #expect(try one.learners().compactMap(\.name) == ["Mei"])
  }

  @Test func `tells the observer of what came by sync`() async throws {
    let school = try await School()
    let (one, two) = (try school.laptop("one"), try school.laptop("two"))
    for laptop in [one, two] { try laptop.importPack(at: School.pack) }
    let mei = try one.addLearner()
    try two.addLearner(id: mei)
    try one.practise(mei, 5) { _ in true }
    _ = try await one.sync(with: school.url)

    var states = two.observe(mei).makeAsyncIterator()
    #expect(try await states.next()?.progress.attempts == 0)
    _ = try await two.sync(with: school.url)

    #expect(try await states.next()?.progress.attempts == 5)
  }

  @Test func `with nothing new costs one request of under 500 bytes`() async throws {
    let school = try await School()
    let laptop = try school.laptop("one")
    try laptop.importPack(at: School.pack)
    let mei = try laptop.addLearner()
    try laptop.practise(mei, 5) { _ in true }
    _ = try await laptop.sync(with: school.url)

    let idle = try await laptop.sync()

    #expect(idle.converged && idle.requests == 1)
    #expect(idle.bytesSent + idle.bytesReceived < 500)
  }

  @Test func `that follows another soon finds its connection open, unless it was to be closed`()
    async throws
  {
    let road = try await Road()
    for number in 1...3 {
      try road.laptop.store.answer()
      #expect(try await road.laptop.sync(with: road.proxy.url).converged)
      #expect(road.proxy.traffic.connections == 1, "round \(number)")
    }

    #expect(try await road.laptop.sync(options: .closing).converged)
    #expect(try await road.laptop.sync(options: .closing).converged)

    #expect(road.proxy.traffic.connections == 3)
  }
}

@Suite struct `A model that a hub publishes` {
  @Test func `is pulled once, serves, and can be taken back`() async throws {
    let school = try await School()
    let laptop = try school.laptop("one")
    try laptop.importPack(at: School.pack)
    let mei = try laptop.addLearner()
    // Too few answers to try a model on: it is taken on its signature.
    try laptop.practise(mei, 10) { $0 % 3 > 0 }
    let item = try ItemID("fraction-meaning-03")
    let date = Date(timeIntervalSince1970: 1_790_000_000)
    let baseline = try laptop.probabilityCorrect(of: item, by: mei, at: date)
    try school.publish(.model, School.firstModel())

    let first = try await laptop.sync(with: school.url)
    let second = try await laptop.sync()

    #expect(first.model.changed && first.model.version == 1 && first.model.channel == "stable")
    #expect(!second.model.changed && second.requests == 1)
    #expect(try laptop.probabilityCorrect(of: item, by: mei, at: date) != baseline)
    try laptop.store.rollBackModel()
    #expect(try laptop.probabilityCorrect(of: item, by: mei, at: date) == baseline)
  }

  /// A model that says the opposite of what it learned: it must be kept, tried, and not used.
  @Test func `that foretells the learners' own answers worse is kept but does not serve`()
    async throws
  {
    let school = try await School()
    let laptop = try school.laptop("one")
    try laptop.importPack(at: School.pack)
    let mei = try laptop.addLearner()
    try laptop.practise(mei, 80) { _ in true }
    let good = try Weights(bytes: School.firstModel())
    let upsideDown = Weights(
      means: good.means, scales: good.scales, network: good.network, tables: good.tables,
      calibration: .init(slope: -3 * good.calibration.slope, shift: 0))
    try school.publish(.model, upsideDown.encoded())

    let report = try await laptop.sync(with: school.url)

    #expect(report.converged && !report.model.changed)
    let shelved = try #require(try laptop.store.models().first)
    #expect(!shelved.isActive)
    let trial = try #require(shelved.trial)
    #expect(!trial.passed && trial.candidateLogLoss > trial.currentLogLoss)
  }

  @Test(arguments: [[UInt8](repeating: 7, count: 500), []])
  func `that is no model is refused, and the one before it goes on serving`(garbage: [UInt8])
    async throws
  {
    let school = try await School()
    let laptop = try school.laptop("one")
    try laptop.importPack(at: School.pack)
    try school.publish(.model, School.firstModel())
    _ = try await laptop.sync(with: school.url)
    let before = try laptop.store.models()
    try school.publish(.model, garbage)

    await expectError(.modelMalformed) { try await laptop.sync() }

    #expect(try laptop.store.models() == before)
  }

  @Test
  func `that another version of Satchel made is kept once, and the one before it goes on serving`()
    async throws
  {
    let school = try await School()
    let laptop = try school.laptop("one")
    try laptop.importPack(at: School.pack)
    let mei = try laptop.addLearner()
    try school.publish(.model, School.firstModel())
    _ = try await laptop.sync(with: school.url)
    let before = try laptop.recommend(for: mei)
    try school.publish(.model, try foreignModel(School.firstModel()))

    let report = try await laptop.sync()
    let again = try await laptop.sync()

    #expect(report.converged && !report.model.changed && report.model.version == 2)
    #expect(again.requests == 1)
    #expect(try laptop.models().map(\.isActive) == [true, false])
    #expect(try laptop.recommend(for: mei) == before)
    let newer = try #require(try laptop.models().last?.id)
    expectError(.modelShapeMismatch) { try laptop.useModel(newer) }
  }

  /// As it is after an upgrade of Satchel, when the model that served is of a version that is no longer read.
  @Test
  func `that is active and cannot be read leaves the built-in one to serve`()
    async throws
  {
    let school = try await School()
    let laptop = try school.laptop("one")
    try laptop.importPack(at: School.pack)
    let mei = try laptop.addLearner()
    let builtIn = try laptop.recommend(for: mei)
    try laptop.store.shelve(
      model: try foreignModel(School.firstModel()), channel: "stable", version: 1, manifest: nil,
      trial: nil, activating: true, at: 0)

    #expect(try laptop.recommend(for: mei) == builtIn)
    #expect(try laptop.modelProblem()?.code == .modelShapeMismatch)
    // And a model that can be read takes its place.
    for _ in 0..<2 { try school.publish(.model, School.firstModel()) }
    #expect(try await laptop.sync(with: school.url).model.changed)
    #expect(try laptop.modelProblem() == nil)
  }

  @Test func `signed by another key than the hub's is refused`() async throws {
    let school = try await School()
    let laptop = try school.laptop("one")
    let bytes = try School.firstModel()
    let manifest = try Manifest(
      kind: .model, name: "model", channel: "stable", version: 1, createdSeconds: 0,
      files: [Manifest.File(name: "m.bin", byteCount: bytes.count, sha256: sha256(bytes))])
    try school.hub.publish(
      SignedManifest(signing: manifest, with: .random()), files: [bytes], at: 0)

    await expectError(.modelSignature) { try await laptop.sync(with: school.url) }
    #expect(try laptop.store.models().isEmpty)
  }
}

@Suite struct `A pack that a hub publishes` {
  @Test func `reaches a laptop that has nothing`() async throws {
    let school = try await School()
    let laptop = try school.laptop("one")
    try school.publish(.pack, Array(try Data(contentsOf: School.pack)))

    let first = try await laptop.sync(with: school.url)
    let second = try await laptop.sync()

    #expect(first.packs == ["arithmetic-to-algebra"])
    #expect(second.packs.isEmpty && second.requests == 1)
    #expect(try laptop.store.syllabus().items.count >= 120)
  }
}
