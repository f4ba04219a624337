import ArgumentParser
import Foundation
import Satchel

/// Times as the command line writes them: ISO 8601, UTC.
enum Times {
  /// To the second.
  static func text(_ milliseconds: Int64) -> String {
    let seconds = Double(milliseconds) / 1000
    return UTCSeconds.text(Int64(min(max(seconds.rounded(.down), 0), 253_402_300_799)))
  }

  /// To the millisecond.
  static func exactText(_ milliseconds: Int64) -> String {
    let digits = String(((milliseconds % 1000) + 1000) % 1000)
    let padding = String(repeating: "0", count: 3 - digits.count)
    return text(milliseconds).dropLast() + ".\(padding)\(digits)Z"
  }

  /// The day alone, for tables; a dash for never.
  static func day(_ milliseconds: Int64?) -> String {
    guard let milliseconds else { return "-" }
    return String(text(milliseconds).prefix(10))
  }

  static func json(_ milliseconds: Int64?) -> JSON { JSON(milliseconds.map(text)) }

  static func seconds(since start: ContinuousClock.Instant) -> Double {
    (ContinuousClock.now - start) / .seconds(1)
  }
}

/// A moment on the command line: `2026-09-01`, `2026-09-01T08:30:00Z`, with fractions or an offset as one likes.
struct Moment: ExpressibleByArgument {
  let date: Date

  // Not by ISO8601DateFormatter: that one reads ICU's tables, which an installed satchel does without.
  private static let day = Date.ISO8601FormatStyle().year().month().day()
  private static let moments = [
    Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true),
  ]

  init?(argument: String) {
    if let day = try? Self.day.parse(argument), day.formatted(Self.day) == argument {
      date = day
      return
    }
    for form in Self.moments {
      if let moment = try? form.parse(argument) {
        date = moment
        return
      }
    }
    return nil
  }
}
