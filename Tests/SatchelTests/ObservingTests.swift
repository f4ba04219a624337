import Foundation
import Satchel
import SatchelTestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Observing a learner` {
  let classroom: Classroom
  let answer: Answer

  init() throws {
    classroom = try Classroom()
    answer = Answer(try ItemID("add-within-20-02"), isCorrect: true)
  }

  @Test func `ends at once when the replica is closed`() async throws {
    var states = classroom.replica.observe(classroom.mei).makeAsyncIterator()
    _ = try #require(try await states.next())
    try classroom.replica.record(answer, by: classroom.mei)
    try classroom.replica.close()
    #expect(try await states.next() == nil)
    #expect(try await states.next() == nil)
    for try await _ in classroom.replica.observe(classroom.mei) {
      Issue.record("a closed replica has a state")
    }
  }

  @Test func `ends a loop that waits when the replica is closed`() async throws {
    let (loop, seen) = loop()
    try #require(await seen.first { _ in true } == 0)
    try classroom.replica.close()
    #expect(try await loop.value == 1)
  }

  @Test func `ends a loop that waits when its task is cancelled`() async throws {
    let (loop, seen) = loop()
    try #require(await seen.first { _ in true } == 0)
    loop.cancel()
    #expect(try await loop.value == 1)
    // The replica is as open as before.
    try classroom.replica.record(answer, by: classroom.mei)
    #expect(try classroom.replica.progress(of: classroom.mei).attempts == 1)
  }

  @Test func `gives a slow loop the newest state and no queue of old ones`() async throws {
    var states = classroom.replica.observe(classroom.mei).makeAsyncIterator()
    _ = try await states.next()
    for _ in 1...100 { try classroom.replica.record(answer, by: classroom.mei) }
    #expect(try await states.next()?.progress.attempts == 100)
    try classroom.replica.record(answer, by: classroom.mei)
    #expect(try await states.next()?.progress.attempts == 101)
  }

  @Test func `tells of this learner, however much others do meanwhile`() async throws {
    let li = try classroom.replica.addLearner(named: "Li")
    let mine = try classroom.replica.changes(of: classroom.mei)
    let hers = try classroom.replica.changes(of: li)
    for _ in 1...3 { try classroom.replica.record(answer, by: li) }
    try classroom.replica.close()
    #expect(await mine.reduce(0) { count, _ in count + 1 } == 0)
    #expect(await hers.reduce(0) { count, _ in count + 1 } == 1)
  }

  @Test func `serves every loop over one sequence`() async throws {
    let states = classroom.replica.observe(classroom.mei)
    var (one, two) = (states.makeAsyncIterator(), states.makeAsyncIterator())
    _ = try await one.next()
    _ = try await two.next()
    try classroom.replica.record(answer, by: classroom.mei)
    #expect(try await one.next()?.progress.attempts == 1)
    #expect(try await two.next()?.progress.attempts == 1)
  }

  @Test func `throws for a learner who is not known, and has ended then`() async throws {
    var states = classroom.replica.observe(.random()).makeAsyncIterator()
    do throws(SatchelError) {
      _ = try await states.next(isolation: nil)
      Issue.record("nothing was thrown")
    } catch {
      #expect(error.code == .learnerUnknown)
    }
    #expect(try await states.next() == nil)
  }

  /// A task that loops over Mei's states and returns how many there were; and the answers that each of them counts.
  private func loop() -> (task: Task<Int, any Error>, attempts: AsyncStream<Int>) {
    let (attempts, said) = AsyncStream.makeStream(of: Int.self)
    let (replica, mei) = (classroom.replica, classroom.mei)
    let task = Task {
      var count = 0
      for try await state in replica.observe(mei) {
        count += 1
        said.yield(state.progress.attempts)
      }
      return count
    }
    return (task, attempts)
  }
}
