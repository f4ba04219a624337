import CArchive
import Foundation
import SatchelCore
import Testing

@testable import SatchelImport

/// A folder that goes when the test ends.
final class Desk {
  let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "satchel-import-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func path(_ name: String) -> String { "\(folder)/\(name)" }

  @discardableResult
  func put(_ text: String, as name: String = "table.csv") throws -> String {
    try put(Array(text.utf8), as: name)
  }

  @discardableResult
  func put(_ bytes: [UInt8], as name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  func text(_ name: String) throws -> String {
    try String(contentsOfFile: path(name), encoding: .utf8)
  }

  var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: folder) } }
}

/// One gzip member. Level 0 stores the bytes as they are.
func gzip(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
  var out = [UInt8](repeating: 0, count: bytes.count * 2 + 1024)
  var used = 0
  let archive = archive_write_new()
  let entry = archive_entry_new()
  archive_write_add_filter_gzip(archive)
  archive_write_set_filter_option(archive, "gzip", "compression-level", "\(level)")
  archive_write_set_format_raw(archive)
  archive_write_set_bytes_in_last_block(archive, 1)
  archive_write_open_memory(archive, &out, out.count, &used)
  archive_entry_set_filetype(entry, 0o100000)
  archive_write_header(archive, entry)
  archive_write_data(archive, bytes, bytes.count)
  archive_write_close(archive)
  archive_entry_free(entry)
  archive_write_free(archive)
  return Array(out[0..<used])
}

func gzip(_ text: String, level: Int = 6) -> [UInt8] { gzip(Array(text.utf8), level: level) }

/// The code of the error that `body` throws; `nil` when it throws none.
func code(of body: () throws -> Void) throws -> SatchelError.Code? {
  do {
    try body()
    return nil
  } catch let error as SatchelError {
    return error.code
  }
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014); the seed is printed, and `SATCHEL_SEED` sets it.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(for name: String) {
    let given = ProcessInfo.processInfo.environment["SATCHEL_SEED"].flatMap { UInt64($0) }
    state = given ?? .random(in: .min ... .max)
    print("\(name): SATCHEL_SEED=\(state)")
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A copy with one to eight bytes changed, put in, or taken out, or cut off.
  mutating func mutant(of bytes: [UInt8]) -> [UInt8] {
    var mutant = bytes
    for _ in 0..<Int.random(in: 1...8, using: &self) where !mutant.isEmpty {
      let place = Int.random(in: 0..<mutant.count, using: &self)
      switch Int.random(in: 0..<10, using: &self) {
      case 0: mutant.remove(at: place)
      case 1: mutant.insert(.random(in: 0...255, using: &self), at: place)
      case 2: mutant.removeLast(min(mutant.count, 1 + place / 8))
      case 3: mutant.append(contentsOf: mutant[place..<min(mutant.count, place + 16)])
      case 4: mutant[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
      default: mutant[place] = .random(in: 0...255, using: &self)
      }
    }
    return mutant
  }
}

/// A small course that uses everything content can hold.
struct Publisher {
  let key = SigningKey.random()

  static func content() -> Content {
    let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0, 1, 2, 3]
    let sound = Array("not really a sound".utf8)
    let media = [(picture, "image/png"), (sound, "audio/ogg")].map { bytes, type in
      Medium(sha256: Hex.encode(sha256(bytes)), type: type, bytes: bytes)
    }
    func text(_ english: String, _ chinese: String) -> LocalizedText {
      LocalizedText(["en": english, "zh": chinese])
    }
    let add = SkillID(checked: "add")
    let multiply = SkillID(checked: "multiply")
    let topic = TopicID(checked: "numbers")
    return Content(
      courses: [
        Course(
          id: CourseID(checked: "course"), title: text("Sums", "算术"),
          topics: [Topic(id: topic, title: text("Numbers", "数"))])
      ],
      skills: [
        Skill(id: add, title: text("Adding", "加法")),
        Skill(id: multiply, title: text("Multiplying", "乘法"), prerequisites: [add]),
      ],
      items: [
        Item(
          id: ItemID(checked: "which"), topic: topic, kind: .choice, skills: [add],
          difficulty: 0.1, question: text("Say \"2 + 2\"\n\\ \u{1}", "二加二"),
          choices: [text("3", "三"), text("4", "四")], correctChoice: 1,
          explanation: text("Count on.", "接着数。"), media: [media[0].sha256]),
        Item(
          id: ItemID(checked: "typed"), topic: topic, kind: .answer, skills: [multiply, add],
          difficulty: 1, question: text("3 × 4 😀", "三乘四"), answers: ["12", "twelve"],
          explanation: text("", "")),
        Item(
          id: ItemID(checked: "读"), topic: topic, kind: .lesson, skills: [],
          question: text("Read", "读"), explanation: LocalizedText([:]), media: [media[1].sha256]),
      ],
      media: media)
  }

  func pack(_ content: Content = Self.content(), version: Int = 3) throws -> [UInt8] {
    try Pack.write(
      content: content, name: "sums", version: version, channel: "stable",
      created: 1_700_000_000, key: key)
  }

  /// A pack of files as they are given, with a good signature over them: what a careless or hostile publisher can do.
  func pack(files: [String: [UInt8]], kind: Manifest.Kind = .pack, tail: [UInt8] = []) throws
    -> [UInt8]
  {
    let manifest = try Manifest(
      kind: kind, name: "sums", channel: "stable", version: 1, createdSeconds: 0,
      files: files.map { Manifest.File(name: $0, byteCount: $1.count, sha256: sha256($1)) })
    let signed = SignedManifest(signing: manifest, with: key).encoded
    let bodies = manifest.files.flatMap { files[$0.name] ?? [] }
    return Array("SATCHELPACK1\n\(signed.count)\n".utf8) + signed + bodies + tail
  }
}
