// The functions of satchel.h, by its names.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSatchel
internal import Satchel

@c @implementation
public func satchel_answer_record(
  _ replica: OpaquePointer?, _ learner: UnsafePointer<CChar>?,
  _ answer: UnsafePointer<satchel_answer>?, _ record: UnsafeMutablePointer<CChar>?
) -> satchel_status {
  call(writingID: record) { () throws(SatchelError) in
    guard answer != nil else { throw usage("answer") }
    let given = try options(answer, over: usualAnswer, "answer")
    let handed = Answer(
      try itemID(given.item), isCorrect: given.is_correct,
      score: given.score == SATCHEL_NO_SCORE ? nil : given.score,
      durationMilliseconds: try duration(given.duration_ms))
    return try SatchelC.replica(replica)
      .record(handed, by: try learnerID(learner), at: date(given.at_ms)).record.description
  }
}

/// `SATCHEL_ANSWER_INIT`.
private var usualAnswer: satchel_answer {
  satchel_answer(
    size: MemoryLayout<satchel_answer>.size, item: nil, is_correct: false, score: SATCHEL_NO_SCORE,
    duration_ms: Int64(SATCHEL_NO_DURATION), at_ms: moment(nil))
}

@c @implementation
public func satchel_view_record(
  _ replica: OpaquePointer?, _ learner: UnsafePointer<CChar>?, _ item: UnsafePointer<CChar>?,
  _ duration_ms: Int64, _ at_ms: Int64, _ record: UnsafeMutablePointer<CChar>?
) -> satchel_status {
  call(writingID: record) { () throws(SatchelError) in
    try SatchelC.replica(replica)
      .recordView(
        of: try itemID(item), by: try learnerID(learner),
        durationMilliseconds: try duration(duration_ms), at: date(at_ms)
      ).record.description
  }
}

@c @implementation
public func satchel_feedback_record(
  _ replica: OpaquePointer?, _ learner: UnsafePointer<CChar>?, _ item: UnsafePointer<CChar>?,
  _ feedback: satchel_feedback, _ record: UnsafeMutablePointer<CChar>?
) -> satchel_status {
  call(writingID: record) { () throws(SatchelError) in
    guard let kind = UInt8(exactly: feedback.rawValue).flatMap(Feedback.Kind.init(rawValue:))
    else { throw usage("feedback", "unknown") }
    return try SatchelC.replica(replica)
      .feedback(kind, on: try itemID(item), by: try learnerID(learner)).record.description
  }
}

@c @implementation
public func satchel_records_count(
  _ replica: OpaquePointer?, _ learner: UnsafePointer<CChar>?, _ out: UnsafeMutablePointer<Int64>?
) -> satchel_status {
  out?.pointee = 0
  return call { () throws(SatchelError) in
    guard let out else { throw usage("out") }
    out.pointee = Int64(try SatchelC.replica(replica).recordCount(of: try learnerID(learner)))
  }
}
