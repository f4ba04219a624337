import SatchelCore

/// Whether content hangs together, whoever wrote it.
///
/// Ids are unique, what is named exists, skills ask for each other in no circle, every item can be answered, and media
/// are named by a hash and a type.
struct ContentCheck {
  /// The file that errors point to.
  private let subject: String

  /// - Throws: `pack.invalid`, its subject the first thing that is wrong.
  static func check(_ content: Content, subject: String) throws(SatchelError) {
    let check = ContentCheck(subject: subject)
    let topics = content.courses.flatMap(\.topics)
    try check.unique(content.courses.map(\.id.text), "course")
    try check.unique(topics.map(\.id.text), "topic")
    try check.unique(content.skills.map(\.id.text), "skill")
    try check.unique(content.items.map(\.id.text), "item")
    try check.unique(content.media.map(\.sha256), "medium")
    try check.skills(content.skills)
    for medium in content.media { try check.medium(medium) }
    let known = Known(
      topics: Set(topics.map(\.id)), skills: Set(content.skills.map(\.id)),
      media: Set(content.media.map(\.sha256)))
    for item in content.items { try check.item(item, known) }
  }

  private struct Known {
    let topics: Set<TopicID>
    let skills: Set<SkillID>
    let media: Set<String>
  }

  private func unique(_ ids: [String], _ what: String) throws(SatchelError) {
    var seen: Set<String> = []
    for id in ids where !seen.insert(id).inserted { throw failure("\(what) \(id)", "stands twice") }
  }

  private func skills(_ skills: [Skill]) throws(SatchelError) {
    let known = Set(skills.map(\.id))
    for skill in skills {
      for other in skill.prerequisites where !known.contains(other) {
        throw failure("skill \(skill.id)", "prerequisite \(other) is not in the pack")
      }
    }
    if let inCircle = Self.skillInCircle(skills) {
      throw failure("skill \(inCircle)", "its prerequisites lead back to itself")
    }
  }

  /// A skill that can never be begun, because it waits for itself; `nil` where there is an order for all.
  ///
  /// Source: Kahn, "Topological sorting of large networks", CACM 5(11), 1962. No recursion: a chain may be 20,000 long.
  private static func skillInCircle(_ skills: [Skill]) -> SkillID? {
    var waitsFor: [SkillID: Int] = [:]
    var opens: [SkillID: [SkillID]] = [:]
    for skill in skills {
      waitsFor[skill.id] = skill.prerequisites.count
      for other in skill.prerequisites { opens[other, default: []].append(skill.id) }
    }
    var ready = skills.map(\.id).filter { waitsFor[$0] == 0 }
    while let skill = ready.popLast() {
      waitsFor[skill] = nil
      for next in opens[skill] ?? [] {
        let left = (waitsFor[next] ?? 0) - 1
        waitsFor[next] = left
        if left == 0 { ready.append(next) }
      }
    }
    return waitsFor.keys.min()
  }

  private func item(_ item: Item, _ known: Known) throws(SatchelError) {
    if let wrong = Self.violation(of: item, known) { throw failure("item \(item.id)", wrong) }
  }

  private static func violation(of item: Item, _ known: Known) -> String? {
    if !known.topics.contains(item.topic) { return "topic \(item.topic) is not in the course" }
    if let skill = item.skills.first(where: { !known.skills.contains($0) }) {
      return "skill \(skill) is not in the pack"
    }
    if Set(item.skills).count != item.skills.count { return "a skill stands twice" }
    if let difficulty = item.difficulty, !(0...1).contains(difficulty) {
      return "difficulty is not within 0...1"
    }
    if item.media.contains(where: { !known.media.contains($0) }) { return "a medium is not listed" }
    switch item.kind {
    case .choice:
      guard let choice = item.correctChoice, item.choices.indices.contains(choice) else {
        return "correctChoice names none of the choices"
      }
    case .answer: if item.answers.isEmpty { return "no answers" }
    case .lesson: break
    }
    return nil
  }

  private func medium(_ medium: Medium) throws(SatchelError) {
    guard Self.isDigest(medium.sha256) else {
      throw failure("medium", "sha256 is not 64 lower-case hex digits")
    }
    guard Self.isType(medium.type) else {
      throw failure("medium \(medium.sha256)", "type is not like image/png")
    }
  }

  private static func isDigest(_ text: String) -> Bool {
    guard let bytes = Hex.decode(text) else { return false }
    return bytes.count == 32 && Hex.encode(bytes) == text
  }

  /// RFC 6838, section 4.2, in small letters and without parameters.
  private static func isType(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        (1...63).contains(part.utf8.count)
          && part.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789.+-".utf8.contains($0) }
      }
  }

  private func failure(_ what: String, _ cause: String) -> SatchelError {
    SatchelError(.packInvalid, subject: "\(subject): \(what)", cause: cause)
  }
}
