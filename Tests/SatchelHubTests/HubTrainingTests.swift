import Foundation
import SatchelCore
import SatchelHub
import SatchelStore
import SatchelTestSupport
import SatchelTraining
import Testing

@Suite struct `Training on a hub` {
  private var short: TrainingOptions {
    var options = TrainingOptions()
    options.epochs = 2
    return options
  }

  @Test func `publishes a first model, and a second only when it foretells better`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    try await practise(one, hub)
    let training = HubTraining(store: hub.store, options: short)

    let first = try training.run(channel: "pilot", at: 0) { _, _, _ in }
    let second = try training.run(channel: "pilot", at: 0) { _, _, _ in }

    #expect(first.published?.manifest.version == 1 && first.current == nil)
    #expect(first.candidate.count > 0)
    // The same records and the same seed give the same model, which is no better than itself.
    #expect(second.published == nil && second.current == second.candidate)
    #expect(try await one.sync(with: hub.url).channels.map(\.version) == [1])
  }

  @Test func `publishes over a model that another version of Satchel made`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    try await practise(one, hub)
    let training = HubTraining(store: hub.store, options: short)
    let first = try #require(try training.run(channel: "pilot", at: 0) { _, _, _ in }.published)
    let file = try #require(first.manifest.files.first)
    let bytes = try foreignModel(
      hub.store.blob(sha256: file.sha256, from: 0, count: file.byteCount))
    let manifest = try Manifest(
      kind: .model, name: "tutor", channel: "pilot", version: 2, createdSeconds: 0,
      files: [Manifest.File(name: "model", byteCount: bytes.count, sha256: sha256(bytes))])
    try hub.store.publish(
      SignedManifest(signing: manifest, with: try hub.store.establishHubIdentity()), files: [bytes],
      at: 0)

    let outcome = try training.run(channel: "pilot", at: 0) { _, _, _ in }

    #expect(outcome.current == nil && outcome.published?.manifest.version == 3)
  }

  @Test func `needs enough learners to keep some as judges`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    try one.answer("a", by: mei)
    try await one.sync(with: hub.url)
    expectError(.trainingData) {
      try HubTraining(store: hub.store, options: short).run(channel: "pilot", at: 0) { _, _, _ in }
    }
  }

  /// Thirty learners answer five items, and the hub gets it.
  private func practise(_ laptop: Laptop, _ hub: Classroom) async throws {
    for learner in 0..<30 {
      for item in 0..<12 {
        try laptop.answer("i\(item % 5)", by: LearnerID(high: 11, low: UInt64(learner)))
      }
    }
    try await laptop.sync(with: hub.url)
  }
}
