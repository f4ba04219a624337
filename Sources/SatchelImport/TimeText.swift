/// Reads moments as tables write them: ISO 8601 with a date and a time, `2024-03-29T20:32:32.250000+00:00`.
///
/// A blank may stand for the T, seconds and zone may be missing (then it is UTC), fractions have up to nine digits.
enum TimeText {
  /// Since 1970; `nil` for anything else, and for days that no calendar has.
  static func microseconds(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    var reader = Reader(bytes)
    guard let year = reader.digits(4), reader.take("-"), let month = reader.digits(2),
      reader.take("-"), let day = reader.digits(2), (1...12).contains(month),
      (1...daysOf(month, year)).contains(day)
    else { return nil }
    guard reader.take("T") || reader.take(" ") || reader.take("t"), let hour = reader.digits(2),
      reader.take(":"), let minute = reader.digits(2), hour < 24, minute < 60
    else { return nil }
    var second: Int64 = 0
    var fraction: Int64 = 0
    if reader.take(":") {
      // A leap second counts as the second before.
      guard let read = reader.digits(2), read <= 60 else { return nil }
      second = min(read, 59)
      if reader.take(".") {
        guard let read = reader.fraction() else { return nil }
        fraction = read
      }
    }
    guard let offset = reader.offsetMinutes(), reader.isAtEnd else { return nil }
    let minutes = (dayNumber(year, month, day) * 24 + hour) * 60 + minute - offset
    return (minutes * 60 + second) * 1_000_000 + fraction
  }

  private static func daysOf(_ month: Int64, _ year: Int64) -> Int64 {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    switch month {
    case 2: return isLeap ? 29 : 28
    case 4, 6, 9, 11: return 30
    default: return 31
    }
  }

  /// Since 1970-01-01 (Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
  private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private struct Reader {
    private let bytes: UnsafeRawBufferPointer
    private var index = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { index == bytes.count }

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
      guard index < bytes.count, bytes[index] == UInt8(ascii: scalar) else { return false }
      index += 1
      return true
    }

    mutating func digits(_ count: Int) -> Int64? {
      var value: Int64 = 0
      for _ in 0..<count {
        guard let digit = digit() else { return nil }
        value = value * 10 + digit
      }
      return value
    }

    /// As microseconds, cut off after the sixth digit.
    mutating func fraction() -> Int64? {
      var value: Int64 = 0
      var count = 0
      while let digit = digit() {
        if count < 6 { value = value * 10 + digit }
        count += 1
      }
      guard (1...9).contains(count) else { return nil }
      for _ in min(count, 6)..<6 { value *= 10 }
      return value
    }

    /// Of the zone, east of Greenwich above 0; 0 where none is written.
    mutating func offsetMinutes() -> Int64? {
      if isAtEnd || take("Z") || take("z") { return 0 }
      let isEast = take("+")
      guard isEast || take("-"), let hours = digits(2) else { return nil }
      _ = take(":")
      guard let minutes = digits(2), hours < 24, minutes < 60 else { return nil }
      return (hours * 60 + minutes) * (isEast ? 1 : -1)
    }

    private mutating func digit() -> Int64? {
      guard index < bytes.count else { return nil }
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      index += 1
      return Int64(digit)
    }
  }
}
