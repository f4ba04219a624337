public import Foundation
public import SatchelCore
internal import SatchelImport
internal import SatchelStore

/// What a pack brought.
public struct ImportReport: Hashable, Sendable {
  public let courses: Int
  public let topics: Int
  public let items: Int
  public let skills: Int
  public let media: Int
  /// `false` when this very version was there already.
  public let isNew: Bool
}

/// An item that was found.
public struct SearchResult: Hashable, Sendable {
  public let item: ItemID
  public let title: String
  public let snippet: String
}

extension Replica {
  /// Takes a signed pack, whole or not at all.
  ///
  /// The publisher who brings a pack's first version is the only one whose later versions are taken.
  /// - Parameters:
  ///   - url: of the pack file.
  ///   - trustsNewPublisher: takes it from another publisher, from now on.
  /// - Throws: `file.missing`, `pack.invalid`, `pack.hashMismatch`, `pack.badSignature`, `pack.foreignPublisher`,
  ///   `pack.olderVersion`; the store is then as before.
  @discardableResult
  public func importPack(at url: URL, trustsNewPublisher: Bool = false) throws(SatchelError)
    -> ImportReport
  {
    try shelve(try Pack(path: url.path), trustsNewPublisher: trustsNewPublisher)
  }

  func shelve(_ pack: Pack, trustsNewPublisher: Bool) throws(SatchelError) -> ImportReport {
    let stamp = PackStamp(manifest: pack.manifest, trustsNewPublisher: trustsNewPublisher)
    let isNew = try store.shelve(pack.content, stamp: stamp, at: Self.now())
    return ImportReport(
      courses: pack.content.courses.count,
      topics: pack.content.courses.reduce(0) { $0 + $1.topics.count },
      items: pack.content.items.count, skills: pack.content.skills.count,
      media: pack.content.media.count, isNew: isNew)
  }

  /// The courses of all packs, in the order of their keys.
  public func courses() throws(SatchelError) -> [Course] { try store.courses() }

  /// The items of a topic of a course, lessons among them, in the order of the course; none for a topic that is not there.
  public func items(of topic: TopicID, in course: CourseID) throws(SatchelError) -> [ItemID] {
    try store.items(of: topic, in: course)
  }

  /// The item with its question, choices, answers and explanation; `nil` when no pack describes it.
  public func item(_ id: ItemID) throws(SatchelError) -> Item? { try store.item(id) }

  /// The bytes of a medium, by the 64 hex digits of its SHA-256; `nil` when it is not here.
  public func medium(sha256: String) throws(SatchelError) -> Medium? {
    try store.medium(sha256: sha256)
  }

  /// Titles of skills, for those that have one.
  public func skillTitles() throws(SatchelError) -> [SkillID: LocalizedText] {
    try store.skillTitles()
  }

  /// Items whose texts hold every word of `query`, best first; any script, one character is enough.
  public func search(_ query: String, in language: Language = .english, limit: Int = 20)
    throws(SatchelError) -> [SearchResult]
  {
    try store.search(query, language: language, limit: limit).map {
      SearchResult(item: $0.item, title: $0.title, snippet: $0.snippet)
    }
  }
}
