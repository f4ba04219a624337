import SatchelCore
import SatchelTutor

/// The network alone, one thread: one row, 1,000 and 10,000; and ranking 10,000 items for one learner, who pays once for
/// herself and each item once for itself.
struct InferBench {
  private static let weights = Weights.baseline

  func run() throws -> [BenchResult] {
    let many = 10_000
    let rows = (0..<many * Network.inputs).map { Float(($0 &* 2_654_435_761) % 1000) / 500 - 1 }
    var outputs = [Float](repeating: 0, count: many * Network.headStride)
    func seconds(_ count: Int, times: Int) -> Double {
      Stopwatch.median(
        (0..<9).map { _ in
          Stopwatch.cpu {
            for _ in 0..<times { Self.weights.serving.run(rows, count: count, into: &outputs) }
          } / Double(times)
        })
    }
    let one = seconds(1, times: 20_000)
    let thousand = seconds(1000, times: 40)
    let all = seconds(many, times: 4)
    let rank = try ranking(many)
    return [
      BenchResult("infer.1", one * 1e6, "us CPU"),
      BenchResult("infer.1000", thousand * 1000, "ms CPU"),
      BenchResult("infer.10000", all * 1000, "ms CPU"),
      BenchResult("infer.rank.10000", rank * 1000, "ms CPU", reference: all * 1000),
    ]
  }

  /// `Tutor.recommend` of ten out of `count` items over 500 skills, for a learner of 300 answers, with reasons.
  private func ranking(_ count: Int) throws -> Double {
    let tutor = Tutor(weights: Self.weights)
    let skills = try (0..<500).map { try SkillID("skill-\($0)") }
    let items = try (0..<count).map { try ItemID("item-\($0)") }
    let course = tutor.prepare(
      candidates: items.enumerated().map {
        Candidate(
          item: $1, skills: [skills[$0 % 500]], difficulty: Double($0 % 97) / 97, position: $0)
      })
    var fold = LearnerFold()
    let records = (0..<300).map { number in
      Record(
        learner: LearnerID(high: 1, low: 1), author: ReplicaID(high: 1, low: 1),
        time: HybridTime(bits: UInt64(number + 1)), wallMilliseconds: Int64(number) * 60_000,
        session: 1,
        event: .attempt(
          Attempt(
            item: items[number * 7 % count], skills: [skills[number * 7 % 500]],
            isCorrect: number % 3 > 0)))
    }
    TutorProjection().fold(records, into: &fold)
    return Stopwatch.median(
      (0..<30).map { _ in
        Stopwatch.cpu {
          _ = tutor.recommend(
            from: course, fold: fold, goal: nil, nowMilliseconds: 20_000_000, limit: 10)
        }
      })
  }
}
