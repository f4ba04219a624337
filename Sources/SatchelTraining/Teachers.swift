internal import Dispatch
internal import SatchelCore
internal import SatchelTutor
internal import Synchronization

extension Lesson {
  /// What the teachers say of rows on average: the mean of their logits.
  ///
  /// Teachers differ by their seeds alone and know nothing of each other, so as many are trained at a time as there are
  /// threads; what they say does not depend on it.
  ///
  /// - Parameters:
  ///   - progress: on the caller's thread, after an epoch of any of them: how many epochs they have behind them together,
  ///     and that epoch's validation log loss.
  ///   - isCancelled: asked on the caller's thread.
  func teachersWord(
    on taught: [Int], progress: (Int, Double) -> Void, isCancelled: () -> Bool
  ) throws(SatchelError) -> [Float] {
    let staff = Staff(teachers: options.teachers, epochs: options.epochs)
    let group = DispatchGroup()
    for _ in 0..<min(max(1, options.threads), options.teachers) {
      DispatchQueue.global(qos: .userInitiated).async(group: group) {
        while let teacher = staff.next() {
          staff.take(self.word(of: teacher, on: taught, staff), of: teacher)
        }
      }
    }
    while group.wait(timeout: .now() + .milliseconds(20)) == .timedOut {
      if isCancelled() { staff.cancel() }
      for news in staff.news() { progress(news.epochs, news.logLoss) }
    }
    for news in staff.news() { progress(news.epochs, news.logLoss) }
    let words = try staff.words()
    var mean = [Float](repeating: 0, count: taught.count)
    for word in words {
      for (place, logit) in word.enumerated() { mean[place] += logit }
    }
    return mean.map { $0 / Float(words.count) }
  }

  /// The logits of one teacher, trained from its own start.
  private func word(of teacher: Int, on taught: [Int], _ staff: Staff) -> Result<
    [Float], SatchelError
  > {
    var own = self
    own.restart(seed: options.seed &+ UInt64(teacher + 1) &* 0x9E37_79B9)
    do {
      _ = try own.fit(
        progress: { staff.report(teacher, epoch: $0, logLoss: $1) },
        isCancelled: { staff.isCancelled })
      return .success(
        try own.logits(taught, own.weights(), isCancelled: { staff.isCancelled }))
    } catch {
      return .failure(error)
    }
  }
}

/// Who of the teachers is in training, how far, and what those who are done have said.
private final class Staff: Sendable {
  private struct State {
    var next = 0
    var epochsOfTeacher: [Int]
    var words: [Result<[Float], SatchelError>?]
    var news: [(epochs: Int, logLoss: Double)] = []
    var isCancelled = false
  }

  private let state: Mutex<State>
  private let epochs: Int

  init(teachers: Int, epochs: Int) {
    self.epochs = epochs
    state = Mutex(
      State(
        epochsOfTeacher: Array(repeating: 0, count: teachers),
        words: Array(repeating: nil, count: teachers)))
  }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  func cancel() { state.withLock { $0.isCancelled = true } }

  /// The next teacher to be trained; `nil` when none is left or all shall stop.
  func next() -> Int? {
    state.withLock { state in
      guard state.next < state.words.count, !state.isCancelled else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  func report(_ teacher: Int, epoch: Int, logLoss: Double) {
    state.withLock { state in
      state.epochsOfTeacher[teacher] = epoch
      state.news.append((state.epochsOfTeacher.reduce(0, +), logLoss))
    }
  }

  /// A teacher that ended early counts as having had all its epochs; after one that failed no other goes on.
  func take(_ word: Result<[Float], SatchelError>, of teacher: Int) {
    state.withLock { state in
      state.words[teacher] = word
      state.epochsOfTeacher[teacher] = epochs
      if case .failure = word { state.isCancelled = true }
    }
  }

  /// What was reported since this was last asked.
  func news() -> [(epochs: Int, logLoss: Double)] {
    state.withLock { state in
      let news = state.news
      state.news = []
      return news
    }
  }

  /// One of each teacher, in their order.
  ///
  /// - Throws: what the first of them failed by; `cancelled` where one was never trained.
  func words() throws(SatchelError) -> [[Float]] {
    var words: [[Float]] = []
    let said = state.withLock { $0.words }
    // Who failed stopped the others: theirs is the error of all.
    for case .failure(let error)? in said where error.code != .cancelled { throw error }
    for word in said {
      guard let word else { throw SatchelError(.cancelled) }
      words.append(try word.get())
    }
    return words
  }
}
