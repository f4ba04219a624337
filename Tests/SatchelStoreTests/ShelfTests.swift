import Foundation
import GRDB
import SatchelCore
import SatchelTestSupport
import Testing

@testable import SatchelStore

@Suite struct `The content shelf` {
  let publisher = SigningKey.random()

  func stamp(version: Int, by key: SigningKey? = nil, trusting: Bool = false) throws -> PackStamp {
    let manifest = try Manifest(
      kind: .pack, name: "maths", channel: "stable", version: version, createdSeconds: 0,
      files: [Manifest.File(name: "content.json", byteCount: 1, sha256: sha256([1]))])
    return PackStamp(
      manifest: SignedManifest(signing: manifest, with: key ?? publisher),
      trustsNewPublisher: trusting)
  }

  func content(items: [String] = ["one", "two"]) -> Content {
    let text = LocalizedText(["en": "What is a fraction?", "zh": "什么是分数？"])
    let topic = TopicID(checked: "t")
    return Content(
      courses: [
        Course(
          id: CourseID(checked: "c"), title: text, topics: [Topic(id: topic, title: text)])
      ],
      skills: [
        Skill(id: SkillID(checked: "halves"), title: text),
        Skill(
          id: SkillID(checked: "thirds"), title: text, prerequisites: [SkillID(checked: "halves")]),
      ],
      items: items.map {
        Item(
          id: ItemID(checked: $0), topic: topic, kind: .answer,
          skills: [SkillID(checked: "halves")], difficulty: 0.2, question: text, answers: ["1/2"],
          explanation: LocalizedText(["en": "A part of a whole \($0)", "zh": "整体的一部分"]))
      })
  }

  @Test func `gives back what was put on it`() throws {
    let world = try StoreWorld()
    #expect(try world.store.shelve(content(), stamp: stamp(version: 1), at: 1))
    let item = try world.store.item(ItemID(checked: "one"))
    #expect(item == content().items[0])
    let syllabus = try world.store.syllabus()
    #expect(syllabus.items.map(\.item.text) == ["one", "two"])
    #expect(syllabus.prerequisites == [SkillID(checked: "thirds"): [SkillID(checked: "halves")]])
  }

  @Test func `takes a version once`() throws {
    let world = try StoreWorld()
    #expect(try world.store.shelve(content(), stamp: stamp(version: 3), at: 1))
    #expect(try !world.store.shelve(content(), stamp: stamp(version: 3), at: 2))
    expectError(.packDowngrade) {
      try world.store.shelve(content(), stamp: stamp(version: 2), at: 3)
    }
  }

  @Test func `takes a later version from nobody but its publisher`() throws {
    let world = try StoreWorld()
    let stranger = SigningKey.random()
    _ = try world.store.shelve(content(), stamp: stamp(version: 1), at: 1)
    let foreign = try stamp(version: 2, by: stranger)
    expectError(.packForeign) { try world.store.shelve(content(), stamp: foreign, at: 2) }
    let trusted = try stamp(version: 2, by: stranger, trusting: true)
    #expect(try world.store.shelve(content(), stamp: trusted, at: 3))
  }

  @Test func `shows a retired item to nobody, and keeps its records`() throws {
    var world = try StoreWorld()
    _ = try world.store.shelve(content(), stamp: stamp(version: 1), at: 1)
    try world.answer("two")
    _ = try world.store.shelve(content(items: ["one"]), stamp: stamp(version: 2), at: 2)
    #expect(try world.store.syllabus().items.map(\.item.text) == ["one"])
    #expect(try world.store.search("fraction", language: .english, limit: 9).count == 1)
    try world.store.expectHealthy()
  }

  @Test(arguments: [
    ("fraction", 2), ("FRACTION", 2), ("分", 2), ("分数", 2), ("什么是分数", 2), ("整体 分数", 2), ("two", 1),
    ("ｆraction", 2), ("nothing", 0), ("", 0), ("分 whole", 2), ("\"", 0), ("a OR b", 0),
    ("NEAR(", 0), ("*", 0), ("'; DROP TABLE item; --", 0), ("%", 0), ("\u{0}", 0),
  ])
  func `finds words of any script and length`(query: String, hits: Int) throws {
    let world = try StoreWorld()
    _ = try world.store.shelve(content(), stamp: stamp(version: 1), at: 1)
    let found = try world.store.search(query, language: .chinese, limit: 10)
    #expect(found.count == hits)
    #expect(found.allSatisfy { $0.title == "什么是分数？" })
  }
}

@Suite struct `The vault` {
  @Test func `gives a name back, and holds it nowhere in clear`() throws {
    let world = try StoreWorld()
    let marker = "Xochitl-7f3a"
    try world.store.setName(marker, of: StoreWorld.mei)
    #expect(try world.store.names() == [StoreWorld.mei: marker])
    try world.store.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    for name in try FileManager.default.contentsOfDirectory(atPath: world.scratch.folder.path) {
      let bytes = try Data(contentsOf: world.scratch.file(name))
      #expect(bytes.range(of: Data(marker.utf8)) == nil, "\(name) holds the name")
    }
  }

  @Test func `without its key says so, and everything else works on`() throws {
    var world = try StoreWorld()
    try world.store.setName("Mei", of: StoreWorld.mei)
    try FileManager.default.removeItem(atPath: world.url.path + ".key")
    expectError(.vaultLocked) { try world.store.names() }
    try world.answer("a")
    try world.store.expectHealthy()
  }

  @Test func `does not give a name to another learner`() throws {
    let world = try StoreWorld()
    try world.store.setName("Mei", of: StoreWorld.mei)
    try world.store.setName("Tom", of: StoreWorld.tom)
    try world.store.pool.write { db in
      try db.execute(
        sql: "UPDATE vault SET sealed = (SELECT sealed FROM vault ORDER BY learner LIMIT 1)")
    }
    expectError(.vaultLocked) { try world.store.names() }
  }
}

@Suite struct `The model shelf` {
  @Test func `goes forward by version and back by rollback`() throws {
    let world = try StoreWorld()
    for version in 1...3 {
      try world.store.shelve(
        model: [UInt8(version)], channel: "stable", version: version, manifest: nil, trial: nil,
        activating: version != 2, at: 0)
    }
    #expect(try world.store.models().first { $0.isActive }?.version == 3)
    try world.store.rollBackModel()
    #expect(try world.store.models().first { $0.isActive }?.version == 1)
    expectError(.modelDowngrade) {
      try world.store.shelve(
        model: [9], channel: "stable", version: 3, manifest: nil, trial: nil, activating: true,
        at: 0)
    }
  }

  @Test func `drops old models but never the one that serves`() throws {
    let world = try StoreWorld()
    for version in 1...12 {
      try world.store.shelve(
        model: [UInt8(version)], channel: "stable", version: version, manifest: nil, trial: nil,
        activating: version == 1, at: 0)
    }
    let versions = try world.store.models().map(\.version)
    #expect(versions == [1, 8, 9, 10, 11, 12])
    #expect(try world.store.newestModelVersion(of: "stable") == 12)
  }
}
