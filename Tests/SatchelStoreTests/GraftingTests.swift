import Foundation
import SatchelCore
import SatchelTestSupport
import SatchelTutor
import Testing

@testable import SatchelStore

private typealias Record = SatchelCore.Record

/// Segments that one key signed, and a store that takes them in any order.
private struct Copies {
  let key = SigningKey.random()
  let peer = ReplicaID(high: 9, low: 9)
  var stream: RecordStream {
    RecordStream(publicKey: key.publicKey, learner: StoreWorld.mei)
  }

  /// Answers after one another; `flavour` tells those of one copy from another's.
  func records(_ numbers: ClosedRange<Int>, flavour: String) -> [Record] {
    numbers.map { number in
      Record(
        learner: stream.learner, author: stream.replica,
        time: HybridTime(milliseconds: 1_750_000_000_000 + Int64(number) * 1000),
        wallMilliseconds: 1_750_000_000_000 + Int64(number) * 1000, session: 1,
        event: .attempt(
          Attempt(
            item: ItemID(checked: "\(flavour)-\(number)"), skills: [SkillID(checked: "adding")],
            isCorrect: number % 2 == 0)))
    }
  }

  func segment(_ records: [Record], after head: StreamHead) -> Segment {
    let reached = head.appending(records)
    return Segment(
      stream: stream, first: head.number + 1, count: records.count,
      signature: key.sign(reached.signedBytes(of: stream.id)),
      bytes: SegmentCodec.encode(records, of: stream))
  }

  func admit(_ segments: [Segment], to store: Store) throws -> Int {
    try store.admit(segments, from: peer, hubMilliseconds: 1_760_000_000_000, note: nil).records
  }
}

@Suite struct `A segment from outside` {
  private let copies = Copies()

  @Test func `that is sent twice adds nothing`() throws {
    let world = try StoreWorld()
    let sent = copies.segment(copies.records(1...20, flavour: "a"), after: copies.stream.start)
    #expect(try copies.admit([sent], to: world.store) == 20)
    #expect(try copies.admit([sent, sent], to: world.store) == 0)
    try world.store.expectHealthy()
  }

  @Test func `that overlaps what is held adds the rest`() throws {
    let world = try StoreWorld()
    let records = copies.records(1...20, flavour: "a")
    let start = copies.stream.start
    #expect(
      try copies.admit([copies.segment(Array(records[..<8]), after: start)], to: world.store) == 8)
    #expect(try copies.admit([copies.segment(records, after: start)], to: world.store) == 12)
    // Packed otherwise, and held.
    let middle = copies.segment(Array(records[3..<15]), after: start.appending(records[..<3]))
    #expect(try copies.admit([middle], to: world.store) == 0)
    try world.store.expectHealthy()
  }

  @Test func `that nothing leads up to is refused, and nothing of its batch is kept`() throws {
    let world = try StoreWorld()
    let records = copies.records(1...20, flavour: "a")
    let start = copies.stream.start
    let first = copies.segment(Array(records[..<5]), after: start)
    let late = copies.segment(Array(records[9...]), after: start.appending(records[..<9]))
    expectError(.streamGap) { try copies.admit([first, late], to: world.store) }
    #expect(try world.store.summary(of: .everyone) == ScopeSummary())
  }

  @Test func `with another's signature, or in another's name, is refused`() throws {
    let world = try StoreWorld()
    let start = copies.stream.start
    let honest = copies.segment(copies.records(1...5, flavour: "a"), after: start)
    let forged = Segment(
      stream: honest.stream, first: 1, count: 5, signature: Copies().key.sign([1, 2, 3]),
      bytes: honest.bytes)
    expectError(.streamSignature) { try copies.admit([forged], to: world.store) }
    let victim = ReplicaID(high: 1, low: 1)
    let inOthersName = copies.records(1...5, flavour: "a").map {
      Record(
        learner: $0.learner, author: victim, time: $0.time, wallMilliseconds: $0.wallMilliseconds,
        session: 1, event: $0.event)
    }
    expectError(.segmentMalformed) {
      try copies.admit([copies.segment(inOthersName, after: start)], to: world.store)
    }
    #expect(try world.store.summary(of: .everyone) == ScopeSummary())
  }

  /// INV-fork, promise 11: equivocation is kept, both sides of it, and shows.
  @Test func `of another history under one key is kept beside the first`() throws {
    let world = try StoreWorld()
    let start = copies.stream.start
    let common = copies.records(1...5, flavour: "common")
    let head = start.appending(common)
    let (one, two) = (copies.records(6...9, flavour: "one"), copies.records(6...12, flavour: "two"))
    let segments = [
      copies.segment(common, after: start), copies.segment(one, after: head),
      copies.segment(two, after: head),
    ]
    #expect(try copies.admit(segments, to: world.store) == 16)
    #expect(try world.store.summary(of: .everyone).streams == 2)
    #expect(try world.store.examine(.deep).forks == 1)
    // Both go on.
    let more = copies.segment(copies.records(13...14, flavour: "two"), after: head.appending(two))
    #expect(try copies.admit([more], to: world.store) == 2)
    try world.store.expectHealthy()
  }

  /// INV-merge over trees of any shape: in whatever order, packing and repetition segments come.
  @Test(arguments: 0..<20)
  func `leads to one state in whatever order histories come`(run: Int) throws {
    var dice = Dice.thrown(for: "grafting \(run)")
    for _ in 0..<25 { try expectOneState(of: tree(&dice), &dice) }
  }

  private func expectOneState(of segments: [Segment], _ dice: inout Dice) throws {
    var states: Set<String> = []
    for _ in 0..<3 {
      let world = try StoreWorld()
      var waiting = segments.shuffled(using: &dice)
      // Who comes before its beginning is refused, and comes again.
      for _ in 0..<segments.count where !waiting.isEmpty {
        waiting = waiting.filter { (try? copies.admit([$0], to: world.store)) == nil }
      }
      #expect(waiting.isEmpty)
      for segment in segments.shuffled(using: &dice) {
        #expect(try copies.admit([segment], to: world.store) == 0)
      }
      try world.store.expectHealthy()
      let summary = try world.store.summary(of: .everyone)
      let text = try world.store.journalText().map { $0.split(separator: " ")[1] }.sorted()
      let fold = try world.store.fold(of: StoreWorld.mei)
      states.insert("\(summary.fingerprint) \(text) \(fold.learner ?? []) \(fold.items.count)")
    }
    #expect(states.count == 1)
  }

  /// Some copies of copies, each writing on from anywhere in another's history.
  private func tree(_ dice: inout Dice) -> [Segment] {
    var histories: [[Record]] = [copies.records(1...dice.roll(1...8), flavour: "root")]
    for number in 0..<dice.roll(1...5) {
      let parent = dice.pick(histories)
      let shared = dice.roll(0...parent.count)
      let own = copies.records(shared + 1...shared + dice.roll(1...6), flavour: "copy-\(number)")
      histories.append(Array(parent.prefix(shared)) + own)
    }
    return histories.flatMap { history -> [Segment] in
      var out: [Segment] = []
      var (head, rest) = (copies.stream.start, history[...])
      while !rest.isEmpty {
        let part = Array(rest.prefix(dice.roll(1...5)))
        out.append(copies.segment(part, after: head))
        head = head.appending(part)
        rest = rest.dropFirst(part.count)
      }
      return out
    }
  }
}
