import Foundation
import SatchelCore
import SatchelStore
import SatchelSync
import SatchelTestSupport
import SatchelWire
import Testing

/// Every byte that the page shows is made again by the code; a failure prints the block as it ought to be.
@Suite struct `The protocol's page` {
  let world: ExampleWorld

  init() throws { world = try ExampleWorld() }

  @Test func `works out a record, its chain and a fingerprint`() throws {
    try PageExample.expect("record", toShow: try world.recordLines())
  }

  @Test func `packs that record into a segment`() throws {
    try PageExample.expect("segment", toShow: try world.segmentLines())
    let shown = try PageExample.lines("segment").map(\.value).joined()
    let stream = world.stream(of: world.mei)
    let bytes = try #require(Hex.decode(shown))
    #expect(try SegmentCodec.decode(bytes, of: stream) == [try world.first(of: world.mei)])
  }

  @Test func `writes a request whole, field by field`() throws {
    try PageExample.expect("request", toShow: try world.requestLines())
    let shown = try PageExample.lines("request").dropLast().map(\.value).joined()
    let read = try Wire.decodeRequest(try #require(Hex.decode(shown)))
    #expect(read.request == (try world.request()))
    #expect(read.device == world.device.publicKey)
  }

  @Test func `writes the reply to that request`() throws {
    try PageExample.expect("reply", toShow: try world.replyLines())
    let shown = try PageExample.lines("reply").map(\.value).joined()
    let digest = try #require(
      Hex.decode(try PageExample.lines("request").last?.value ?? "").flatMap(Hash256.init(bytes:)))
    #expect(
      try Wire.decodeReply(try #require(Hex.decode(shown)), to: digest) == (try world.reply()))
  }

  @Test func `adds up a fork alike, whichever branch came first`() throws {
    try PageExample.expect("fork", toShow: try world.forkLines())
    let fork = try world.fork()
    let shown = try PageExample.lines("fork").last?.value
    for order in [[fork.base, fork.device, fork.copy], [fork.base, fork.copy, fork.device]] {
      let scratch = try Scratch()
      let summary = try world.store(in: scratch, holding: order).summary(of: .everyone)
      #expect(summary.fingerprint.description == shown)
      #expect(summary.streams == 2 && summary.records == 3)
    }
  }

  @Test func `finds by repair the stream that a hub lacks`() throws {
    let (here, there) = (try Scratch(), try Scratch())
    let segments = try [world.mei, world.tom, world.ana].map(world.firstSegment)
    let device = try world.store(in: here, holding: segments)
    let hub = try world.store(in: there, holding: Array(segments.prefix(2)))
    try PageExample.expect("repair", toShow: try world.repairLines(device: device, hub: hub))
  }

  @Test func `corrects the times of a wrong clock`() throws {
    try PageExample.expect("anchor", toShow: try world.clockLines())
    // A store that records at those moments and meets that hub writes that anchor.
    let scratch = try Scratch()
    let store = try Store(at: scratch.file("store.sqlite"), creating: true, projection: nil)
    let draft = Draft(
      learner: world.mei, event: try world.answer("add-within-20-02"),
      wallMilliseconds: world.wrong)
    _ = try store.append(draft, at: DeviceMoment(wallMilliseconds: world.wrong, session: 7))
    #expect(try store.correctClocks(at: world.meeting, hubMilliseconds: world.eight))
    var records: [SatchelCore.Record] = []
    try store.forEachRecord { records += $0.map(\.record) }
    let expected = try world.clockRecords()[2]
    #expect(records.last?.event == expected.event)
    #expect(records.last?.time == expected.time && records.last?.session == expected.session)
  }

  @Test func `names every message and field of the proto files`() throws {
    let page = try DocsTree.text("Docs/protocol.md")
    for proto in [
      "Sync/Protocol/sync.proto", "Sync/Protocol/bundle.proto", "Sources/SatchelCore/segment.proto",
    ] {
      let lines = try DocsTree.text(proto).components(separatedBy: "\n")
        .map { $0.trimmingCharacters(in: .whitespaces) }
      let fields =
        lines.filter {
          $0.contains(" = ") && $0.wholeMatch(of: /(?:\/\/|option |syntax ).*/) == nil
        }
        .compactMap { $0.components(separatedBy: " = ").first?.split(separator: " ").last }
      let messages = lines.compactMap { $0.wholeMatch(of: /message (\w+) \{/)?.1 }
      #expect(fields.count > 10 && messages.count > 1)
      for name in fields + messages { #expect(page.contains("`\(name)`"), "\(proto): \(name)") }
    }
  }

  @Test func `names the words that each signature and hash begins with`() throws {
    let page = try DocsTree.text("Docs/protocol.md")
    var found: Set<String> = []
    for folder in ["Sources/SatchelCore", "Sync/Protocol", "Sync/Engine"] {
      let path = SourceTree.file(folder).resolvingSymlinksInPath().path
      for file in try FileManager.default.subpathsOfDirectory(atPath: path)
      where file.hasSuffix(".swift") {
        let text = try DocsTree.text("\(folder)/\(file)")
        for match in text.matches(of: /"(satchel [a-z0-9 ]+)\\0"/) { found.insert(String(match.1)) }
      }
    }
    #expect(found.count >= 7)
    for words in found.sorted() { #expect(page.contains("\"\(words)\""), "\(words)") }
  }

  @Test func `states the limits that the code keeps`() throws {
    let rows = try DocsTree.rows(of: "Docs/protocol.md", under: "## 15. Limits")
    var shown: [String: Int] = [:]
    for row in rows {
      shown[row[0].quotedCode.first ?? row[0]] = Int(row[1].replacingOccurrences(of: ",", with: ""))
    }
    #expect(shown == Self.limits)
  }

  private static let limits: [String: Int] = [
    "Wire.bodyBytesMax": Wire.bodyBytesMax, "Wire.offerBytesMax": Wire.offerBytesMax,
    "Wire.segmentsMax": Wire.segmentsMax, "Wire.introductionsMax": Wire.introductionsMax,
    "Wire.wantedMax": Wire.wantedMax, "Wire.rangesMax": Wire.rangesMax,
    "Wire.partsLog2Max": Wire.partsLog2Max, "Wire.leavesMax": Wire.leavesMax,
    "StreamRange.bitsMax": StreamRange.bitsMax, "Segment.recordsMax": Segment.recordsMax,
    "Segment.bytesMax": Segment.bytesMax, "Segment.sealedBytesMax": Segment.sealedBytesMax,
    "SegmentCodec.inflatedBytesMax": SegmentCodec.inflatedBytesMax,
    "ItemID.bytesMax": ItemID.bytesMax, "Event.skillsMax": Event.skillsMax,
    "Setting.valueBytesMax": Setting.valueBytesMax, "Manifest.bytesMax": Manifest.bytesMax,
    "Manifest.filesMax": Manifest.filesMax, "Manifest.fileBytesMax": Manifest.fileBytesMax,
    "Refresh.modelBytesMax": Refresh.modelBytesMax, "Refresh.packBytesMax": Refresh.packBytesMax,
    "HybridClock.driftMillisecondsMax": Int(HybridClock.driftMillisecondsMax),
    "Store.clockMillisecondsOffMin": Int(Store.clockMillisecondsOffMin),
  ]
}
