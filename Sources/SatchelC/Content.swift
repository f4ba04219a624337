// The functions of satchel.h, by its names.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSatchel
internal import Satchel

@c @implementation
public func satchel_pack_import(
  _ replica: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ flags: UInt32,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_import_report>?>?
) -> satchel_status {
  call(handingOver: out, isOptional: true) { (_) throws(SatchelError) in
    guard flags & ~SATCHEL_TRUST_PUBLISHER == 0 else { throw usage("flags", "unknown") }
    let report = try SatchelC.replica(replica).importPack(
      at: try fileURL(path), trustsNewPublisher: flags & SATCHEL_TRUST_PUBLISHER != 0)
    return satchel_import_report(
      courses: Int64(report.courses), topics: Int64(report.topics), items: Int64(report.items),
      skills: Int64(report.skills), media: Int64(report.media), is_new: report.isNew)
  }
}

@c @implementation
public func satchel_courses_list(
  _ replica: OpaquePointer?, _ language: satchel_language,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_courses>?>?
) -> satchel_status {
  call(handingOver: out) { (result) throws(SatchelError) in
    let language = Language(language)
    let courses = try SatchelC.replica(replica).courses().map { course in
      let topics = course.topics.map { topic in
        satchel_topic(
          id: result.text(topic.id.text), title: result.text(topic.title.text(in: language)))
      }
      return satchel_course(
        id: result.text(course.id.text), title: result.text(course.title.text(in: language)),
        topic_count: topics.count, topics: result.list(topics))
    }
    return satchel_courses(count: courses.count, list: result.list(courses))
  }
}

@c @implementation
public func satchel_skills_list(
  _ replica: OpaquePointer?, _ language: satchel_language,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_skills>?>?
) -> satchel_status {
  call(handingOver: out) { (result) throws(SatchelError) in
    let titles = try SatchelC.replica(replica).skillTitles().sorted { $0.key < $1.key }
    let skills = titles.map { skill, title in
      satchel_skill(
        id: result.text(skill.text), title: result.text(title.text(in: Language(language))))
    }
    return satchel_skills(count: skills.count, list: result.list(skills))
  }
}

@c @implementation
public func satchel_topic_items(
  _ replica: OpaquePointer?, _ course: UnsafePointer<CChar>?, _ topic: UnsafePointer<CChar>?,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_item_keys>?>?
) -> satchel_status {
  call(handingOver: out) { (result) throws(SatchelError) in
    let items = try SatchelC.replica(replica).items(
      of: try TopicID(try text(topic, "topic")), in: try CourseID(try text(course, "course")))
    return satchel_item_keys(count: items.count, list: result.texts(items.map(\.text)))
  }
}

@c @implementation
public func satchel_item_read(
  _ replica: OpaquePointer?, _ item: UnsafePointer<CChar>?, _ language: satchel_language,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_item>?>?
) -> satchel_status {
  call(handingOver: out) { (result) throws(SatchelError) in
    let id = try itemID(item)
    guard let item = try SatchelC.replica(replica).item(id) else {
      throw SatchelError(.itemUnknown, subject: id.text)
    }
    return result.item(item, Language(language))
  }
}

extension ResultArena {
  fileprivate func item(_ item: Item, _ language: Language) -> satchel_item {
    satchel_item(
      id: text(item.id.text), topic: text(item.topic.text), kind: item.kind.c,
      question: text(item.question.text(in: language)), choice_count: item.choices.count,
      choices: texts(item.choices.map { $0.text(in: language) }),
      correct_choice: Int32(item.correctChoice ?? -1), answer_count: item.answers.count,
      answers: texts(item.answers), explanation: text(item.explanation.text(in: language)),
      skill_count: item.skills.count, skills: texts(item.skills.map(\.text)),
      medium_count: item.media.count, media: texts(item.media),
      difficulty: item.difficulty ?? -1)
  }
}

extension Item.Kind {
  fileprivate var c: satchel_item_kind {
    switch self {
    case .choice: SATCHEL_ITEM_CHOICE
    case .answer: SATCHEL_ITEM_ANSWER
    case .lesson: SATCHEL_ITEM_LESSON
    }
  }
}

@c @implementation
public func satchel_medium_read(
  _ replica: OpaquePointer?, _ sha256: UnsafePointer<CChar>?,
  _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_medium>?>?
) -> satchel_status {
  call(handingOver: out) { (result) throws(SatchelError) in
    let digest = try text(sha256, "sha256")
    guard digest.utf8.count == 64, digest.allSatisfy(\.isHexDigit) else {
      throw usage("sha256", "64 hex digits")
    }
    guard let medium = try SatchelC.replica(replica).medium(sha256: digest) else {
      throw SatchelError(.fileMissing, subject: digest)
    }
    return satchel_medium(
      type: result.text(medium.type), byte_count: medium.bytes.count,
      bytes: result.bytes(medium.bytes).assumingMemoryBound(to: UInt8.self))
  }
}

@c @implementation
public func satchel_items_search(
  _ replica: OpaquePointer?, _ query: UnsafePointer<CChar>?, _ language: satchel_language,
  _ limit: Int, _ out: UnsafeMutablePointer<UnsafeMutablePointer<satchel_search_results>?>?
) -> satchel_status {
  call(handingOver: out) { (result) throws(SatchelError) in
    let found = try SatchelC.replica(replica).search(
      try text(query, "query"), in: Language(language),
      limit: try SatchelC.limit(limit, listLimits))
    let list = found.map {
      satchel_search_result(
        item: result.text($0.item.text), title: result.text($0.title),
        snippet: result.text($0.snippet))
    }
    return satchel_search_results(count: list.count, list: result.list(list))
  }
}
