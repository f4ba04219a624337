import SatchelCore
import SatchelStore
import SatchelTestSupport
import Testing

/// What is proven of records, worked out from fixed seeds.
extension ExampleWorld {
  /// One record, from its values to the fingerprint of a scope that holds nothing else.
  func recordLines() throws -> [ExampleLine] {
    let (stream, record) = (stream(of: mei), try first(of: mei))
    let head = stream.start.appending(record)
    var summary = ScopeSummary()
    summary.advance(stream.id, from: stream.start, to: head)
    let signed = head.signedBytes(of: stream.id)
    return [
      ExampleLine("seed", Hex.encode(device.seed)),
      ExampleLine("public key", device.publicKey.hex),
      ExampleLine("replica", stream.replica), ExampleLine("learner", mei),
      ExampleLine("canonical bytes", Hex.encode(record.canonicalBytes)),
      ExampleLine("record id", record.id), ExampleLine("stream id", stream.id),
      ExampleLine("start hash", stream.start.hash), ExampleLine("head number", head.number),
      ExampleLine("head hash", head.hash), ExampleLine("signed bytes", Hex.encode(signed)),
      ExampleLine("signature", Hex.encode(device.sign(signed))),
      ExampleLine("fingerprint term", head.fingerprintTerm(of: stream.id)),
      ExampleLine("fingerprint", summary.fingerprint),
    ]
  }

  /// The same record as it is packed alone.
  func segmentLines() throws -> [ExampleLine] {
    let bytes = try firstSegment(of: mei).bytes
    let columns = try ProtoText("Sources/SatchelCore/segment.proto")
      .lines(of: bytes.dropFirst(), as: "SegmentColumns")
    return [ExampleLine("form", Hex.encode(bytes.prefix(1)))] + columns
  }

  /// A device and its copy each write a record number 2.
  func fork() throws -> (base: Segment, device: Segment, copy: Segment) {
    let stream = stream(of: mei)
    let base = stream.start.appending(try first(of: mei))
    let item = "add-within-20-03"
    let minute: Int64 = 60_000
    let here = record(try answer(item, isCorrect: false), of: mei, at: eight + minute)
    let there = record(try answer(item), of: mei, at: eight + 2 * minute)
    return (
      try firstSegment(of: mei), segment([here], of: stream, after: base),
      segment([there], of: stream, after: base)
    )
  }

  func forkLines() throws -> [ExampleLine] {
    let (stream, segments) = (stream(of: mei), try fork())
    let base = stream.start.appending(try first(of: mei))
    let (here, there) = (try segments.device.records()[0], try segments.copy.records()[0])
    let (left, right) = (base.appending(here), base.appending(there))
    var summary = ScopeSummary()
    summary.advance(stream.id, from: stream.start, to: left)
    summary.branch(stream.id, at: base, to: right)
    return [
      ExampleLine("hash of head 1", base.hash),
      ExampleLine("device's record 2", Hex.encode(here.canonicalBytes)),
      ExampleLine("device's head 2", left.hash),
      ExampleLine("device's signature", Hex.encode(segments.device.signature)),
      ExampleLine("device's term", left.fingerprintTerm(of: stream.id)),
      ExampleLine("copy's record 2", Hex.encode(there.canonicalBytes)),
      ExampleLine("copy's head 2", right.hash),
      ExampleLine("copy's signature", Hex.encode(segments.copy.signature)),
      ExampleLine("copy's term", right.fingerprintTerm(of: stream.id)),
      ExampleLine("sum", summary.sum), ExampleLine("leaves", summary.streams),
      ExampleLine("records", summary.records), ExampleLine("fingerprint", summary.fingerprint),
    ]
  }
}

/// A laptop whose clock stands at the year 2000, and the hub that tells it so an hour later.
extension ExampleWorld {
  var wrong: Int64 { 946_684_800_000 }
  /// What the laptop's clock says when it meets the hub, whose clock says ``eight``.
  var meeting: DeviceMoment { DeviceMoment(wallMilliseconds: wrong + 3_600_000, session: 7) }

  /// Two answers before the meeting, one of them with a time that the caller gave, the anchor, and an answer after it.
  func clockRecords() throws -> [Record] {
    let offset = eight - meeting.wallMilliseconds
    let minute: Int64 = 60_000
    return [
      record(try answer("add-within-20-02"), of: mei, at: wrong),
      record(
        try answer("add-within-20-03"), of: mei, at: wrong + minute, wall: eight - 86_400_000 * 6),
      record(
        .anchor(Anchor(session: 7, offsetMilliseconds: offset)), of: mei, at: eight, session: 8),
      record(try answer("add-within-20-04"), of: mei, at: eight + minute, session: 8),
    ]
  }

  func clockLines() throws -> [ExampleLine] {
    let raw = try clockRecords()
    let corrected = Timeline.ordered(raw)
    var out = [ExampleLine("anchor", Hex.encode(raw[2].canonicalBytes))]
    for (index, name) in [(0, "record 1"), (1, "record 2"), (2, "anchor"), (3, "record 3")] {
      let (before, after) = (raw[index], corrected[index])
      out += [
        ExampleLine("\(name), hybrid", before.time.milliseconds),
        ExampleLine("\(name), hybrid corrected", after.time.milliseconds),
        ExampleLine("\(name), wall", before.wallMilliseconds),
        ExampleLine("\(name), wall corrected", after.wallMilliseconds),
      ]
    }
    return out
  }
}
