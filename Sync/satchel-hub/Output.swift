import Foundation
import SatchelCore
import Synchronization

/// The one place that prints: data to stdout, everything else to stderr.
enum Output {
  struct Settings: Sendable {
    var json = false
    var language = Language.english
  }

  /// Set once, when the options were read.
  static let settings = Mutex(Settings())

  /// Prints `value` as JSON when that was asked for, else `sentence`.
  static func answer(_ value: some Encodable, _ sentence: String) {
    guard settings.withLock({ $0.json }) else { return write(sentence, to: .standardOutput) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let bytes = try? encoder.encode(value) else { return }
    write(String(decoding: bytes, as: UTF8.self), to: .standardOutput)
  }

  /// One of two texts.
  static func say(_ english: String, _ chinese: String) -> String {
    settings.withLock { $0.language } == .chinese ? chinese : english
  }

  static func note(_ sentence: String) { write(sentence, to: .standardError) }

  /// Says what went wrong, and ends with the status of its code.
  static func fail(_ error: SatchelError) -> Never {
    let chosen = settings.withLock { $0 }
    let (message, hint) = (error.message(in: chosen.language), error.hint(in: chosen.language))
    if chosen.json {
      answer(
        Failure(
          error: Failure.Words(
            code: error.code.rawValue, subject: error.subject, message: message, hint: hint)), "")
    }
    note("satchel-hub: \(message)\(hint.isEmpty ? "" : "\n\(hint)")")
    exit(error.code.exitStatus)
  }

  private struct Failure: Encodable {
    struct Words: Encodable {
      var code: String
      var subject: String
      var message: String
      var hint: String
    }
    var error: Words
  }

  private static func write(_ line: String, to file: FileHandle) {
    // A closed pipe is not an error: there is nobody left to tell.
    try? file.write(contentsOf: Data((line + "\n").utf8))
  }
}
