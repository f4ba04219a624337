import SatchelCore
import SatchelStore
import SatchelTestSupport
import Testing

/// What all examples of the protocol's page are made of: keys of fixed seeds, three learners, and a Monday morning.
struct ExampleWorld {
  /// Of the seed 0, 1, 2 ... 31.
  let device: SigningKey
  /// Of the seed 32, 33 ... 63.
  let hub: SigningKey
  let mei: LearnerID
  let tom: LearnerID
  let ana: LearnerID
  /// 2026-09-07T08:00:00Z.
  let eight: Int64 = 1_788_768_000_000

  init() throws {
    device = try #require(SigningKey(seed: Array(0..<32)))
    hub = try #require(SigningKey(seed: Array(32..<64)))
    mei = try #require(LearnerID(hex: "00112233445566778899aabbccddeeff"))
    tom = try #require(LearnerID(hex: "102132435465768798a9bacbdcedfe0f"))
    ana = try #require(LearnerID(hex: "2031425364758697a8b9cadbecfd0e1f"))
  }

  func stream(of learner: LearnerID) -> RecordStream {
    RecordStream(publicKey: device.publicKey, learner: learner)
  }

  /// A record of the device, whose two clocks agree unless `wall` says otherwise.
  func record(
    _ event: Event, of learner: LearnerID, at milliseconds: Int64, wall: Int64? = nil,
    session: UInt32 = 7
  ) -> Record {
    Record(
      learner: learner, author: device.publicKey.replica,
      time: HybridTime(milliseconds: milliseconds), wallMilliseconds: wall ?? milliseconds,
      session: session, event: event)
  }

  func answer(
    _ item: String, isCorrect: Bool = true, duration: UInt32? = nil
  ) throws -> Event {
    .attempt(
      Attempt(
        item: try ItemID(item), skills: [try SkillID("add-within-20")], isCorrect: isCorrect,
        durationMilliseconds: duration))
  }

  /// The first record of `learner`'s stream.
  func first(of learner: LearnerID) throws -> Record {
    record(try answer("add-within-20-02", duration: 5300), of: learner, at: eight)
  }

  /// `records` as the device packs and signs them.
  func segment(_ records: [Record], of stream: RecordStream, after head: StreamHead) -> Segment {
    Segment(
      stream: stream, first: head.number + 1, count: records.count,
      signature: device.sign(head.appending(records).signedBytes(of: stream.id)),
      bytes: SegmentCodec.encode(records, of: stream))
  }

  /// The first segment of `learner`'s stream.
  func firstSegment(of learner: LearnerID) throws -> Segment {
    let stream = stream(of: learner)
    return segment([try first(of: learner)], of: stream, after: stream.start)
  }

  /// A store that took `segments`, one transaction each.
  func store(in scratch: Scratch, holding segments: [Segment]) throws -> Store {
    let store = try Store(at: scratch.file("store.sqlite"), creating: true, projection: nil)
    for segment in segments {
      _ = try store.admit([segment], from: hub.publicKey.replica, hubMilliseconds: eight, note: nil)
    }
    return store
  }
}
