import Foundation
import SatchelCore
import SatchelHub
import SatchelStore
import SatchelSync
import SatchelTestSupport
import SatchelTransport
import SatchelWire
import Synchronization
import Testing

@Suite struct `What a hub publishes` {
  /// Bytes on channel `stable`, put there by another handle on the store, as another process would.
  private func publish(_ bytes: [UInt8], version: Int, _ hub: Classroom) throws {
    let store = try Store(at: hub.store.url, creating: false, projection: nil)
    let manifest = try Manifest(
      kind: .model, name: "tutor", channel: "stable", version: version, createdSeconds: 0,
      files: [Manifest.File(name: "model", byteCount: bytes.count, sha256: sha256(bytes))])
    try store.publish(
      SignedManifest(signing: manifest, with: try store.establishHubIdentity()), files: [bytes],
      at: 0)
  }

  private let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

  @Test func `is served at once, and not again to who has it`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    let refresh = Refresh(
      peer: one.peer(hub.url), publisher: try hub.key, folder: one.scratch.file("partial"))
    #expect(try await refresh.manifest(.model, channel: "stable", above: 0) == nil)

    try publish(bytes, version: 1, hub)
    let signed = try #require(try await refresh.manifest(.model, channel: "stable", above: 0))
    let fetched = try await refresh.fetch(signed.manifest.files[0], of: .model)

    #expect(fetched == bytes)
    #expect(try await one.sync(with: hub.url).channels.map(\.version) == [1])
    #expect(try await refresh.manifest(.model, channel: "stable", above: 1) == nil)
    let tag: HTTPHeaders = ["If-None-Match": "\"x\", W/\"model-stable-1\""]
    #expect(try await one.get("/v1/models/stable", tag, at: hub.url).status == 304)
    try publish([1], version: 2, hub)
    #expect(try await one.get("/v1/models/stable", tag, at: hub.url).status == 200)
  }

  @Test func `goes on where a cut left off`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    try publish(bytes, version: 1, hub)
    let got = Mutex([UInt8]())

    try await one.peer(hub.url).blob(
      sha256: sha256(bytes), from: 70_000, bytesMax: bytes.count
    ) { part in got.withLock { $0 += part } }

    #expect(got.withLock { $0 } == Array(bytes[70_000...]))
    let path = "/v1/blobs/\(Hex.encode(sha256(bytes)))"
    func answer(_ range: String) async throws -> String {
      try await rawExchange(
        hub.url, Array("GET \(path) HTTP/1.1\r\nHost: hub\r\nRange: \(range)\r\n\r\n".utf8))
    }
    let part = try await answer("bytes=10-19")
    #expect(part.hasPrefix("HTTP/1.1 206") && part.contains("Content-Range: bytes 10-19/200000"))
    let beyond = try await answer("bytes=200000-")
    #expect(beyond.hasPrefix("HTTP/1.1 416") && beyond.contains("Content-Range: bytes */200000"))
    #expect(try await answer("bytes=9-3").hasPrefix("HTTP/1.1 200"))
  }

  @Test(arguments: [
    "/v1/models/nothing", "/v1/packs/nothing", "/v1/models/..%2f..%2fetc", "/v1/blobs/zz",
    "/v1/blobs/00", "/v1/nothing",
  ])
  func `is not there where nothing was published`(_ path: String) async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    #expect(try await one.get(path, at: hub.url).status == 404)
  }

  @Test func `names the code when a channel is unknown`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    let reply = try await one.get("/v1/packs/nothing", at: hub.url)
    #expect(Wire.decodeFailure(reply.body)?.code == .modelUnknown)
  }

  @Test func `was read before it was signed`() async throws {
    let hub = try await Classroom()
    let publishing = Publishing(store: hub.store)
    expectError(.modelMalformed) {
      try publishing.publish(.model, [1, 2, 3], channel: "stable", at: 0)
    }
    expectError(.packInvalid) {
      try publishing.publish(.pack, [1, 2, 3], channel: "stable", at: 0)
    }
    #expect(try hub.store.publications().isEmpty)
  }
}

@Suite struct `The teacher's page` {
  @Test func `speaks the reader's language and hides small groups`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    for number in 0..<4 { try one.answer("a", by: LearnerID(high: 3, low: UInt64(number))) }
    try await one.sync(with: hub.url)

    let chinese = try await one.get(
      "/", ["Accept-Language": "fr, zh-CN;q=0.9, en;q=0.8"], at: hub.url)
    let small = try await text("/", hub, one)
    try one.answer("a", by: LearnerID(high: 3, low: 9))
    try await one.sync(with: hub.url)
    let large = try await text("/", hub, one)

    #expect(String(decoding: chinese.body, as: UTF8.self).contains("设备数"))
    #expect(small.contains("fewer than 5") && !small.contains("<td>4</td>"))
    #expect(large.contains("<td>5</td>") && !large.contains("fewer than 5"))
    #expect(large.contains(String(one.key.publicKey.replica.description.prefix(12))))
  }

  @Test func `has figures for Prometheus without any learner, and none of a small group`()
    async throws
  {
    let (hub, one) = (try await Classroom(), try Laptop())
    for number in 0..<4 { try one.answer("a", by: LearnerID(high: 3, low: UInt64(number))) }
    try await one.sync(with: hub.url)
    let small = try await text("/metrics", hub, one)
    try one.answer("a", by: mei)
    try await one.sync(with: hub.url)
    let large = try await text("/metrics", hub, one)

    for page in [small, large] {
      #expect(page.contains("satchel_hub_requests_total{route=\"/v1/sync\",status=\"200\"} "))
      #expect(!page.contains(mei.description))
    }
    #expect(!small.contains("records") && !small.contains("learners") && !small.contains("streams"))
    for (figure, kind) in [("records_admitted_total", "counter"), ("records", "gauge")] {
      let lines = "# TYPE satchel_hub_\(figure) \(kind)\nsatchel_hub_\(figure) 5\n"
      #expect(large.contains(lines))
    }
    #expect(large.contains("satchel_hub_learners 5\n"))
    #expect(try await text("/healthz", hub, one) == "ok")
  }

  private func text(_ path: String, _ hub: Classroom, _ laptop: Laptop) async throws -> String {
    String(decoding: try await laptop.get(path, at: hub.url).body, as: UTF8.self)
  }
}
