import Foundation
import SatchelCore
import Testing

@testable import SatchelImport

@Suite struct `An interactions file` {
  static let header = "learner,item,skill,correct,timestamp_ms,duration_ms"
  let desk: Desk

  init() throws { desk = try Desk() }

  struct Reading {
    var rows: [Interaction] = []
    var lines: [Int] = []
    var summary: InteractionFile.Summary
    var bad: [BadRow] { summary.badRows }
  }

  func read(path: String, inflatedBytesMax: Int64 = 64 << 30) throws -> Reading {
    let file = try InteractionFile(path: path, inflatedBytesMax: inflatedBytesMax)
    var rows: [Interaction] = []
    var lines: [Int] = []
    let summary = try file.read { row, line in
      rows.append(row)
      lines.append(line)
    }
    return Reading(rows: rows, lines: lines, summary: summary)
  }

  func read(_ text: String) throws -> Reading { try read(path: desk.put(text)) }

  func refusal(_ bytes: [UInt8], as name: String = "table.csv") throws -> SatchelError.Code? {
    let path = try desk.put(bytes, as: name)
    return try code { _ = try read(path: path) }
  }

  @Test func `gives its rows in order, with their lines`() throws {
    let reading = try read(
      "\(Self.header)\nann,i1,a;b,1,1700000000000,2500\nbo,i2,,0,,\n")

    let ann = Interaction(
      learner: "ann", item: try ItemID("i1"), skills: [try SkillID("a"), try SkillID("b")],
      isCorrect: true, timestampMilliseconds: 1_700_000_000_000, durationMilliseconds: 2500)
    let bo = Interaction(learner: "bo", item: try ItemID("i2"), skills: [], isCorrect: false)
    #expect(reading.rows == [ann, bo])
    #expect(reading.lines == [2, 3])
    #expect(reading.summary.rows == 2)
    #expect(reading.summary.badRowCount == 0)
  }

  @Test func `reads alike plain and gzipped, and has one digest`() throws {
    let text = "\(Self.header)\n" + (0..<5000).map { "l\($0 % 7),i\($0 % 50),s,1,,\n" }.joined()
    let plain = try desk.put(text, as: "a.csv")
    let zipped = try desk.put(gzip(text), as: "a.csv.gz")
    let parted = try desk.put(
      gzip(String(text.prefix(1000))) + gzip(String(text.dropFirst(1000))), as: "b.csv.gz")

    let expected = try read(path: plain)

    #expect(expected.rows.count == 5000)
    #expect(expected.summary.digest == sha256(Array(text.utf8)))
    for path in [zipped, parted] {
      #expect(try read(path: path).rows == expected.rows)
      #expect(try read(path: path).summary == expected.summary)
      #expect(try InteractionFile(path: path).contentDigest() == expected.summary.digest)
    }
  }

  @Test func `finds its columns by name`() throws {
    let reading = try read(
      "\u{FEFF}school,correct,skill,\"item\",learner\r\n\"Hill, No. 1\",1,s,i,ann\r\n")

    #expect(
      reading.rows == [
        Interaction(
          learner: "ann", item: try ItemID("i"), skills: [try SkillID("s")], isCorrect: true)
      ])
  }

  @Test func `may quote anything that a comma, a quote or a line end stands in`() throws {
    let reading = try read(
      "note,\(Self.header)\n\"two\nlines, \"\"quoted\"\"\",\"a,\"\"n\"\"n\",i,s,1,,\nx,bo,i,s,0,,")

    #expect(reading.rows.map(\.learner) == ["a,\"n\"n", "bo"])
    #expect(reading.lines == [2, 4])
  }

  @Test(arguments: [
    ("ann,i,s,1,,,", BadRow.Reason.fieldCount), ("ann,i,s,1", .fieldCount), ("x", .fieldCount),
    ("ann,i,s,1,,\"", .quoting), ("a\"nn,i,s,1,,", .quoting), ("\"ann\"x,i,s,1,,", .quoting),
    (",i,s,1,,", .learner), ("a\u{0}n,i,s,1,,", .learner), ("\u{202E}ann,i,s,1,,", .learner),
    ("\(String(repeating: "l", count: 65)),i,s,1,,", .learner), ("ann,,s,1,,", .item),
    ("ann,\u{7},s,1,,", .item), ("ann,i,a;;b,1,,", .skill), ("ann,i,;,1,,", .skill),
    ("ann,i,\((0...32).map { "s\($0)" }.joined(separator: ";")),1,,", .skill),
    ("ann,i,s,2,,", .correct), ("ann,i,s,,,", .correct), ("ann,i,s,true,,", .correct),
    ("ann,i,s,1,-1,", .timestamp), ("ann,i,s,1,8204889600001,", .timestamp),
    ("ann,i,s,1,1e9,", .timestamp), ("ann,i,s,1,99999999999999999999999,", .timestamp),
    ("ann,i,s,1,,soon", .duration), ("ann,i,s,1,,-", .duration), ("ann,i,s,1,,1.", .duration),
    ("ann,i,s,1,,0x10", .duration), ("\(String(repeating: "y", count: 70_000)),i,s,1,,", .length),
  ])
  func `passes over a bad row and names it`(row: String, reason: BadRow.Reason) throws {
    let reading = try read("\(Self.header)\nbo,i,s,1,,\n\(row)\nzoe,i,s,1,,\n")

    // An open quote may run to the end of the file; it still costs its own line alone.
    #expect(reading.bad == [BadRow(line: 3, reason: reason)])
    #expect(reading.rows.map(\.learner) == ["bo", "zoe"])
    #expect(reading.lines == [2, 4])
  }

  @Test func `clamps durations and takes the zeros that tables put behind whole numbers`() throws {
    let rows = ["-5", "4294967296", "99999999999999999999999", "1500.0", "0"]
    let reading = try read(
      "\(Self.header)\n" + rows.map { "ann,i,s,1,8204889600000,\($0)\n" }.joined())

    #expect(reading.rows.map(\.durationMilliseconds) == [0, .max, .max, 1500, 0])
    #expect(reading.rows.allSatisfy { $0.timestampMilliseconds == 8_204_889_600_000 })
  }

  @Test func `counts a skill once that a row names twice`() throws {
    let reading = try read("\(Self.header)\nann,i,b;a;b,1,,\n")

    #expect(reading.rows[0].skills.map(\.text) == ["b", "a"])
  }

  @Test func `has invalid UTF-8 in a row refused and in the header too`() throws {
    let bytes =
      Array("\(Self.header)\nann,i,s,1,,\n".utf8) + [0xFF, 0xC0] + Array(",i,s,1,,\n".utf8)
    let reading = try read(path: desk.put(bytes, as: "t.csv"))

    #expect(reading.bad == [BadRow(line: 3, reason: .learner)])
    #expect(try refusal([0xFF] + bytes) == .fileMalformed)
  }

  @Test func `ends well without a last line end, and with blank lines`() throws {
    let reading = try read("\(Self.header)\n\nann,i,s,1,,\n\r\n\nbo,i,s,1,,")

    #expect(reading.rows.map(\.learner) == ["ann", "bo"])
    #expect(reading.lines == [3, 6])
    #expect(reading.summary.badRowCount == 0)
  }

  @Test func `keeps a thousand bad rows and counts all`() throws {
    let reading = try read("\(Self.header)\n" + String(repeating: "bad\n", count: 1500))

    #expect(reading.summary.badRowCount == 1500)
    #expect(reading.bad.count == 1000)
    #expect(reading.bad.last == BadRow(line: 1001, reason: .fieldCount))
  }

  @Test func `rows are the same wherever the window's edge falls`() throws {
    let text =
      "\(Self.header)\n"
      + (0..<12_000).map { "\"learner, \($0)\n\",item\($0),skill number \($0 % 9),1,\($0),\r\n" }
      .joined()
    let reading = try read(text)

    #expect(text.utf8.count > 512 << 10)
    // A line feed is no part of any name, so every row is refused, on every second line.
    #expect(reading.summary.badRowCount == 12_000)
    #expect(reading.bad[999] == BadRow(line: 2000, reason: .learner))
  }

  @Test func `is refused where it is no such table`() throws {
    #expect(try refusal([]) == .fileMalformed)
    #expect(try refusal(Array("\n".utf8)) == .fileMalformed)
    #expect(try refusal(Array("learner,item,correct\nann,i,1\n".utf8)) == .fileMalformed)
    #expect(try refusal(Array("\(Self.header),item\n".utf8)) == .fileMalformed)
    #expect(try refusal(Array("\"\(Self.header)\n".utf8)) == .fileMalformed)
    #expect(try refusal(Array(repeating: 0, count: 200_000)) == .fileMalformed)
    #expect(
      try refusal((0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* $0) }) == .fileMalformed)
    #expect(
      try refusal(Array(String(repeating: "c,", count: 300).utf8)) == .fileMalformed)
    #expect(try code { _ = try read(path: desk.path("none.csv")) } == .fileMissing)
    #expect(try code { _ = try read(path: desk.folder) } == .fileUnreadable)
    #expect(mkfifo(desk.path("pipe.csv"), 0o600) == 0)
    #expect(try code { _ = try read(path: desk.path("pipe.csv")) } == .fileUnreadable)
  }

  @Test func `is refused where the gzip is cut, rotten, doubled or none at all`() throws {
    let text = "\(Self.header)\n" + (0..<20_000).map { "l\($0),i\($0 &* 7919),s,1,,\n" }.joined()
    let whole = gzip(text)

    for length in [2, 11, 500, whole.count / 2, whole.count - 9] {
      let cut = try refusal(Array(whole[..<length]), as: "t.csv.gz")
      #expect(cut == .fileMalformed, "\(length)")
    }
    #expect(try refusal(Array(text.utf8), as: "t.csv.gz") == .fileMalformed)
    #expect(try refusal(gzip(whole), as: "t.csv.gz") == .fileMalformed)
    #expect(try refusal(gzip(""), as: "t.csv.gz") == .fileMalformed)

    // Stored and not deflated, so that only the checksum can tell.
    var rotten = gzip(text, level: 0)
    rotten[rotten.count / 2] ^= 1
    #expect(try refusal(rotten, as: "t.csv.gz") == .fileMalformed)
  }

  @Test func `is refused where it inflates beyond a limit`() throws {
    let rows = "\(Self.header)\n" + String(repeating: "ann,i,s,1,,\n", count: 20_000)
    let path = try desk.put(gzip(rows), as: "t.csv.gz")
    #expect(try code { _ = try read(path: path, inflatedBytesMax: 200_000) } == .inputTooLarge)
    #expect(try read(path: path).rows.count == 20_000)

    // 64 MiB of line feeds in 64 KiB: no row, and still no way to keep us busy.
    let bomb = try desk.put(
      gzip(Array("\(Self.header)\n".utf8) + [UInt8](repeating: 10, count: 64 << 20)), as: "b.csv.gz"
    )
    let file = try InteractionFile(path: bomb)
    #expect(try code { _ = try file.contentDigest() } == .inputTooLarge)
  }

  @Test func `ends when its reader has had enough`() throws {
    struct Enough: Error {}
    let file = try InteractionFile(
      path: desk.put("\(Self.header)\nann,i,s,1,,\nbo,i,s,1,,\n"))
    var rows = 0

    #expect(throws: Enough.self) {
      try file.read { _, _ in
        rows += 1
        throw Enough()
      }
    }
    #expect(rows == 1)
  }

  @Test func `of any bytes is read or refused, and never crashes`() throws {
    let text =
      "\(Self.header)\n"
      + (0..<40).map { "l\($0 % 3),\"i\($0)\",a;b,\($0 % 2),17000000\($0),9\($0)\n" }.joined()
    var random = SeededRandom(for: "mutated tables")
    let allowed: Set<SatchelError.Code?> = [nil, .fileMalformed, .inputTooLarge]

    let originals = [gzip(text, level: 0), gzip(text), gzip(text), Array(text.utf8)]

    for round in 0..<2000 {
      let mutant = random.mutant(of: originals[round % originals.count])
      let outcome = try refusal(mutant, as: "mutant")
      #expect(allowed.contains(outcome), "\(outcome?.rawValue ?? "read")")
    }
  }
}
