package import SatchelCore

/// Reads who answered what, and how: a table of interactions, `.csv` or `.csv.gz`.
///
/// Columns, by name and in any order: `learner,item,skill,correct` and, where the file has them,
/// `timestamp_ms,duration_ms`; others are passed over. `skill` names up to 32 skills with `;` between them, or none;
/// `correct` is 0 or 1; an empty time or duration is not known. Rows are pushed one by one, in file order, in constant
/// memory whatever the size of the file: some two million a second.
package struct InteractionFile {
  package static let skillsMax = 32
  /// Up to the year 2230: twice the span from 1970 to 2100.
  package static let timestampMillisecondsMax: Int64 = 4_102_444_800_000 * 2

  private static let columns = [
    "learner", "item", "skill", "correct", "timestamp_ms", "duration_ms",
  ]
  private static let optionalColumns: Set = ["timestamp_ms", "duration_ms"]

  /// What a reading came to.
  package struct Summary: Hashable, Sendable {
    /// The rows that were pushed.
    package let rows: Int
    /// All rows that were left out.
    package let badRowCount: Int
    /// The first thousand of them.
    package let badRows: [BadRow]
    /// SHA-256 of the bytes that were read, inflated: compare it with an earlier ``InteractionFile/contentDigest()``.
    package let digest: [UInt8]
  }

  private let file: CSVFile

  /// - Parameter inflatedBytesMax: how much a gzip may hold.
  /// - Throws: `file.missing` or `file.unreadable`.
  package init(path: String, inflatedBytesMax: Int64 = 64 << 30) throws(SatchelError) {
    file = try CSVFile(path: path, outputBytesMax: inflatedBytesMax)
  }

  /// SHA-256 of the file's bytes, inflated; reads the whole file.
  package func contentDigest() throws(SatchelError) -> [UInt8] {
    try file.contentDigest()
  }

  /// Pushes every good row into `row`, with the line that it stands on (the header's is 1).
  ///
  /// Bad rows are counted and passed over: whether any is too many is for the caller to say.
  ///
  /// - Throws: `file.malformed` for what is no such table, a cut or broken gzip, or more than a million bad rows;
  ///   `input.tooLarge` for a gzip bomb; and whatever `row` throws, which ends the reading.
  package func read(_ row: (Interaction, _ line: Int) throws -> Void) throws -> Summary {
    var reader = InteractionRow()
    let summary = try file.read(columns: Self.columns, optional: Self.optionalColumns) {
      fields, line in
      if let reason = reader.read(fields) { return reason }
      try row(reader.interaction, line)
      return nil
    }
    return Summary(
      rows: summary.rows, badRowCount: summary.badRowCount, badRows: summary.badRows,
      digest: summary.digest)
  }
}

/// Turns fields into an ``Interaction``; keys that come again and again are made once.
private struct InteractionRow {
  private var learners = KeyCache<String>()
  private var items = KeyCache<ItemID>()
  private var skillLists = KeyCache<[SkillID]>()
  private(set) var interaction = Interaction(
    learner: "", item: ItemID(checked: ""), skills: [], isCorrect: false)

  /// `nil` where all is well, and then ``interaction`` is the row.
  mutating func read(_ fields: CSVFields) -> BadRow.Reason? {
    guard let learner = learners.value(for: fields[0], make: Self.key) else { return .learner }
    guard let item = items.value(for: fields[1], make: { Self.key($0).map(ItemID.init(checked:)) })
    else { return .item }
    guard let skills = skillLists.value(for: fields[2], make: Self.skills) else { return .skill }
    guard fields[3].count == 1,
      fields[3][0] == UInt8(ascii: "0") || fields[3][0] == UInt8(ascii: "1")
    else { return .correct }
    interaction.learner = learner
    interaction.item = item
    interaction.skills = skills
    interaction.isCorrect = fields[3][0] == UInt8(ascii: "1")
    interaction.timestampMilliseconds = nil
    interaction.durationMilliseconds = nil
    if !fields[4].isEmpty {
      guard let time = Self.number(fields[4]), time <= InteractionFile.timestampMillisecondsMax,
        time >= 0
      else { return .timestamp }
      interaction.timestampMilliseconds = time
    }
    if !fields[5].isEmpty {
      guard let duration = Self.number(fields[5]) else { return .duration }
      interaction.durationMilliseconds = UInt32(clamping: duration)
    }
    return nil
  }

  private static func key(_ bytes: UnsafeRawBufferPointer) -> String? {
    guard let text = String(validating: bytes, as: UTF8.self), ItemID.isValid(text) else {
      return nil
    }
    return text
  }

  /// A skill that is named twice counts once.
  private static func skills(_ bytes: UnsafeRawBufferPointer) -> [SkillID]? {
    guard !bytes.isEmpty else { return [] }
    var skills: [SkillID] = []
    for part in bytes.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false) {
      guard let text = key(UnsafeRawBufferPointer(rebasing: part)) else { return nil }
      let skill = SkillID(checked: text)
      if !skills.contains(skill) { skills.append(skill) }
      guard skills.count <= InteractionFile.skillsMax else { return nil }
    }
    return skills
  }

  /// A whole number, clamped to 64 bits. The `.0` that table programs put behind whole numbers is let pass, and any
  /// other fraction of a millisecond with it.
  private static func number(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    var rest = bytes[...]
    let isNegative = rest.first == UInt8(ascii: "-")
    if isNegative { rest = rest.dropFirst() }
    var value: Int64 = 0
    var digits = 0
    while let byte = rest.first, let digit = digit(byte) {
      value = value > .max / 10 - 1 ? .max / 10 : value * 10 + digit
      digits += 1
      rest = rest.dropFirst()
    }
    guard digits > 0 else { return nil }
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      guard !rest.isEmpty, rest.allSatisfy({ digit($0) != nil }) else { return nil }
    } else if !rest.isEmpty {
      return nil
    }
    return isNegative ? -value : value
  }

  private static func digit(_ byte: UInt8) -> Int64? {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) ? Int64(byte) - 48 : nil
  }
}
