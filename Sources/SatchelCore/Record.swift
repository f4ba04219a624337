/// One immutable fact of progress.
///
/// Canonical bytes, version 1, all numbers big-endian; this and nothing else is hashed and signed:
///
///     u8  version = 1        u8  kind (1 attempt, 2 view, 3 feedback, 4 setting, 5 anchor)
///     16  author             16  learner
///     u64 hybrid time        i64 wall milliseconds        u32 boot session
///     attempt:  item, skills, u8 flags (1 correct, 2 score, 4 duration), [u16 score], [u32 duration]
///     view:     item, skills, u8 flags (4 duration), [u32 duration]
///     feedback: item, skills, u8 kind
///     setting:  text name, u16 length and bytes of the value
///     anchor:   u32 boot session, i64 milliseconds
///
/// A text is a u8 length and its UTF-8; `skills` is a u8 count and as many texts. The form is unambiguous: each
/// field's length is fixed or stands before it, and no field is optional without a flag, so two different records
/// never share bytes.
public struct Record: Hashable, Sendable {
  /// Whom it is about.
  public let learner: LearnerID
  /// The replica that recorded it: the one whose key signs its stream, or the record is refused.
  public let author: ReplicaID
  /// Its place in the order of records.
  public let time: HybridTime
  /// When it happened by the device's wall clock, or as the caller gave it; milliseconds since 1970.
  public let wallMilliseconds: Int64
  /// The boot session of the device, so that one anchor can correct all its times.
  public let session: UInt32
  public let event: Event

  package init(
    learner: LearnerID, author: ReplicaID, time: HybridTime, wallMilliseconds: Int64,
    session: UInt32, event: Event
  ) {
    self.learner = learner
    self.author = author
    self.time = time
    self.wallMilliseconds = wallMilliseconds
    self.session = session
    self.event = event
  }
}

/// What happened.
public enum Event: Hashable, Sendable {
  case attempt(Attempt)
  case view(View)
  case feedback(Feedback)
  case setting(Setting)
  case anchor(Anchor)
}

/// An answer to an item.
public struct Attempt: Hashable, Sendable {
  public var item: ItemID
  /// The skills that the item exercised when it was answered: the record carries them, so that what is folded from
  /// records depends on records alone, and not on which packs a replica holds (INV-merge). At most 32.
  public var skills: [SkillID]
  public var isCorrect: Bool
  /// 0...1000, where the item gives part of the credit.
  public var scorePermille: UInt16?
  /// Time spent, in milliseconds.
  public var durationMilliseconds: UInt32?

  public init(
    item: ItemID, skills: [SkillID], isCorrect: Bool, scorePermille: UInt16? = nil,
    durationMilliseconds: UInt32? = nil
  ) {
    self.item = item
    self.skills = skills
    self.isCorrect = isCorrect
    self.scorePermille = scorePermille.map { min($0, 1000) }
    self.durationMilliseconds = durationMilliseconds
  }
}

/// Something was read or watched, and not answered.
public struct View: Hashable, Sendable {
  public var item: ItemID
  public var skills: [SkillID]
  public var durationMilliseconds: UInt32?

  public init(item: ItemID, skills: [SkillID], durationMilliseconds: UInt32? = nil) {
    self.item = item
    self.skills = skills
    self.durationMilliseconds = durationMilliseconds
  }
}

/// What the learner said of a recommendation.
public struct Feedback: Hashable, Sendable {
  public enum Kind: UInt8, CaseIterable, Sendable {
    case skipped = 1
    case tooEasy = 2
    case tooHard = 3
    case liked = 4
  }

  public var item: ItemID
  public var skills: [SkillID]
  public var kind: Kind

  public init(item: ItemID, skills: [SkillID], kind: Kind) {
    self.item = item
    self.skills = skills
    self.kind = kind
  }
}

/// A choice that follows the learner from device to device, such as her goal.
public struct Setting: Hashable, Sendable {
  /// The longest value, in bytes.
  public static let valueBytesMax = 1024

  public var name: String
  public var value: [UInt8]

  /// - Throws: `record.invalid` when the name is no valid key or the value is over ``valueBytesMax``.
  public init(name: String, value: [UInt8]) throws(SatchelError) {
    guard ItemID.isValid(name), value.count <= Self.valueBytesMax else {
      throw SatchelError(.recordInvalid, subject: "setting")
    }
    self.name = name
    self.value = value
  }
}

/// What a device learned of its own clock from a hub: by how much the hybrid times of one of its boot sessions are off.
///
/// There is one for each learner of whom the session holds records, so that every replica that has the records corrects
/// them alike (`Timeline`).
public struct Anchor: Hashable, Sendable {
  /// The author's boot session that it corrects.
  public var session: UInt32
  /// What is to be added to its times.
  public var offsetMilliseconds: Int64

  package init(session: UInt32, offsetMilliseconds: Int64) {
    self.session = session
    self.offsetMilliseconds = offsetMilliseconds
  }
}

extension Event {
  /// The most skills one item may exercise.
  package static let skillsMax = 32

  /// The item that this is about; `nil` for a setting or an anchor.
  public var item: ItemID? {
    switch self {
    case .attempt(let attempt): attempt.item
    case .view(let view): view.item
    case .feedback(let feedback): feedback.item
    case .setting, .anchor: nil
    }
  }

  /// The skills that this is about; none for a setting or an anchor.
  public var skills: [SkillID] {
    switch self {
    case .attempt(let attempt): attempt.skills
    case .view(let view): view.skills
    case .feedback(let feedback): feedback.skills
    case .setting, .anchor: []
    }
  }
}

extension Record {
  /// The bytes that are hashed and signed; see the layout above.
  package var canonicalBytes: [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(112)
    appendCanonical(to: &out)
    return out
  }

  package func appendCanonical(to out: inout [UInt8]) {
    // What has one length goes in at once: byte by byte it took as long as SHA-256 over it.
    withUnsafeBytes(
      of: (
        UInt64(bigEndian: author.high), UInt64(bigEndian: author.low),
        UInt64(bigEndian: learner.high), UInt64(bigEndian: learner.low),
        UInt64(bigEndian: time.bits), UInt64(bigEndian: UInt64(bitPattern: wallMilliseconds)),
        UInt32(bigEndian: session)
      )
    ) {
      out.append(1)
      out.append(event.kindNumber)
      out.append(contentsOf: $0.prefix(52))
    }
    event.appendCanonical(to: &out)
  }
}

extension Event {
  /// Also the number of the kind in a segment.
  package var kindNumber: UInt8 {
    switch self {
    case .attempt: 1
    case .view: 2
    case .feedback: 3
    case .setting: 4
    case .anchor: 5
    }
  }

  fileprivate func appendCanonical(to out: inout [UInt8]) {
    switch self {
    case .attempt(let attempt):
      Self.append(item: attempt.item, skills: attempt.skills, to: &out)
      out.append(
        (attempt.isCorrect ? 1 : 0) | (attempt.scorePermille != nil ? 2 : 0)
          | (attempt.durationMilliseconds != nil ? 4 : 0))
      if let score = attempt.scorePermille { out.appendBigEndian(score) }
      if let duration = attempt.durationMilliseconds { out.appendBigEndian(duration) }
    case .view(let view):
      Self.append(item: view.item, skills: view.skills, to: &out)
      out.append(view.durationMilliseconds != nil ? 4 : 0)
      if let duration = view.durationMilliseconds { out.appendBigEndian(duration) }
    case .feedback(let feedback):
      Self.append(item: feedback.item, skills: feedback.skills, to: &out)
      out.append(feedback.kind.rawValue)
    case .setting(let setting):
      Self.append(text: setting.name, to: &out)
      out.appendBigEndian(UInt16(setting.value.count))
      out.append(contentsOf: setting.value)
    case .anchor(let anchor):
      out.appendBigEndian(anchor.session)
      out.appendBigEndian(anchor.offsetMilliseconds)
    }
  }

  private static func append(item: ItemID, skills: [SkillID], to out: inout [UInt8]) {
    append(text: item.text, to: &out)
    out.append(UInt8(skills.count))
    for skill in skills { append(text: skill.text, to: &out) }
  }

  private static func append(text: String, to out: inout [UInt8]) {
    out.append(UInt8(text.utf8.count))
    out.append(contentsOf: text.utf8)
  }
}
