internal import Foundation
internal import SwiftProtobuf

/// Packs records of one stream into columns.
///
/// Layout: one byte, 0 for plain, 1 for zstd (one frame that states its size) and 2 for zstd with planes behind it, then the
/// protobuf message `SegmentColumns` of segment.proto, of version 1 or 2 (``SegmentPlanes``). In form 2 what follows the
/// frame is the message's `low_planes`. Valid is what decodes within the limits, whose columns have exactly the lengths
/// that the kinds ask for, whose times rise and whose keys are valid. That is enough: what is *in* the records is proven
/// by hash and signature over their canonical bytes, which this packing does not enter.
package enum SegmentCodec {
  /// The most bytes after inflating.
  package static let inflatedBytesMax = 8 << 20

  private static let plain: UInt8 = 0
  private static let zstd: UInt8 = 1
  private static let zstdThenPlanes: UInt8 = 2

  /// Packs `records`, in order; all of them must be of `stream`.
  package static func encode(_ records: [Record], of stream: RecordStream) -> [UInt8] {
    var packer = ColumnPacker(replica: stream.replica)
    for record in records { packer.append(record) }
    var message = packer.columns()
    var low: [UInt8] = []
    if records.count >= SegmentPlanes.recordsMin {
      SegmentPlanes.pack(&message)
      low = [UInt8](message.lowPlanes)
      message.lowPlanes = Data()
    }
    let parts =
      low.isEmpty ? [serialized(message)] : SegmentPlanes.parts(of: message).map(serialized)
    if let packed = Compression.deflate(parts: parts) {
      return [low.isEmpty ? zstd : zstdThenPlanes] + packed + low
    }
    message.lowPlanes = Data(low)
    return [plain] + serialized(message)
  }

  private static func serialized(_ message: WireSegmentColumns) -> [UInt8] {
    // Serialising a message without required fields into memory cannot fail; an empty one would be refused on reading.
    (try? message.serializedBytes()) ?? []
  }

  /// Unpacks what ``encode(_:of:)`` made. Throws `segment.malformed` for anything else.
  package static func decode(_ bytes: [UInt8], of stream: RecordStream) throws(SatchelError)
    -> [Record]
  {
    guard let form = bytes.first, bytes.count <= Segment.bytesMax else {
      throw malformed(stream, "size")
    }
    let columns: [UInt8]
    var low: ArraySlice<UInt8> = []
    switch form {
    case plain: columns = Array(bytes.dropFirst())
    case zstd, zstdThenPlanes:
      guard let inflated = Compression.inflate(bytes.dropFirst(), bytesMax: inflatedBytesMax),
        form == zstdThenPlanes || inflated.rest.isEmpty
      else { throw malformed(stream, "compression") }
      (columns, low) = (inflated.bytes, inflated.rest)
    default: throw malformed(stream, "form")
    }
    var options = BinaryDecodingOptions()
    options.messageDepthLimit = 4
    guard var message = try? WireSegmentColumns(serializedBytes: columns, options: options),
      complete(&message, low), var reader = ColumnReader(message, stream: stream),
      let records = reader.records()
    else { throw malformed(stream, "columns") }
    return records
  }

  /// Brings a message of any version that is known to version 1; `false` for any other, or one that does not fit.
  private static func complete(_ message: inout WireSegmentColumns, _ low: ArraySlice<UInt8>)
    -> Bool
  {
    guard (1...UInt32(Segment.recordsMax)).contains(message.count) else { return false }
    switch message.version {
    case 1: return low.isEmpty && message.lowPlanes.isEmpty && message.highPlanes.isEmpty
    case 2:
      if !low.isEmpty {
        guard message.lowPlanes.isEmpty else { return false }
        message.lowPlanes = Data(low)
      }
      return SegmentPlanes.unpack(&message)
    default: return false
    }
  }

  private static func malformed(_ stream: RecordStream, _ cause: String) -> SatchelError {
    SatchelError(.segmentMalformed, subject: stream.id.description, cause: cause)
  }
}

/// Items with the skills they had when they were answered: an entry of a segment's dictionary.
private struct DictionaryEntry: Hashable {
  let item: ItemID
  let skills: [SkillID]
}

private struct ColumnPacker {
  private let replica: ReplicaID
  private var firstMilliseconds: UInt64 = 0
  private var millisecondDelta: [UInt64] = []
  private var entryReference: [UInt32] = []
  private var entrySkillCount: [UInt32] = []
  private var entrySkill: [UInt32] = []
  private var scores: [UInt32] = []
  private var durations: [UInt32] = []
  private var settings: [WireSegmentSetting] = []
  private var anchors: [Anchor] = []
  private var entries: [DictionaryEntry: UInt32] = [:]
  private var items: [String] = []
  private var skillIndexes: [SkillID: UInt32] = [:]
  private var skills: [String] = []
  private var authors: [ReplicaID: UInt32] = [:]
  private var authorColumn: [UInt32] = []
  private var kinds: [UInt8] = []
  private var flags: [UInt8] = []
  private var feedback: [UInt8] = []
  private var counters: [Int32] = []
  private var walls: [Int64] = []
  private var sessions: [Int64] = []
  private var lastTime: HybridTime?
  private var lastWall: Int64 = 0
  private var lastSession: Int64 = 0

  init(replica: ReplicaID) { self.replica = replica }

  mutating func append(_ record: Record) {
    appendTimes(of: record)
    appendAuthor(record.author)
    kinds.append(record.event.kindNumber)
    switch record.event {
    case .attempt(let attempt):
      appendEntry(attempt.item, attempt.skills)
      let flag: UInt8 = attempt.isCorrect ? 1 : 0
      appendFlags(flag, score: attempt.scorePermille, duration: attempt.durationMilliseconds)
    case .view(let view):
      appendEntry(view.item, view.skills)
      appendFlags(0, score: nil, duration: view.durationMilliseconds)
    case .feedback(let said):
      appendEntry(said.item, said.skills)
      feedback.append(said.kind.rawValue)
    case .setting(let setting):
      var entry = WireSegmentSetting()
      entry.name = setting.name
      entry.value = Data(setting.value)
      settings.append(entry)
    case .anchor(let anchor):
      anchors.append(anchor)
    }
  }

  /// Columns that hold only zeros are left out; that, and zstd, is where most of the size goes.
  func columns() -> WireSegmentColumns {
    var out = WireSegmentColumns()
    out.version = 1
    out.firstMilliseconds = firstMilliseconds
    out.millisecondDelta = millisecondDelta
    out.entryReference = entryReference
    out.entrySkillCount = entrySkillCount
    out.entrySkill = entrySkill
    out.score = scores
    out.duration = durations
    out.settings = settings
    out.anchorSession = anchors.map(\.session)
    out.anchorOffset = anchors.map(\.offsetMilliseconds)
    out.count = UInt32(kinds.count)
    if counters.contains(where: { $0 != 0 }) { out.counterDelta = counters }
    if walls.contains(where: { $0 != 0 }) { out.wallDelta = walls }
    if sessions.contains(where: { $0 != 0 }) { out.sessionDelta = sessions }
    if kinds.contains(where: { $0 != 1 }) { out.kinds = Data(kinds) }
    out.items = items.joined(separator: "\n")
    out.skills = skills.joined(separator: "\n")
    out.flags = Data(flags)
    out.feedback = Data(feedback)
    if !authors.isEmpty {
      let ordered = authors.sorted { $0.value < $1.value }
      out.authors = Data(ordered.flatMap { $0.key.bytes })
      out.author = authorColumn
    }
    return out
  }

  private mutating func appendTimes(of record: Record) {
    let time = record.time
    let before = lastTime ?? HybridTime(milliseconds: time.milliseconds)
    if lastTime == nil { firstMilliseconds = UInt64(time.milliseconds) }
    millisecondDelta.append(UInt64(max(0, time.milliseconds - before.milliseconds)))
    counters.append(Int32(time.counter) - Int32(before.counter))
    // Wrapping arithmetic: a wall time is any Int64, and reading wraps back to the same one.
    let wall = record.wallMilliseconds &- time.milliseconds
    walls.append(wall &- lastWall)
    sessions.append(Int64(record.session) - lastSession)
    (lastTime, lastWall, lastSession) = (time, wall, Int64(record.session))
  }

  private mutating func appendAuthor(_ author: ReplicaID) {
    guard author != replica else { return authorColumn.append(0) }
    let index = authors[author] ?? UInt32(authors.count + 1)
    authors[author] = index
    authorColumn.append(index)
  }

  private mutating func appendFlags(_ flag: UInt8, score: UInt16?, duration: UInt32?) {
    flags.append(flag | (score != nil ? 2 : 0) | (duration != nil ? 4 : 0))
    if let score { scores.append(UInt32(score)) }
    if let duration { durations.append(duration) }
  }

  private mutating func appendEntry(_ item: ItemID, _ itemSkills: [SkillID]) {
    let entry = DictionaryEntry(item: item, skills: itemSkills)
    if let index = entries[entry] {
      entryReference.append(index + 1)
      return
    }
    entries[entry] = UInt32(items.count)
    items.append(item.text)
    entrySkillCount.append(UInt32(itemSkills.count))
    for skill in itemSkills {
      let index = skillIndexes[skill] ?? UInt32(skills.count)
      if Int(index) == skills.count {
        skillIndexes[skill] = index
        skills.append(skill.text)
      }
      entrySkill.append(index)
    }
    entryReference.append(0)
  }
}

/// Reads columns that nobody vouches for; every step that does not fit gives `nil`.
private struct ColumnReader {
  private let stream: RecordStream
  private let replica: ReplicaID
  private let count: Int
  // Each column is taken out of the message once: the message keeps them behind a reference, and asking it for every
  // record cost a third of decoding.
  private let firstMilliseconds: UInt64
  private let millisecondDelta: [UInt64]
  private let counterDelta: [Int32]
  private let wallDelta: [Int64]
  private let sessionDelta: [Int64]
  private let entryReference: [UInt32]
  private let scores: [UInt32]
  private let durations: [UInt32]
  private let authorColumn: [UInt32]
  private let settings: [WireSegmentSetting]
  private let anchorSession: [UInt32]
  private let anchorOffset: [Int64]
  private let kinds: [UInt8]
  private let flags: [UInt8]
  private let feedback: [UInt8]
  private let authors: [ReplicaID]
  private var entries: [DictionaryEntry] = []
  private var nextEntry = 0
  private var (reference, flag, score, duration, said, setting, anchor) = (0, 0, 0, 0, 0, 0, 0)

  init?(_ message: WireSegmentColumns, stream: RecordStream) {
    self.stream = stream
    replica = stream.replica
    firstMilliseconds = message.firstMilliseconds
    millisecondDelta = message.millisecondDelta
    counterDelta = message.counterDelta
    wallDelta = message.wallDelta
    sessionDelta = message.sessionDelta
    entryReference = message.entryReference
    scores = message.score
    durations = message.duration
    authorColumn = message.author
    settings = message.settings
    anchorSession = message.anchorSession
    anchorOffset = message.anchorOffset
    guard message.version == 1, message.count >= 1, message.count <= Segment.recordsMax else {
      return nil
    }
    count = Int(message.count)
    kinds = message.kinds.isEmpty ? [UInt8](repeating: 1, count: count) : Array(message.kinds)
    flags = Array(message.flags)
    feedback = Array(message.feedback)
    let authorBytes = Array(message.authors)
    guard authorBytes.count.isMultiple(of: 16), authorBytes.count <= 16 * count else { return nil }
    authors = stride(from: 0, to: authorBytes.count, by: 16).compactMap {
      ReplicaID(bytes: authorBytes[$0..<$0 + 16])
    }
    func fits(_ column: Int) -> Bool { column == 0 || column == count }
    guard kinds.count == count, millisecondDelta.count == count,
      fits(counterDelta.count), fits(wallDelta.count),
      fits(sessionDelta.count), fits(authorColumn.count),
      let entries = Self.entries(of: message, atMost: count)
    else { return nil }
    self.entries = entries
  }

  mutating func records() -> [Record]? {
    var out: [Record] = []
    out.reserveCapacity(count)
    guard firstMilliseconds < 1 << 48 else { return nil }
    var milliseconds = firstMilliseconds
    var (counter, wall, session): (Int64, Int64, Int64) = (0, 0, 0)
    for index in 0..<count {
      let (sum, overflow) = milliseconds.addingReportingOverflow(millisecondDelta[index])
      milliseconds = sum
      counter += counterDelta.isEmpty ? 0 : Int64(counterDelta[index])
      wall = wallDelta.isEmpty ? wall : wall &+ wallDelta[index]
      session = sessionDelta.isEmpty ? session : session &+ sessionDelta[index]
      guard !overflow, milliseconds < 1 << 48, let counter = UInt16(exactly: counter),
        let session = UInt32(exactly: session), let author = author(at: index),
        let event = nextEvent(kind: kinds[index])
      else { return nil }
      let time = HybridTime(milliseconds: Int64(milliseconds), counter: counter)
      // One device's times rise within its stream; a stream that goes back is no stream.
      if let before = out.last?.time, time <= before { return nil }
      out.append(
        Record(
          learner: stream.learner, author: author, time: time,
          wallMilliseconds: wall &+ time.milliseconds, session: session, event: event))
    }
    return isUsedUp ? out : nil
  }

  /// No column may hold more than the records asked for, or two packings of the same bytes could differ in meaning.
  private var isUsedUp: Bool {
    nextEntry == entries.count && reference == entryReference.count
      && flag == flags.count && score == scores.count
      && duration == durations.count && said == feedback.count
      && setting == settings.count && anchor == anchorSession.count
      && anchor == anchorOffset.count
  }

  private func author(at index: Int) -> ReplicaID? {
    guard !authorColumn.isEmpty, authorColumn[index] > 0 else { return replica }
    let number = Int(authorColumn[index]) - 1
    return number < authors.count ? authors[number] : nil
  }

  private mutating func nextEvent(kind: UInt8) -> Event? {
    if kind == 4 { return nextSetting() }
    if kind == 5 { return nextAnchor() }
    guard let entry = nextDictionaryEntry() else { return nil }
    switch kind {
    case 1:
      guard let read = nextFlags() else { return nil }
      return .attempt(
        Attempt(
          item: entry.item, skills: entry.skills, isCorrect: read.flag & 1 == 1,
          scorePermille: read.score, durationMilliseconds: read.duration))
    case 2:
      guard let read = nextFlags(), read.flag & 3 == 0 else { return nil }
      return .view(
        View(item: entry.item, skills: entry.skills, durationMilliseconds: read.duration))
    case 3:
      guard said < feedback.count, let kind = Feedback.Kind(rawValue: feedback[said]) else {
        return nil
      }
      said += 1
      return .feedback(Feedback(item: entry.item, skills: entry.skills, kind: kind))
    default: return nil
    }
  }

  private mutating func nextSetting() -> Event? {
    guard setting < settings.count else { return nil }
    let entry = settings[setting]
    setting += 1
    return (try? Setting(name: entry.name, value: Array(entry.value))).map(Event.setting)
  }

  private mutating func nextAnchor() -> Event? {
    guard anchor < anchorSession.count, anchor < anchorOffset.count else {
      return nil
    }
    defer { anchor += 1 }
    return .anchor(
      Anchor(
        session: anchorSession[anchor],
        offsetMilliseconds: anchorOffset[anchor]))
  }

  private mutating func nextDictionaryEntry() -> DictionaryEntry? {
    guard reference < entryReference.count else { return nil }
    let number = Int(entryReference[reference])
    reference += 1
    if number > 0 { return number <= nextEntry ? entries[number - 1] : nil }
    guard nextEntry < entries.count else { return nil }
    nextEntry += 1
    return entries[nextEntry - 1]
  }

  private mutating func nextFlags() -> (flag: UInt8, score: UInt16?, duration: UInt32?)? {
    guard flag < flags.count, flags[flag] < 8 else { return nil }
    let read = flags[flag]
    flag += 1
    var out: (flag: UInt8, score: UInt16?, duration: UInt32?) = (read, nil, nil)
    if read & 2 != 0 {
      guard score < scores.count, scores[score] <= 1000 else { return nil }
      out.score = UInt16(scores[score])
      score += 1
    }
    if read & 4 != 0 {
      guard duration < durations.count else { return nil }
      out.duration = durations[duration]
      duration += 1
    }
    return out
  }

  private static func entries(of message: WireSegmentColumns, atMost count: Int)
    -> [DictionaryEntry]?
  {
    let items = split(message.items)
    let skills = split(message.skills)
    guard items.count <= count, message.entrySkillCount.count == items.count,
      items.allSatisfy(ItemID.isValid), skills.allSatisfy(SkillID.isValid)
    else { return nil }
    let skillKeys = skills.map { SkillID(checked: $0) }
    var next = 0
    var out: [DictionaryEntry] = []
    for (item, skillCount) in zip(items, message.entrySkillCount) {
      guard skillCount <= Event.skillsMax, next + Int(skillCount) <= message.entrySkill.count
      else { return nil }
      var own: [SkillID] = []
      for index in message.entrySkill[next..<next + Int(skillCount)] {
        guard index < skillKeys.count else { return nil }
        own.append(skillKeys[Int(index)])
      }
      next += Int(skillCount)
      out.append(DictionaryEntry(item: ItemID(checked: item), skills: own))
    }
    return next == message.entrySkill.count ? out : nil
  }

  /// By bytes: walking over characters took longer than all else in decoding.
  private static func split(_ joined: String) -> [String] {
    if joined.isEmpty { return [] }
    var joined = joined
    return joined.withUTF8 { bytes in
      bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        .map { String(decoding: $0, as: UTF8.self) }
    }
  }
}
