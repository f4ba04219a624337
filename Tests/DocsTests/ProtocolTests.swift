import Foundation
import SatchelCore
import SatchelTestSupport
import Testing

/// One record, from its values to the fingerprint of a scope that holds nothing else.
private struct WorkedExample {
  let lines: [(name: String, value: String)]

  init() throws {
    let key = try #require(SigningKey(seed: Array(0..<32)))
    let learner = try #require(LearnerID(hex: "00112233445566778899aabbccddeeff"))
    let stream = RecordStream(publicKey: key.publicKey, learner: learner)
    let milliseconds: Int64 = 1_788_768_000_000
    let record = Record(
      learner: learner, author: stream.replica, time: HybridTime(milliseconds: milliseconds),
      wallMilliseconds: milliseconds, session: 7,
      event: .attempt(
        Attempt(
          item: try ItemID("add-within-20-02"), skills: [try SkillID("add-within-20")],
          isCorrect: true, durationMilliseconds: 5300)))
    let head = stream.start.appending(record)
    var summary = ScopeSummary()
    summary.advance(stream.id, from: stream.start, to: head)
    lines = [
      ("seed", Hex.encode(key.seed)), ("public key", key.publicKey.hex),
      ("replica", stream.replica.description), ("learner", learner.description),
      ("canonical bytes", Hex.encode(record.canonicalBytes)), ("record id", record.id.description),
      ("stream id", stream.id.description), ("start hash", stream.start.hash.description),
      ("head number", "\(head.number)"), ("head hash", head.hash.description),
      ("signed bytes", Hex.encode(head.signedBytes(of: stream.id))),
      ("signature", Hex.encode(key.sign(head.signedBytes(of: stream.id)))),
      ("fingerprint term", head.fingerprintTerm(of: stream.id).description),
      ("fingerprint", summary.fingerprint.description),
    ]
  }
}

@Suite struct `The protocol's page` {
  @Test func `has a worked example that can be worked out again`() throws {
    let example = try WorkedExample()
    let shown = try Self.values()
    #expect(shown.map(\.name) == example.lines.map(\.name))
    for (name, value) in example.lines {
      let found = shown.first { $0.name == name }?.value
      #expect(found == value, "\(name)\n\(Self.wrapped(name, value))")
    }
  }

  @Test func `names every message and field of the two proto files`() throws {
    let page = try DocsTree.text("Docs/protocol.md")
    for proto in ["Sync/Protocol/sync.proto", "Sources/SatchelCore/segment.proto"] {
      let fields = try DocsTree.text(proto).components(separatedBy: "\n")
        .map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { $0.contains(" = ") && $0.wholeMatch(of: /(?:\/\/|option |syntax ).*/) == nil }
        .compactMap { $0.components(separatedBy: " = ").first?.split(separator: " ").last }
      #expect(fields.count > 10)
      for field in fields { #expect(page.contains("`\(field)`"), "\(proto): \(field)") }
    }
  }

  /// Lines `name: hex`, where a line that is indented goes on with the value before it.
  private static func values() throws -> [(name: String, value: String)] {
    var out: [(name: String, value: String)] = []
    for line in try DocsTree.block(after: "<!-- worked example -->", in: "Docs/protocol.md") {
      let parts = line.components(separatedBy: ": ")
      if parts.count == 2, !line.hasPrefix(" ") {
        out.append((parts[0], parts[1]))
      } else if line.hasPrefix(" "), !out.isEmpty {
        out[out.count - 1].value += line.trimmingCharacters(in: .whitespaces)
      } else {
        out.append((line.trimmingCharacters(in: [":"]), ""))
      }
    }
    return out
  }

  /// As the page writes a long value, so that a failure can be copied into it.
  private static func wrapped(_ name: String, _ value: String) -> String {
    guard value.count > 64 else { return "\(name): \(value)" }
    let starts = stride(from: 0, to: value.count, by: 64)
    return "\(name):\n"
      + starts.map { "  " + value.dropFirst($0).prefix(64) }.joined(separator: "\n")
  }
}
