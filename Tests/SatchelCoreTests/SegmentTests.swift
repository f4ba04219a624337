import SatchelTestSupport
import Testing

@testable import SatchelCore

@Suite struct `A segment` {
  let key = SigningKey.random()
  var stream: RecordStream {
    RecordStream(publicKey: key.publicKey, learner: LearnerID(high: 7, low: 9))
  }

  func segment(_ records: [Record], after head: StreamHead) -> Segment {
    let reached = head.appending(records)
    return Segment(
      stream: stream, first: head.number + 1, count: records.count,
      signature: key.sign(reached.signedBytes(of: stream.id)),
      bytes: SegmentCodec.encode(records, of: stream))
  }

  @Test func `unpacks to the records that were packed, whatever they hold`() throws {
    var dice = Dice.thrown(for: "codec")
    for _ in 0..<200 {
      let records = RandomRecords().records(dice.roll(1...60), of: stream, &dice)
      let packed = SegmentCodec.encode(records, of: stream)
      #expect(try SegmentCodec.decode(packed, of: stream) == records)
    }
  }

  @Test func `keeps the widest numbers there are`() throws {
    var clock = HybridClock()
    let walls: [Int64] = [.min, .max, 0, -1, 1, .min, 1_700_000_000_000, .max]
    let durations: [UInt32?] = [nil, .max, 0, 1]
    let records = (0..<40).map { index -> Record in
      Record(
        learner: stream.learner, author: stream.replica,
        time: clock.next(wallMilliseconds: Int64(index) << (index % 40)),
        wallMilliseconds: walls[index % 8], session: 1,
        event: .attempt(
          Attempt(
            item: ItemID(checked: "a"), skills: [], isCorrect: index % 3 == 0,
            durationMilliseconds: durations[index % 4])))
    }
    for count in [1, 7, 8, 9, 40] {
      let some = Array(records.prefix(count))
      #expect(try SegmentCodec.decode(SegmentCodec.encode(some, of: stream), of: stream) == some)
    }
  }

  /// Golden: stores that version 0.2 wrote hold segments like this one.
  @Test func `of the first version is still read`() throws {
    let bytes = try #require(
      Hex.decode(
        "0128b52ffd20d3450400c4060801100c18c7d68c83a134220c002a0c00023227e593a9c0a102e6893a10e6"
          + "9783971b004a1b6974656d2d310a323330520f736b696c6c2d310a305a04010101016204000100016a01"
          + "020304720c050504820118c51fea1f8f20b420d920fe20a321c821ed219222b722dc220b00bad27b1014"
          + "73d5ca70301818a1720f6ee3ba86c0260ca004"))
    let read = try SegmentCodec.decode(bytes, of: stream)
    let events = (1...12).map { number -> Event in
      let attempt = Attempt(
        item: ItemID(checked: "item-\(number % 4)"),
        skills: [SkillID(checked: "skill-\(number % 2)")], isCorrect: number % 3 > 0,
        durationMilliseconds: UInt32(4000 + number * 37))
      return .attempt(attempt)
    }
    let walls = (1...12).map { number -> Int64 in 1_756_714_877_921 + Int64(number) * 17_011 }
    #expect(read.map(\.event) == events)
    #expect(read.map(\.wallMilliseconds) == walls)
    #expect(try SegmentCodec.decode(SegmentCodec.encode(read, of: stream), of: stream) == read)
  }

  @Test func `with planes cut short or too long is refused`() throws {
    var dice = Dice.thrown(for: "planes")
    let records = RandomRecords().records(60, of: stream, &dice)
    let packed = SegmentCodec.encode(records, of: stream)
    #expect(packed.first == 2)
    for count in 1...packed.count - 1 {
      expectError(.segmentMalformed) {
        try SegmentCodec.decode(Array(packed.prefix(count)), of: stream)
      }
    }
    expectError(.segmentMalformed) { try SegmentCodec.decode(packed + [0], of: stream) }
  }

  /// Swift takes «é» of one and of two code points for equal texts; the bytes that are hashed differ.
  @Test func `keeps keys apart that only look alike`() throws {
    var clock = HybridClock()
    let keys = ["caf\u{E9}", "cafe\u{301}", "\u{212B}", "\u{C5}"]
    let records = (0..<8).map { index in
      Record(
        learner: stream.learner, author: stream.replica, time: clock.next(wallMilliseconds: 9),
        wallMilliseconds: 9, session: 1,
        event: .attempt(
          Attempt(
            item: ItemID(checked: keys[index % 4]),
            skills: [SkillID(checked: keys[3 - index % 4])], isCorrect: true)))
    }
    let read = try SegmentCodec.decode(SegmentCodec.encode(records, of: stream), of: stream)
    #expect(read.map(\.canonicalBytes) == records.map(\.canonicalBytes))
    #expect(Set(records.compactMap(\.event.item)).count == 4)
  }

  @Test func `leads to the head that hashing its records one by one gives`() {
    var dice = Dice.thrown(for: "chain")
    let records = RandomRecords().records(100, of: stream, &dice)
    let last = records.reduce(stream.start.hash) { hash, record in
      Hash256(hashing: hash.bytes, record.canonicalBytes)
    }
    #expect(stream.start.appending(records) == StreamHead(number: 100, hash: last))
    #expect(stream.start.links(of: records).last?.hash == last)
  }

  @Test func `may be cut anywhere and leads to the same head`() throws {
    var dice = Dice.thrown(for: "split")
    let records = RandomRecords().records(50, of: stream, &dice)
    let whole = try segment(records, after: stream.start).continuation(of: stream.start).head
    for cut in 1..<50 {
      let first = try segment(Array(records[..<cut]), after: stream.start)
        .continuation(of: stream.start).head
      let second = try segment(Array(records[cut...]), after: first).continuation(of: first).head
      #expect(second == whole)
    }
  }

  @Test func `with a gap before it is refused`() {
    var dice = Dice.thrown(for: "gap")
    let records = RandomRecords().records(20, of: stream, &dice)
    let late = segment(Array(records[5...]), after: stream.start.appending(records[..<5]))
    expectError(.streamGap) { try late.continuation(of: stream.start) }
  }

  @Test func `altered in any one byte is refused or says the same`() throws {
    var dice = Dice.thrown(for: "bytes")
    let records = RandomRecords().records(12, of: stream, &dice)
    let honest = segment(records, after: stream.start)
    for index in honest.bytes.indices {
      var bytes = honest.bytes
      bytes[index] ^= UInt8(1 << dice.roll(0...7))
      let forged = Segment(
        stream: stream, first: 1, count: honest.count, signature: honest.signature, bytes: bytes)
      guard let read = try? forged.continuation(of: stream.start) else { continue }
      #expect(read.records == records)
    }
  }

  @Test func `cannot be moved to another learner`() {
    var dice = Dice.thrown(for: "moved")
    let honest = segment(RandomRecords().records(5, of: stream, &dice), after: stream.start)
    let elsewhere = RecordStream(publicKey: key.publicKey, learner: LearnerID(high: 7, low: 10))
    let moved = Segment(
      stream: elsewhere, first: 1, count: 5, signature: honest.signature, bytes: honest.bytes)
    expectError(.streamSignature) { try moved.continuation(of: elsewhere.start) }
  }

  @Test func `of garbage is refused without a crash`() {
    var dice = Dice.thrown(for: "garbage")
    for _ in 0..<2000 {
      let bytes = (0..<dice.roll(0...300)).map { _ in UInt8.random(in: 0...255, using: &dice) }
      expectError(.segmentMalformed) { try SegmentCodec.decode(bytes, of: stream) }
    }
  }

  @Test func `that inflates to gigabytes is refused before memory is asked for`() {
    // A zstd frame header that states a size of 2^40 bytes and holds nothing.
    let header: [UInt8] = [1, 0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 1, 0, 0]
    expectError(.segmentMalformed) { try SegmentCodec.decode(header, of: stream) }
  }

  @Test func `of a thousand plain answers takes few bytes`() throws {
    var clock = HybridClock()
    let records = (0..<1000).map { index -> Record in
      let wall = 1_700_000_000_000 + Int64(index) * 30_000
      let attempt = Attempt(
        item: ItemID(checked: "item-\(index * 7919 % 400)"),
        skills: [SkillID(checked: "skill-\(index % 12)")], isCorrect: index % 3 > 0,
        durationMilliseconds: UInt32(1000 + index * 104_729 % 50_000))
      return Record(
        learner: stream.learner, author: stream.replica,
        time: clock.next(wallMilliseconds: wall), wallMilliseconds: wall, session: 5,
        event: .attempt(attempt))
    }
    #expect(SegmentCodec.encode(records, of: stream).count < 12_000)
  }

  /// 5.6 bytes a record are chance: 17 bits of time, 16 of duration, 11 of item, 1 of correct.
  @Test func `of uniformly random answers takes less than nine bytes each`() throws {
    var dice = Dice(seed: 7)
    var (clock, wall) = (HybridClock(), Int64(1_700_000_000_000))
    let records = (0..<500).map { _ -> Record in
      wall += Int64(dice.roll(4_000...120_000))
      let item = dice.roll(0...1_999)
      let attempt = Attempt(
        item: ItemID(checked: "item-\(item)"), skills: [SkillID(checked: "skill-\(item % 100)")],
        isCorrect: dice.roll(0...2) > 0, durationMilliseconds: UInt32(dice.roll(1_000...60_000)))
      return Record(
        learner: stream.learner, author: stream.replica,
        time: clock.next(wallMilliseconds: 1_763_000_000_000), wallMilliseconds: wall, session: 5,
        event: .attempt(attempt))
    }
    let packed = SegmentCodec.encode(records, of: stream)
    #expect(packed.count < 500 * 87 / 10)
    #expect(try SegmentCodec.decode(packed, of: stream) == records)
  }
}
