import Foundation
import Satchel
import SatchelStore
import SatchelTraining

/// Fills a hub's store with what the replicas of a large school wrote, and says what was put in.
///
/// Each replica has a key of its own and signs its streams with it, and each of them goes in by the hub's own door, with chain
/// and signature checked; but without the network, for a thousand clients that each take all from the hub would move a
/// thousand times as much as there is.
struct SchoolBench {
  let learners: Int
  let replicas: Int
  private let learnersPerReplica = 30
  private let recordsPerStream = 20

  init(learners: Int, replicas: Int) {
    self.learners = learners
    self.replicas = replicas
  }

  /// - Throws: `usage.wrong` for a store that holds records, and the store's own errors.
  func run(into url: URL) throws(SatchelError) -> [BenchResult] {
    let hub = try Store(at: url, creating: false, projection: nil)
    guard try hub.summary(of: .everyone).records == 0 else {
      throw SatchelError(.usage, subject: url.path, cause: "it holds records")
    }
    let start = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID)
    var random = SeededRandom(seed: 7)
    let pseudonyms = (0..<learners).map { _ in
      LearnerID(high: random.next(), low: random.next())
    }
    for replica in 0..<replicas {
      try fill(hub, from: SigningKey.random(), number: replica, pseudonyms, &random)
    }
    let cpu = Stopwatch.now(CLOCK_PROCESS_CPUTIME_ID) - start
    let held = try hub.summary(of: .everyone)
    try hub.close()
    return [
      BenchResult("school.streams", Double(held.streams), "streams"),
      BenchResult("school.records", Double(held.records), "records"),
      BenchResult("school.cpu", cpu, "s CPU"),
    ]
  }

  /// One replica's class: as many learners as it has, beginning where its neighbour's class is half over.
  private func fill(
    _ hub: Store, from key: SigningKey, number: Int, _ pseudonyms: [LearnerID],
    _ random: inout SeededRandom
  ) throws(SatchelError) {
    let first = number * learners / replicas
    let segments = (0..<min(learnersPerReplica, learners)).map { offset in
      let stream = RecordStream(
        publicKey: key.publicKey, learner: pseudonyms[(first + offset) % learners])
      let records = sitting(of: stream, &random)
      let head = stream.start.appending(records)
      return Segment(
        stream: stream, first: 1, count: records.count,
        signature: key.sign(head.signedBytes(of: stream.id)),
        bytes: SegmentCodec.encode(records, of: stream))
    }
    _ = try hub.admit(
      segments, from: key.publicKey.replica, hubMilliseconds: Self.start, note: nil)
  }

  private static let start: Int64 = 1_756_684_800_000

  private func sitting(of stream: RecordStream, _ random: inout SeededRandom) -> [Record] {
    var milliseconds = Self.start + Int64(random.next() % 86_400_000)
    let skill = Int(random.next() % 100)
    return (0..<recordsPerStream).map { _ in
      milliseconds += 4_000 + Int64(random.next() % 30_000)
      let item = skill * 20 + Int(random.next() % 20)
      return Record(
        learner: stream.learner, author: stream.replica,
        time: HybridTime(milliseconds: milliseconds), wallMilliseconds: milliseconds, session: 1,
        event: .attempt(
          Attempt(
            item: ItemID(checked: "item-\(item)"), skills: [SkillID(checked: "skill-\(skill)")],
            isCorrect: random.next() % 3 > 0,
            durationMilliseconds: 1_000 + UInt32(random.next() % 20_000))))
    }
  }
}
