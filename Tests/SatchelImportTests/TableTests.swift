import SatchelCore
import Testing

@testable import SatchelImport

@Suite struct `A folds file` {
  let desk: Desk

  init() throws { desk = try Desk() }

  func refusal(_ text: String) throws -> SatchelError.Code? {
    let path = try desk.put(text)
    return try code { _ = try FoldsFile.read(path: path) }
  }

  @Test func `says which learner is in which fold`() throws {
    let folds = try FoldsFile.read(path: desk.put("fold,learner\n0,ann\n4,bo\n4,bo\n"))

    #expect(folds == ["ann": 0, "bo": 4])
  }

  @Test func `is refused as soon as one row is wrong`() throws {
    #expect(try refusal("learner,fold\nann,0\nann,1\n") == .rowsMalformed)
    #expect(try refusal("learner,fold\nann,-1\n") == .rowsMalformed)
    #expect(try refusal("learner,fold\nann,x\n") == .rowsMalformed)
    #expect(try refusal("learner,fold\n,1\n") == .rowsMalformed)
    #expect(try refusal("learner\nann\n") == .fileMalformed)
    #expect(try refusal("") == .fileMalformed)
  }
}

@Suite struct `A predictions file` {
  let desk: Desk

  init() throws { desk = try Desk() }

  @Test func `holds each row and the very probability`() throws {
    let file = try PredictionsFile(path: desk.path("p.csv"))
    try file.append(row: 0, probability: 0.1)
    try file.append(row: 7, probability: 1.0 / 3)
    try file.append(row: 8, probability: 1e-6)
    try file.finish()

    #expect(
      try desk.text("p.csv") == "row,probability\n0,0.1\n7,0.3333333333333333\n8,1e-06\n")
    #expect(try desk.names == ["p.csv"])
  }

  @Test func `leaves nothing behind unless it was finished`() throws {
    do {
      let file = try PredictionsFile(path: desk.path("p.csv"))
      for row in 0..<20_000 { try file.append(row: row, probability: 0.5) }
    }

    #expect(try desk.names.isEmpty)
    #expect(try code { _ = try PredictionsFile(path: desk.path("no/p.csv")) } == .cannotCreate)
  }

  @Test func `takes nothing but probabilities`() throws {
    let file = try PredictionsFile(path: desk.path("p.csv"))

    for wrong in [-0.1, 1.1, .nan, .infinity] {
      #expect(try code { try file.append(row: 0, probability: wrong) } == .modelNotFinite)
    }
  }

  @Test func `may hold no row at all`() throws {
    let file = try PredictionsFile(path: desk.path("p.csv"))
    try file.finish()

    #expect(try desk.text("p.csv") == "row,probability\n")
  }
}
