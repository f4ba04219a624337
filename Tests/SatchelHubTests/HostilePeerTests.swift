import Foundation
import SatchelCore
import SatchelStore
import SatchelSync
import SatchelTestSupport
import SatchelTransport
import SatchelWire
import Testing

/// Peers that hold a valid key and mean no good (spec/faults.md, H1 to H5).
@Suite struct `A hostile device` {
  private let key = SigningKey.random()

  private func record(_ number: Int, _ flavour: String, at time: HybridTime) -> Record {
    Record(
      learner: mei, author: key.publicKey.replica, time: time, wallMilliseconds: 0, session: 1,
      event: .view(View(item: ItemID(checked: "\(flavour)-\(number)"), skills: [])))
  }

  private func segment(_ records: [Record], after head: StreamHead? = nil) -> Segment {
    let stream = RecordStream(publicKey: key.publicKey, learner: mei)
    let base = head ?? stream.start
    let reached = base.appending(records)
    return Segment(
      stream: stream, first: base.number + 1, count: records.count,
      signature: key.sign(reached.signedBytes(of: stream.id)),
      bytes: SegmentCodec.encode(records, of: stream))
  }

  private func body(_ segments: [Segment]) throws -> [UInt8] {
    let request = SyncRequest(epoch: 0, cursor: 0, fingerprint: .zero, offered: segments)
    return try Wire.encode(request, signedBy: key).bytes
  }

  @Test func `that repeats old requests changes nothing`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    try one.answer("a", by: mei)
    let first = try one.body()
    _ = try await one.post(first, to: hub.url)
    try one.answer("b", by: mei)
    _ = try await one.post(try one.body(), to: hub.url)
    let before = try hub.snapshot

    for _ in 0..<5 { #expect(try await one.post(first, to: hub.url).status == 200) }

    #expect(try hub.snapshot == before)
  }

  /// Promise 11: two histories signed by one identity are reported and both kept.
  @Test func `that signs two histories is found out, and both are kept`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    let time = HybridTime(milliseconds: 1_750_000_000_000)
    let (left, right) = (record(1, "left", at: time), record(1, "right", at: time))
    for told in [left, right] {
      #expect(try await one.post(try body([segment([told])]), to: hub.url).status == 200)
    }
    #expect(try recordIDs(of: hub.store) == [left, right].map(\.id.description).sorted())
    #expect(try hub.store.examine(.deep).forks == 1)
    #expect(try hub.store.examine(.deep).problems == [])
  }

  @Test func `from the far future moves nobody's clock`() async throws {
    let (hub, one, honest) = (try await Classroom(), try Laptop(), try Laptop())
    let end = HybridTime(bits: .max)
    let answer = try await one.post(try body([segment([record(1, "late", at: end)])]), to: hub.url)
    #expect(answer.status == 200)

    try await honest.sync(with: hub.url)
    try honest.answer("now", by: mei)

    var times: [HybridTime] = []
    try honest.store.forEachRecord {
      times += $0.map(\.record).filter { $0.author == honest.key.publicKey.replica }.map(\.time)
    }
    let limit = 1_750_000_000_000 + HybridClock.driftMillisecondsMax
    #expect(times.count == 1 && times.allSatisfy { $0.milliseconds <= limit })
  }

  @Test func `that sends more segments than allowed is refused whole`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    let honest = segment([record(1, "a", at: HybridTime(milliseconds: 1))])
    let many = [Segment](repeating: honest, count: Wire.segmentsMax + 1)
    let reply = try await one.post(try body(many), to: hub.url)
    #expect([400, 413].contains(reply.status))
    #expect(try hub.store.summary(of: .everyone) == ScopeSummary())
  }

  /// Groups are the one thing in protobuf that nests without lengths, so depth costs the sender a byte each.
  @Test(arguments: [64, 100_000])
  func `that nests its message deeply is refused`(depth: Int) async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    let start = [UInt8](repeating: 15 << 3 | 3, count: depth)
    let end = [UInt8](repeating: 15 << 3 | 4, count: depth)
    let reply = try await one.post(Array("SATCHEL1".utf8) + start + end, to: hub.url)
    #expect(reply.status == 400)
    #expect(Wire.decodeFailure(reply.body)?.code == .replyMalformed)
  }

  /// Lengths that promise gigabytes, within a body of some bytes.
  @Test func `that lies of lengths is refused before memory is asked for`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    for field in 1...4 {
      let lie: [UInt8] = [UInt8(field << 3 | 2), 0xFF, 0xFF, 0xFF, 0xFF, 0x07]
      let reply = try await one.post(Array("SATCHEL1".utf8) + lie, to: hub.url)
      #expect(reply.status == 400)
    }
  }

  /// Every id, hash and signature of the wire with a byte less and a byte more.
  @Test func `that sends ids of the wrong length is refused`() async throws {
    let (hub, one) = (try await Classroom(), try Laptop())
    let honest = segment([record(1, "a", at: HybridTime(milliseconds: 1))])
    for (name, bytes) in try WrongLengths(key: key, segment: honest).bodies() {
      let reply = try await one.post(bytes, to: hub.url)
      #expect([400, 401].contains(reply.status), "\(name): \(reply.status)")
    }
    #expect(try hub.store.summary(of: .everyone) == ScopeSummary())
  }

  /// INV-verify: whoever passes records on cannot alter them; anybody can check them.
  @Test func `cannot alter what another device wrote, nor can the hubs between`() async throws {
    let (school, district) = (try await Classroom(), try await Classroom())
    let (one, between) = (try Laptop(), try Laptop())
    try one.answer("a", by: mei)
    try await one.sync(with: school.url)
    // `between` carries it on, as a hub does.
    try await between.sync(with: school.url)
    try await between.sync(with: district.url)

    let top = try district.store.segments(
      after: 0, of: .everyone, notFrom: nil, bytesMax: Wire.offerBytesMax
    ).segments
    let proven = try #require(top.first)
    #expect(proven.stream.publicKey == one.key.publicKey)
    #expect(try proven.continuation(of: proven.stream.start).records.count == 1)
  }
}
