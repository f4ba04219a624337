import SatchelCore
import Testing

@testable import SatchelImport

@Suite struct `A file of learners` {
  let desk: Desk

  init() throws { desk = try Desk() }

  private func read(_ bytes: [UInt8], as name: String = "learners.tsv") throws -> [String] {
    let path = try desk.put(bytes, as: name)
    var lines: [String] = []
    try LearnersFile(path: path).read { name, items in
      lines.append("\(name): " + items.map(\.text).joined(separator: " "))
    }
    return lines
  }

  private func refusal(_ bytes: [UInt8], as name: String = "learners.tsv") throws -> SatchelError? {
    do {
      _ = try read(bytes, as: name)
      return nil
    } catch let error as SatchelError {
      return error
    }
  }

  private func refusal(_ text: String) throws -> SatchelError? { try refusal(Array(text.utf8)) }

  @Test func `gives each learner's items in order, plain or gzip`() throws {
    let text = "7\t853 2080 1788\n8\t加法 x\n"
    let expected = ["7: 853 2080 1788", "8: 加法 x"]
    #expect(try read(Array(text.utf8)) == expected)
    #expect(try read(gzip(text), as: "learners.tsv.gz") == expected)
  }

  @Test func `may have Windows' line ends, a byte order mark, and no line feed at the end`() throws
  {
    #expect(try read([0xEF, 0xBB, 0xBF] + Array("7\ta b\r\n8\tc".utf8)) == ["7: a b", "8: c"])
  }

  @Test func `keeps an item that comes again where it came first`() throws {
    #expect(try read(Array("7\ta b a c b\n".utf8)) == ["7: a b c"])
  }

  @Test(arguments: [
    "7 a b", "", "\ta", "7\t", "7\ta  b", "7\ta b ", "7\t a", "7\ta\tb", "7\ta\u{1}",
    "8\ta b", "\(String(repeating: "x", count: 65))\ta", "7\t\(String(repeating: "x", count: 65))",
  ])
  func `with a bad line is refused, and the line is named`(line: String) throws {
    let error = try #require(try refusal("8\ta b\n\(line)\n9\tc d\n"))
    #expect(error.code == .rowsMalformed)
    #expect(error.subject.hasSuffix("learners.tsv:2"))
    #expect(error.code.exitStatus == 65)
  }

  @Test func `with bytes that are no UTF-8 is refused, and the line is named`() throws {
    let error = try #require(try refusal(Array("8\ta\n7\ta ".utf8) + [0xC3, 0x28, 0x0A]))
    #expect(error.code == .rowsMalformed)
    #expect(error.subject.hasSuffix(":2"))
  }

  @Test func `with a giant line is refused in bounded memory, and the line is named`() throws {
    let giant = "8\ta\n7\t" + String(repeating: "abcdefg ", count: LearnersFile.lineBytesMax / 8)
    let error = try #require(try refusal(giant))
    #expect(error.code == .inputTooLarge)
    #expect(error.subject.hasSuffix(":2"))
  }

  @Test func `without a line, missing, cut, or inflating without end is refused`() throws {
    #expect(try refusal("")?.code == .fileMalformed)
    let none = desk.path("none.tsv")
    #expect(try code { try LearnersFile(path: none).read { _, _ in } } == .fileMissing)
    let whole = gzip(String(repeating: "7\ta b c\n", count: 1))
    #expect(try refusal(Array(whole.dropLast(9)), as: "l.tsv.gz")?.code == .fileMalformed)
    #expect(try refusal(Array("7\ta\n".utf8), as: "l.tsv.gz")?.code == .fileMalformed)
    let bomb = gzip([UInt8](repeating: UInt8(ascii: "\n"), count: 64 << 20))
    // Its first line is no line already; a bomb of good lines is stopped by the same reader, as of interactions.
    #expect(try refusal(bomb, as: "l.tsv.gz")?.code.exitStatus == 65)
  }

  @Test func `of garbage is refused or read, and never stops the program`() throws {
    var random = SeededRandom(for: "learners")
    let good = Array("7\t853 2080 1788\n8\t12 13\n9\tx y z\n".utf8)
    for _ in 0..<300 {
      let error = try refusal(random.mutant(of: good))
      #expect(error.map { $0.code.exitStatus } ?? 65 == 65)
    }
  }
}

@Suite struct `A history to rank` {
  private func line(_ text: String) throws -> HistoryLine {
    try Array(text.utf8).withUnsafeBytes { try HistoryLine($0, place: "stdin:4") }
  }

  @Test func `has ids that are numbers or texts, and a user of either kind`() throws {
    let numbers = try line(#"{"user": 7, "history": [853, 0]}"#)
    #expect(numbers.user == .number(7))
    #expect(numbers.history.map(\.text) == ["853", "0"])
    #expect(!numbers.hasTexts)
    let texts = try line(#"{"more": [{}], "history": ["加法", "2"], "user": "mei"}"#)
    #expect(texts.user == .text("mei"))
    #expect(texts.history.map(\.text) == ["加法", "2"])
    #expect(texts.hasTexts)
    #expect(try line(#"{"history": []}"#).user == .none)
  }

  @Test(arguments: [
    "", "{", "[]", "7", "{}", #"{"user":7}"#, #"{"history":7}"#, #"{"history":[1.5]}"#,
    #"{"history":[null]}"#, #"{"history":[[1]]}"#, #"{"history":[""]}"#, #"{"history":["\u0001"]}"#,
    #"{"history":[1],"history":[2]}"#, #"{"history":[1]} x"#, #"{"user":{},"history":[1]}"#,
    #"{"history":[1e30]}"#,
  ])
  func `is refused where it is none, and the line is named`(text: String) {
    let error = #expect(throws: SatchelError.self) { try line(text) }
    #expect(error?.code == .rowsMalformed)
    #expect(error?.subject == "stdin:4")
  }
}
