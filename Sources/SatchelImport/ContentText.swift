import SatchelCore

/// Content as JSON: what `content.json` in a pack and `course.json` in an author's folder hold.
///
///     {"course": {"id", "title": TEXT},
///      "topics": [{"id", "title": TEXT}],
///      "skills": [{"id", "title": TEXT, "prerequisites": [skill]}],
///      "items": [{"id", "topic", "kind": "choice"|"answer"|"lesson", "skills": [skill], "difficulty": 0...1,
///                 "question": TEXT, "choices": [TEXT], "correctChoice": n, "answers": [string],
///                 "explanation": TEXT, "media": [sha256]}],
///      "media": [{"sha256", "type"}]}
///
/// TEXT is an object of language codes and texts, such as {"en": "Three", "zh": "三"}. Fields that are not known are
/// passed over, so that a newer author's file still opens; `null` stands for a field left out.
enum ContentText {
  static let bytesMax = 16 << 20

  /// Reads content without the bytes of its media.
  ///
  /// - Throws: `input.tooLarge`, or `pack.invalid` with the line where a rule is broken.
  static func read(_ bytes: [UInt8], subject: String) throws(SatchelError) -> Content {
    guard bytes.count <= bytesMax else { throw SatchelError(.inputTooLarge, subject: subject) }
    var json = JSONReader(bytes, subject: subject)
    var limits = ContentLimits()
    var course: Course?
    var topics: [Topic] = []
    var content = Content()
    try json.openObject()
    while let name = try json.nextName() {
      switch name {
      case "course": course = try Self.course(&json, &limits)
      case "topics":
        topics = try list(&json, max: ContentLimits.topicsMax) { json throws(SatchelError) in
          try topic(&json, &limits)
        }
      case "skills":
        content.skills = try list(&json, max: ContentLimits.skillsMax) {
          json throws(SatchelError) in
          try skill(&json, &limits)
        }
      case "items":
        content.items = try list(&json, max: ContentLimits.itemsMax) { json throws(SatchelError) in
          try item(&json, &limits)
        }
      case "media":
        content.media = try list(&json, max: ContentLimits.mediaMax) { json throws(SatchelError) in
          try medium(&json)
        }
      default: try json.skip()
      }
    }
    try json.end()
    guard var course else { throw json.failure("no course") }
    course.topics = topics
    content.courses = [course]
    return content
  }

  private static func course(
    _ json: inout JSONReader, _ limits: inout ContentLimits
  ) throws(SatchelError) -> Course {
    let (id, title) = try titled(&json, &limits, CourseID.self)
    return Course(id: id, title: title, topics: [])
  }

  private static func topic(
    _ json: inout JSONReader, _ limits: inout ContentLimits
  ) throws(SatchelError) -> Topic {
    let (id, title) = try titled(&json, &limits, TopicID.self)
    return Topic(id: id, title: title)
  }

  private static func titled<Kind>(
    _ json: inout JSONReader, _ limits: inout ContentLimits, _: ContentKey<Kind>.Type
  ) throws(SatchelError) -> (ContentKey<Kind>, LocalizedText) {
    var id: ContentKey<Kind>?
    var title = LocalizedText([:])
    try json.openObject()
    while let name = try json.nextName() {
      switch name {
      case "id": id = try key(&json)
      case "title": title = try text(&json, &limits)
      default: try json.skip()
      }
    }
    guard let id else { throw json.failure("no id") }
    return (id, title)
  }

  private static func skill(
    _ json: inout JSONReader, _ limits: inout ContentLimits
  ) throws(SatchelError) -> Skill {
    var id: SkillID?
    var title = LocalizedText([:])
    var prerequisites: [SkillID] = []
    try json.openObject()
    while let name = try json.nextName() {
      switch name {
      case "id": id = try key(&json)
      case "title": title = try text(&json, &limits)
      case "prerequisites":
        prerequisites = try list(&json, max: ContentLimits.prerequisitesMax) {
          json throws(SatchelError) in
          try key(&json)
        }
      default: try json.skip()
      }
    }
    guard let id else { throw json.failure("a skill without id") }
    return Skill(id: id, title: title, prerequisites: prerequisites)
  }

  private static func item(
    _ json: inout JSONReader, _ limits: inout ContentLimits
  ) throws(SatchelError) -> Item {
    var id: ItemID?
    var topic: TopicID?
    var kind: Item.Kind?
    var item = Item(
      id: ItemID(checked: ""), topic: TopicID(checked: ""), kind: .lesson, skills: [],
      question: LocalizedText([:]), explanation: LocalizedText([:]))
    try json.openObject()
    while let name = try json.nextName() {
      switch name {
      case "id": id = try key(&json)
      case "topic": topic = try key(&json)
      case "kind": kind = Item.Kind(rawValue: try json.string(bytesMax: 16))
      default: try itemField(name, of: &item, &json, &limits)
      }
    }
    guard let id else { throw json.failure("an item without id") }
    guard let topic else { throw json.failure("item \(id): no topic") }
    guard let kind else { throw json.failure("item \(id): kind is none of choice, answer, lesson") }
    item.id = id
    item.topic = topic
    item.kind = kind
    return item
  }

  private static func itemField(
    _ name: String, of item: inout Item, _ json: inout JSONReader, _ limits: inout ContentLimits
  ) throws(SatchelError) {
    switch name {
    case "skills":
      item.skills = try list(&json, max: ContentLimits.skillsOfItemMax) {
        json throws(SatchelError) in
        try key(&json)
      }
    case "difficulty": if try !json.isNull() { item.difficulty = try json.number() }
    case "question": item.question = try text(&json, &limits)
    case "choices":
      item.choices = try list(&json, max: ContentLimits.choicesMax) { json throws(SatchelError) in
        try text(&json, &limits)
      }
    case "correctChoice": if try !json.isNull() { item.correctChoice = try json.integer() }
    case "answers":
      item.answers = try list(&json, max: ContentLimits.answersMax) { json throws(SatchelError) in
        try json.string(bytesMax: ContentLimits.answerBytesMax)
      }
    case "explanation": item.explanation = try text(&json, &limits)
    case "media":
      item.media = try list(&json, max: ContentLimits.mediaOfItemMax) {
        json throws(SatchelError) in
        try json.string(bytesMax: 64)
      }
    default: try json.skip()
    }
  }

  private static func medium(_ json: inout JSONReader) throws(SatchelError) -> Medium {
    var medium = Medium(sha256: "", type: "", bytes: [])
    try json.openObject()
    while let name = try json.nextName() {
      switch name {
      case "sha256": medium.sha256 = try json.string(bytesMax: 64)
      case "type": medium.type = try json.string(bytesMax: 128)
      default: try json.skip()
      }
    }
    return medium
  }

  private static func key<Kind>(_ json: inout JSONReader) throws(SatchelError) -> ContentKey<Kind> {
    let text = try json.string(bytesMax: 256)
    guard ContentKey<Kind>.isValid(text) else {
      throw json.failure("a key needs 1 to 64 bytes without control characters")
    }
    return ContentKey(checked: text)
  }

  private static func text(
    _ json: inout JSONReader, _ limits: inout ContentLimits
  ) throws(SatchelError) -> LocalizedText {
    var byLanguage: [String: String] = [:]
    if try json.isNull() { return LocalizedText([:]) }
    try json.openObject()
    while let language = try json.nextName() {
      guard ContentLimits.isLanguage(language) else { throw json.failure("not a language code") }
      byLanguage[language] = try json.string(bytesMax: ContentLimits.textBytesMax)
      guard limits.countText() else { throw json.failure("too many texts") }
    }
    return LocalizedText(byLanguage)
  }

  private static func list<Element>(
    _ json: inout JSONReader, max: Int,
    _ element: (inout JSONReader) throws(SatchelError) -> Element
  ) throws(SatchelError) -> [Element] {
    if try json.isNull() { return [] }
    var elements: [Element] = []
    try json.openArray()
    while try json.nextElement() {
      guard elements.count < max else { throw json.failure("more than \(max) of a kind") }
      elements.append(try element(&json))
    }
    return elements
  }

  /// The one way in which we write content: fields in the order above, languages by code, one thing a line.
  static func write(_ content: Content) -> [UInt8] {
    let course = content.courses.first
    var json = JSONWriter()
    json.object {
      $0.field("course") {
        $0.object {
          $0.field("id") { $0.string(course?.id.text ?? "") }
          $0.field("title") { $0.text(course?.title) }
        }
      }
      $0.field("topics") {
        $0.lines(course?.topics ?? []) { json, topic in
          json.object {
            $0.field("id") { $0.string(topic.id.text) }
            $0.field("title") { $0.text(topic.title) }
          }
        }
      }
      $0.field("skills") { $0.lines(content.skills) { $0.skill($1) } }
      $0.field("items") { $0.lines(content.items) { $0.item($1) } }
      $0.field("media") {
        $0.lines(content.media) { json, medium in
          json.object {
            $0.field("sha256") { $0.string(medium.sha256) }
            $0.field("type") { $0.string(medium.type) }
          }
        }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }
}

extension JSONWriter {
  fileprivate mutating func text(_ text: LocalizedText?) {
    let pairs = (text?.byLanguage ?? [:]).sorted { $0.key < $1.key }
    object { json in
      for (language, words) in pairs { json.field(language) { $0.string(words) } }
    }
  }

  fileprivate mutating func skill(_ skill: Skill) {
    object {
      $0.field("id") { $0.string(skill.id.text) }
      $0.field("title") { $0.text(skill.title) }
      $0.field("prerequisites") { $0.list(skill.prerequisites) { $0.string($1.text) } }
    }
  }

  fileprivate mutating func item(_ item: Item) {
    object {
      $0.field("id") { $0.string(item.id.text) }
      $0.field("topic") { $0.string(item.topic.text) }
      $0.field("kind") { $0.string(item.kind.rawValue) }
      $0.field("skills") { $0.list(item.skills) { $0.string($1.text) } }
      if let difficulty = item.difficulty { $0.field("difficulty") { $0.raw("\(difficulty)") } }
      $0.field("question") { $0.text(item.question) }
      $0.field("choices") { $0.list(item.choices) { $0.text($1) } }
      if let choice = item.correctChoice { $0.field("correctChoice") { $0.raw("\(choice)") } }
      $0.field("answers") { $0.list(item.answers) { $0.string($1) } }
      $0.field("explanation") { $0.text(item.explanation) }
      $0.field("media") { $0.list(item.media) { $0.string($1) } }
    }
  }
}
