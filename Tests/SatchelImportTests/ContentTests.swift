import Foundation
import SatchelCore
import Testing

@testable import SatchelImport

@Suite struct `A course text` {
  /// A course with one of each, `field` standing for a part of its item.
  func course(
    item: String = "\"correctChoice\":0", skills: String = #"{"id":"s","prerequisites":[]}"#,
    more: String = ""
  ) -> String {
    """
    {"course":{"id":"c","title":{"en":"C"}},"topics":[{"id":"t","title":{"en":"T"}}],
     "skills":[\(skills)],
     "items":[{"id":"i","topic":"t","kind":"choice","skills":["s"],"question":{"en":"Q"},
               "choices":[{"en":"A"}],\(item)}]\(more)}
    """
  }

  @discardableResult
  func read(_ text: String) throws -> Content {
    let content = try ContentText.read(Array(text.utf8), subject: "course.json")
    try ContentCheck.check(content, subject: "course.json")
    return content
  }

  func refusal(_ text: String) throws -> SatchelError? {
    do {
      try read(text)
      return nil
    } catch let error as SatchelError { return error }
  }

  func expectRefused(_ text: String, _ cause: String) throws {
    let error = try #require(try refusal(text), "\(text.prefix(300))")
    #expect(error.code == .packInvalid)
    #expect(error.cause?.contains(cause) == true, "\(error)")
  }

  @Test func `of this repository reads, packs and reads again`() throws {
    let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folder = repository.appending(path: "Fixtures/course").path

    let content = try CourseFolder.read(path: folder)

    #expect(content.items.count > 100)
    #expect(try Pack(bytes: Publisher().pack(content)).content == content)
  }

  @Test func `may hold fields that nobody knows yet, and nulls for what is left out`() throws {
    let content = try read(
      course(
        item: #""correctChoice":0,"difficulty":null,"hints":[{"a":[1,2e3,true,false,null,"x"]}]"#,
        more: #","licence":"CC BY 4.0""#))

    #expect(content.items.count == 1)
    #expect(content.items[0].difficulty == nil)
  }

  @Test func `may escape any character`() throws {
    let content = try read(
      course(item: #""correctChoice":0,"explanation":{"en":"\u4e8c\ud83d\ude00\n\"\\\/\t"}"#))

    #expect(content.items[0].explanation.byLanguage["en"] == "二😀\n\"\\/\t")
  }

  @Test func `is refused where it does not hang together, with the place`() throws {
    let item = { (field: String) in course(item: field) }
    try expectRefused(item(#""difficulty":0.5"#), "correctChoice")
    try expectRefused(item(#""correctChoice":1"#), "correctChoice")
    try expectRefused(item(#""correctChoice":-1"#), "correctChoice")
    try expectRefused(item(#""correctChoice":0.5"#), "whole number")
    try expectRefused(item(#""correctChoice":0,"difficulty":1.01"#), "difficulty")
    try expectRefused(item(#""correctChoice":0,"difficulty":1e999"#), "finite")
    try expectRefused(item(#""correctChoice":0,"difficulty":NaN"#), "number")
    try expectRefused(item(#""correctChoice":0,"media":["aa"]"#), "medium")
    try expectRefused(course(skills: ""), "skill s is not")
    try expectRefused(course(skills: #"{"id":"s","prerequisites":["x"]}"#), "prerequisite x")
    try expectRefused(course(skills: #"{"id":"s","prerequisites":["s"]}"#), "lead back")
    try expectRefused(
      course(
        skills: #"{"id":"s","prerequisites":["u"]},{"id":"u","prerequisites":["v"]},"#
          + #"{"id":"v","prerequisites":["u"]}"#), "lead back")
    try expectRefused(course(skills: #"{"id":"s"},{"id":"s"}"#), "stands twice")
    try expectRefused(course(more: #","media":[{"sha256":"zz","type":"image/png"}]"#), "hex")
    try expectRefused(course(skills: #"{"id":"\u202e"}"#), "a key needs")
    try expectRefused(course(skills: #"{"id":"s","title":{"e\n":"x"}}"#), "language")

    let placed = try #require(try refusal(item(#""correctChoice":7"#)))
    #expect(placed.subject == "course.json: item i")
  }

  @Test func `is refused where it is no strict JSON, with the line`() throws {
    let good = course()
    for (bad, cause) in [
      ("", "object"), ("[]", "object"), (good + "x", "after the end"),
      (good + good, "after the end"),
      (String(good.dropLast()), "comma"), (course(item: #""correctChoice":0,"#), "string"),
      (course(item: #""correctChoice":0,"correctChoice":0"#), "twice"),
      (course(item: #""x":{"a":1,"\u0061":2}"#), "twice"), (course(item: #""x":01"#), "comma"),
      (course(item: #""x":[1,]"#), "number"), (course(item: #""x":"\ud800""#), "surrogate"),
      (course(item: #""x":"\udc00""#), "character"), (course(item: #""x":"\u0000""#), "character"),
      (course(item: "\"x\":\"a\nb\""), "control"), (course(item: #""x":tru"#), "value"),
      (course(item: #""x":"\x""#), "escape"), (course(item: #""x":'a'"#), "number"),
    ] { try expectRefused(bad, cause) }

    #expect(try refusal(course(item: "\"x\":+1"))?.subject == "course.json:4")
  }

  @Test func `is refused when it is deeper than 32 levels, however deep`() throws {
    // The field stands in the fourth level: course, items, item, and then its own.
    let nest = { (depth: Int) in
      course(
        item: "\"correctChoice\":0,\"x\":" + String(repeating: "[", count: depth)
          + String(repeating: "]", count: depth))
    }

    #expect(try refusal(nest(JSONReader.depthMax - 3)) == nil)
    try expectRefused(nest(JSONReader.depthMax - 2), "too deep")
    try expectRefused(nest(1_000_000), "too deep")
    try expectRefused(String(repeating: "{\"a\":", count: 100_000), "too deep")
  }

  @Test func `is refused above a limit`() throws {
    let words = String(repeating: "a", count: ContentLimits.textBytesMax)
    #expect(
      try refusal(course(item: "\"correctChoice\":0,\"explanation\":{\"en\":\"\(words)\"}")) == nil)
    try expectRefused(
      course(item: "\"correctChoice\":0,\"explanation\":{\"en\":\"\(words)a\"}"), "longer than")
    try expectRefused(
      course(skills: #"{"id":"\#(String(repeating: "k", count: 65))"}"#), "a key needs")
    let skills = (0...ContentLimits.skillsOfItemMax).map { "\"s\($0)\"" }.joined(separator: ",")
    try expectRefused(
      #"{"items":[{"skills":[\#(skills)]}]}"#, "more than")
    let names = (0...JSONReader.namesMax).map { "\"n\($0)\":0" }.joined(separator: ",")
    try expectRefused("{\(names)}", "too many names")
    #expect(
      try refusal(String(repeating: " ", count: ContentText.bytesMax + 1))?.code == .inputTooLarge)
  }

  @Test func `with a chain of twenty thousand skills is checked without falling over`() throws {
    var content = try read(course())
    content.skills += (0..<19_999).map { index in
      Skill(
        id: SkillID(checked: "k\(index)"), title: LocalizedText([:]),
        prerequisites: index == 0 ? [] : [SkillID(checked: "k\(index - 1)")])
    }

    try ContentCheck.check(content, subject: "chain")
  }

  @Test func `takes its media from the folder, by their hash`() throws {
    let desk = try Desk()
    let content = Publisher.content()
    try desk.put(ContentText.write(content), as: "course.json")
    try FileManager.default.createDirectory(
      atPath: desk.path("media"), withIntermediateDirectories: true)
    for medium in content.media { try desk.put(medium.bytes, as: "media/\(medium.sha256)") }

    #expect(try CourseFolder.read(path: desk.folder) == content)

    try desk.put([9], as: "media/\(content.media[0].sha256)")
    #expect(try code { _ = try CourseFolder.read(path: desk.folder) } == .packHashMismatch)
    #expect(try code { _ = try CourseFolder.read(path: desk.path("none")) } == .fileMissing)
  }
}
