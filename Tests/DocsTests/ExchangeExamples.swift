import SatchelCore
import SatchelStore
import SatchelSync
import SatchelTestSupport
import SatchelWire
import Testing

/// Messages of a round, taken apart field by field.
extension ExampleWorld {
  private var proto: ProtoText {
    get throws {
      try ProtoText(
        "Sync/Protocol/sync.proto",
        inner: ["SignedRequest.body": "SyncRequest", "SignedReply.body": "SyncReply"])
    }
  }

  private static let epoch: LedgerEpoch = 0x0123_4567_89AB_CDEF

  /// The magic, and a line a field of the message after it.
  private func lines(of body: [UInt8], as message: String) throws -> [ExampleLine] {
    [ExampleLine("magic", Hex.encode(body.prefix(8)))]
      + (try proto.lines(of: body.dropFirst(8), as: message))
  }

  /// The device offers its one record of Mei to a hub that granted it her alone, and holds records of Tom besides.
  func request() throws -> SyncRequest {
    let scope = Scope.learners([mei])
    var held = ScopeSummary()
    let stream = stream(of: mei)
    held.advance(
      stream.id, from: stream.start, to: stream.start.appending(try first(of: mei)))
    return SyncRequest(
      epoch: Self.epoch, cursor: 41, fingerprint: held.fingerprint,
      offered: [try firstSegment(of: mei)], introduces: [tom], scopeTag: scope.tag,
      bytesMax: Wire.offerBytesMax)
  }

  func requestLines() throws -> [ExampleLine] {
    let (bytes, digest) = try Wire.encode(try request(), signedBy: device)
    return try lines(of: bytes, as: "SignedRequest") + [ExampleLine("digest", digest)]
  }

  /// The hub took the record, holds the same now, and has version 3 of a model.
  func reply() throws -> SyncReply {
    SyncReply(
      hubKey: hub.publicKey, epoch: Self.epoch, cursor: 42, fingerprint: try request().fingerprint,
      offered: [], hasMore: false, hubMilliseconds: eight + 5000,
      channels: [ChannelVersion(kind: .model, channel: "stable", version: 3)], scope: nil)
  }

  func replyLines() throws -> [ExampleLine] {
    let (_, digest) = try Wire.encode(try request(), signedBy: device)
    let bytes = try Wire.encode(try reply(), to: digest, signedBy: hub)
    return try lines(of: bytes, as: "SignedReply")
  }
}

/// A repair: the device has streams of three learners, the hub has two of them.
extension ExampleWorld {
  private func leaf(of learner: LearnerID) throws -> Leaf {
    let stream = stream(of: learner)
    return Leaf(stream: stream.id, head: stream.start.appending(try first(of: learner)))
  }

  func repairLines(device: Store, hub: Store) throws -> [ExampleLine] {
    var out: [ExampleLine] = []
    var sums: [UInt64] = [0, 0, 0, 0]
    for (name, learner) in [("Mei's", mei), ("Tom's", tom), ("Ana's", ana)] {
      let leaf = try leaf(of: learner)
      let part = StreamRange.all.partNumber(of: leaf.stream, among: 2)
      sums[part] &+= leaf.shortTerm
      out += [
        ExampleLine("\(name) stream", leaf.stream), ExampleLine("\(name) head 1", leaf.head.hash),
        ExampleLine("\(name) term", leaf.head.fingerprintTerm(of: leaf.stream)),
        ExampleLine("\(name) part", part),
      ]
    }
    var plan = Repair.Plan()
    let asked = [HeldRange(.all, .sums(sums))]
    let finer = try Repair.answer(asked, scope: .everyone, ledger: hub)
    let named = try Repair.compare(finer, scope: .everyone, ledger: device, into: &plan)
    let held = try Repair.answer(named, scope: .everyone, ledger: hub)
    let rest = try Repair.compare(held, scope: .everyone, ledger: device, into: &plan)
    #expect(rest.isEmpty && plan.wanted.isEmpty)
    out += try lines(of: asked, "1 device")
    out += try lines(of: finer, "2 hub")
    out += try lines(of: named, "3 device")
    out += try lines(of: held, "4 hub")
    return out + plan.owed.map { ExampleLine("owed from number \($0.value)", $0.key) }
  }

  /// The ranges alone, as either side writes them.
  private func lines(of ranges: [HeldRange], _ speaker: String) throws -> [ExampleLine] {
    let request = SyncRequest(epoch: 0, cursor: 0, fingerprint: .zero, ranges: ranges)
    let (bytes, _) = try Wire.encode(request, signedBy: device)
    let prefix = "body.ranges"
    return try lines(of: bytes, as: "SignedRequest").filter { $0.name.hasPrefix(prefix) }
      .map { ExampleLine("\(speaker), ranges\($0.name.dropFirst(prefix.count))", $0.value) }
  }
}
