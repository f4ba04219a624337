import Satchel
import SatchelTutor

/// Answers lines of `memory replay`: the state after each review.
///
/// `retrievability` is the chance of recall just before the review, `null` for a card's first; `interval_days` the days
/// until recall will have sunk to the desired retention, not rounded.
struct ReplayAnswer {
  private var line = ReplayLine()
  private var out: [UInt8] = []
  /// Lines come with the same weights more often than not.
  private var single: MemoryParameters?
  private var dual: DualMemoryParameters?

  /// - Throws: `file.malformed`, or `memory.badParameters`, naming the line.
  mutating func bytes(
    for bytes: ArraySlice<UInt8>, number: Int
  ) throws(SatchelError) -> [UInt8] {
    do throws(JSONScanner.Failure) {
      try read(bytes)
    } catch {
      throw SatchelError(.fileMalformed, subject: "line \(number)", cause: error.cause)
    }
    do throws(SatchelError) {
      try ReviewSchedule.check(desiredRetention: line.desiredRetention)
      out.removeAll(keepingCapacity: true)
      append("{\"states\":[")
      if let weights = line.weights, weights.count == DualMemoryParameters.count {
        try replayDual(weights)
      } else {
        try replaySingle(line.weights ?? MemoryParameters.standard.weights)
      }
      append("]}")
    } catch {
      let place = error.subject.isEmpty ? "" : ", \(error.subject)"
      throw SatchelError(error.code, subject: "line \(number)\(place)", cause: error.cause)
    }
    return out
  }

  private mutating func read(_ bytes: ArraySlice<UInt8>) throws(JSONScanner.Failure) {
    // The typed error must pass a closure that knows none.
    let result = bytes.withUnsafeBufferPointer { buffer in
      Result { () throws(JSONScanner.Failure) in try line.read(buffer) }
    }
    try result.get()
  }

  private mutating func replaySingle(_ weights: [Double]) throws(SatchelError) {
    if single?.weights != weights { single = try MemoryParameters(weights) }
    guard let parameters = single else { return }
    let schedule = line.hasSchedule ? try schedule(parameters) : nil
    // Intervals go with the stability.
    let intervalOfOneDay = Memory(stabilityDays: 1, difficulty: 5)
      .intervalDays(retention: line.desiredRetention, parameters: parameters)
    var card = ReviewSchedule.Card()
    var memory: Memory?
    for (index, review) in line.reviews.enumerated() {
      let days = review.elapsedDays.rounded(.down)
      let recall = memory?.retrievability(elapsedDays: days, parameters: parameters)
      let next =
        memory?.reviewed(
          review.rating, wholeDays: days, recall: recall ?? 1, parameters: parameters)
        ?? Memory(first: review.rating, parameters: parameters)
      memory = next
      open(index, next.stabilityDays, next.difficulty, recall)
      append(",\"interval_days\":", next.stabilityDays * intervalOfOneDay)
      if let schedule {
        let seconds = schedule.review(&card, review.rating, wholeDays: days)
        append(card.stage, dueInSeconds: seconds)
      }
      append("}")
    }
  }

  private func schedule(
    _ parameters: MemoryParameters
  ) throws(SatchelError) -> ReviewSchedule {
    try ReviewSchedule(
      desiredRetention: line.desiredRetention, learningSteps: line.learningSteps ?? [60, 600],
      relearningSteps: line.relearningSteps ?? [600],
      maximumIntervalDays: line.maximumIntervalDays ?? ReviewSchedule.intervalDaysMax,
      parameters: parameters)
  }

  private mutating func replayDual(_ weights: [Double]) throws(SatchelError) {
    guard !line.hasSchedule else {
      throw SatchelError(.memoryParameters, cause: "learning steps are of FSRS-6")
    }
    if dual?.weights != weights { dual = try DualMemoryParameters(weights) }
    guard let parameters = dual else { return }
    var memory: DualMemory?
    for (index, review) in line.reviews.enumerated() {
      let recall = memory?.recall(elapsedDays: review.elapsedDays, parameters: parameters)
      let next =
        if let memory, let recall {
          memory.reviewed(review.rating, recall: recall, parameters: parameters)
        } else {
          DualMemory(first: review.rating, parameters: parameters)
        }
      memory = next
      open(index, next.stabilityDays, next.difficulty, recall?.mixed)
      append(",\"stability_fast\":", next.fastStabilityDays)
      let interval = next.intervalDays(
        retention: line.desiredRetention, parameters: parameters)
      append(",\"interval_days\":", interval)
      append("}")
    }
  }

  private mutating func open(
    _ index: Int, _ stability: Double, _ difficulty: Double, _ recall: Double?
  ) {
    append(index == 0 ? "{\"stability\":" : ",{\"stability\":", stability)
    append(",\"difficulty\":", difficulty)
    if let recall {
      append(",\"retrievability\":", recall)
    } else {
      append(",\"retrievability\":null")
    }
  }

  private mutating func append(_ stage: ReviewSchedule.Stage, dueInSeconds seconds: Int) {
    let (name, step): (String, Int?) =
      switch stage {
      case .learning(let step): ("learning", step)
      case .relearning(let step): ("relearning", step)
      case .review: ("review", nil)
      }
    out.append(
      contentsOf:
        ",\"state\":\"\(name)\",\"step\":\(step.map(String.init) ?? "null"),\"due_in_seconds\":\(seconds)"
        .utf8)
  }

  private mutating func append(_ text: StaticString) {
    out.append(
      contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// With the digits that read back as the same number.
  private mutating func append(_ text: StaticString, _ number: Double) {
    append(text)
    var digits = number.description
    digits.withUTF8 { out.append(contentsOf: $0) }
  }
}
