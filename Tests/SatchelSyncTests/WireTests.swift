import SatchelCore
import SatchelTestSupport
import Testing

@testable import SatchelWire

@Suite struct `The wire` {
  let key = SigningKey.random()

  func segments(_ count: Int, _ dice: inout Dice) -> [Segment] {
    (0..<count).map { number in
      let stream = RecordStream(
        publicKey: key.publicKey, learner: LearnerID(high: 0, low: UInt64(number)))
      let records = RandomRecords().records(dice.roll(1...9), of: stream, &dice)
      let head = stream.start.appending(records)
      return Segment(
        stream: stream, first: 1, count: records.count,
        signature: key.sign(head.signedBytes(of: stream.id)),
        bytes: SegmentCodec.encode(records, of: stream))
    }
  }

  func request(_ dice: inout Dice) -> SyncRequest {
    SyncRequest(
      epoch: 5, cursor: 7, fingerprint: Hash256(hashing: [1]),
      offered: segments(dice.roll(0...4), &dice), introduces: [LearnerID(high: 3, low: 4)],
      scopeTag: 9, ranges: ranges(&dice),
      wanted: [WantedRecords(stream: StreamID(high: 5, low: 6), from: 7)], bytesMax: 4096)
  }

  func reply(_ dice: inout Dice) -> SyncReply {
    SyncReply(
      hubKey: key.publicKey, epoch: 3, cursor: 9, fingerprint: Hash256(hashing: [2]),
      offered: segments(dice.roll(0...4), &dice), hasMore: dice.chance(2),
      hubMilliseconds: 1_750_000_000_000,
      channels: [ChannelVersion(kind: .model, channel: "stable", version: 4)],
      scope: dice.pick([.everyone, .learners([LearnerID(high: 1, low: 2)]), nil]),
      ranges: ranges(&dice))
  }

  func ranges(_ dice: inout Dice) -> [HeldRange] {
    let leaf = HeldLeaf(stream: StreamID(high: .max, low: 1), number: 3, check: 4)
    return dice.pick([
      [],
      [
        HeldRange(.all.part(0, of: 2), .sums([1, 2, 3, 4])),
        HeldRange(.all.part(3, of: 2), .leaves([leaf])),
      ],
      [HeldRange(StreamRange(bits: 64, prefix: 5), .leaves([]))],
    ])
  }

  @Test func `gives messages back as they were sent`() throws {
    var dice = Dice.thrown(for: "wire")
    for _ in 0..<50 {
      let (asked, answered) = (request(&dice), reply(&dice))
      let (sent, digest) = try Wire.encode(asked, signedBy: key)
      let read = try Wire.decodeRequest(sent)
      #expect(read.request == asked && read.device == key.publicKey && read.digest == digest)
      let reply = try Wire.encode(answered, to: digest, signedBy: key)
      #expect(try Wire.decodeReply(reply, to: digest) == answered)
    }
  }

  @Test func `refuses a request that was altered in any one byte`() throws {
    var dice = Dice.thrown(for: "altered")
    let asked = request(&dice)
    let sent = try Wire.encode(asked, signedBy: key).bytes
    for index in sent.indices {
      var altered = sent
      altered[index] ^= UInt8(1 << dice.roll(0...7))
      // What is still accepted is the very same request: protobuf has more than one spelling for some bytes.
      if let read = try? Wire.decodeRequest(altered) { #expect(read.request == asked) }
    }
  }

  @Test func `knows a page from a hub's reply`() {
    for page in ["", "<html>Sign in to the network</html>", "OK", "SATCHEL"] {
      expectError(.hubNotAHub) { try Wire.decodeReply(Array(page.utf8), to: .zero) }
    }
    expectError(.replyMalformed) { try Wire.decodeReply(Array("SATCHEL1garbage".utf8), to: .zero) }
  }

  @Test func `refuses a reply that was altered in any one byte, or answers another request`()
    throws
  {
    var dice = Dice.thrown(for: "altered reply")
    let answered = reply(&dice)
    let asked = Hash256(hashing: [1])
    let sent = try Wire.encode(answered, to: asked, signedBy: key)
    for index in sent.indices {
      var altered = sent
      altered[index] ^= UInt8(1 << dice.roll(0...7))
      if let read = try? Wire.decodeReply(altered, to: asked) { #expect(read == answered) }
    }
    expectError(.replyMalformed) { try Wire.decodeReply(sent, to: Hash256(hashing: [2])) }
  }

  /// A hub's time is reckoned with, and ranges are looked up one by one: neither may be anything.
  @Test func `refuses times that are none, and ranges that overlap`() throws {
    var dice = Dice.thrown(for: "bounds")
    for time in [Int64.min, -1, 1 << 48, .max] {
      var wild = reply(&dice)
      wild.hubMilliseconds = time
      let sent = try Wire.encode(wild, to: .zero, signedBy: key)
      expectError(.replyMalformed) { try Wire.decodeReply(sent, to: .zero) }
    }
    for overlapping in [[StreamRange.all, .all], [.all.part(1, of: 1), .all.part(0, of: 1)]] {
      var wild = request(&dice)
      wild.ranges = overlapping.map { HeldRange($0, .sums([1])) }
      let sent = try Wire.encode(wild, signedBy: key).bytes
      expectError(.replyMalformed) { try Wire.decodeRequest(sent) }
    }
  }

  /// An older client is told no by a newer hub, in words that it does not have.
  @Test func `takes an unknown code for the hub's failure, and a page for none`() throws {
    // Field 1 of SyncFailure.
    let code = Array("hub.asleep".utf8)
    let body = Array("SATCHEL1".utf8) + [1 << 3 | 2, UInt8(code.count)] + code
    #expect(
      Wire.decodeFailure(body) == SyncFailure(code: .hubFailed, subject: "hub.asleep"))
    #expect(Wire.decodeFailure(Array("SATCHEL1".utf8)) == nil)
    #expect(Wire.decodeFailure(Array("<html>".utf8)) == nil)
  }

  @Test func `refuses what is over the limit before it decodes`() {
    let huge = [UInt8](repeating: 0, count: Wire.bodyBytesMax + 1)
    expectError(.inputTooLarge) { try Wire.decodeReply(huge, to: .zero) }
    expectError(.inputTooLarge) { try Wire.decodeRequest(huge) }
  }

  @Test func `survives any bytes`() throws {
    var dice = Dice.thrown(for: "mutants")
    let sent = try Wire.encode(reply(&dice), to: .zero, signedBy: key)
    for _ in 0..<3000 {
      var mutant = sent
      for _ in 0..<dice.roll(1...8) {
        mutant[dice.roll(8...mutant.count - 1)] = .random(in: 0...255)
      }
      if dice.chance(3) { mutant.removeLast(dice.roll(0...mutant.count - 8)) }
      _ = try? Wire.decodeReply(mutant, to: .zero)
    }
  }
}
