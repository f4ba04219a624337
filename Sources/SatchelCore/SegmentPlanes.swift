internal import Foundation

/// Version 2 of a segment's columns: times, durations and «correct» in planes of bytes, from version 1 and back.
///
/// Times and durations are two thirds of a packed segment, and the lower byte of each is noise. As numbers of varying length
/// zstd finds nothing in them; apart, the upper bytes shrink to half, and the lower ones are not touched at all. A time
/// is kept less the duration of its record, for an answer takes at least as long as it took; «correct» takes a bit.
/// Measured on 100,000 answers of 100 learners: 7.1 bytes a record for 8.0; 100 answers of one: 8.2 for 9.3.
///
/// Valid is what has planes of exactly the lengths that count, flags and widths ask for; what comes out is version 1,
/// and judged as such.
enum SegmentPlanes {
  /// Fewer records than this stay in version 1: its numbers are shorter than the widths of planes.
  static let recordsMin = 8

  /// Turns version 1 into version 2.
  static func pack(_ message: inout WireSegmentColumns) {
    let column: [Int64]
    if message.wallDelta.isEmpty {
      column = message.millisecondDelta.map { Int64(bitPattern: $0) }
      (message.timedColumn, message.millisecondDelta) = (4, [])
    } else {
      column = message.wallDelta
      (message.timedColumn, message.wallDelta) = (6, [])
    }
    let spent = spent(in: message)
    message.timedFirst = column.first ?? 0
    let times = column.indices.map { index in
      index == 0 ? 0 : zigzag(column[index] &- Int64(spent[index]))
    }
    let (timeWidth, durationWidth) = (width(times), width(message.duration.map(UInt64.init)))
    message.timeWidth = UInt32(timeWidth)
    message.durationWidth = UInt32(durationWidth)
    let planes =
      Planes(times, width: timeWidth)
      + Planes(message.duration.map(UInt64.init), width: durationWidth)
    message.lowPlanes = Data(planes.low + bits(message.flags))
    message.highPlanes = Data(planes.high)
    message.duration = []
    message.flags = Data(message.flags.map { $0 & ~1 })
    message.version = 2
  }

  /// Three messages whose bytes, one after the other, are those of `message`: fields 1 to 10, with the texts; those up to 27,
  /// small numbers; and the upper planes. So bytes of one kind can be compressed with a code of their own: 6.4 bytes a
  /// record for 6.9 in segments of 1000 answers, and 8.5 for 9.0 where all is uniformly random.
  static func parts(of message: WireSegmentColumns) -> [WireSegmentColumns] {
    var (texts, numbers, planes) = (WireSegmentColumns(), message, WireSegmentColumns())
    (texts.version, numbers.version) = (message.version, 0)
    (texts.count, numbers.count) = (message.count, 0)
    (texts.firstMilliseconds, numbers.firstMilliseconds) = (message.firstMilliseconds, 0)
    (texts.millisecondDelta, numbers.millisecondDelta) = (message.millisecondDelta, [])
    (texts.counterDelta, numbers.counterDelta) = (message.counterDelta, [])
    (texts.wallDelta, numbers.wallDelta) = (message.wallDelta, [])
    (texts.sessionDelta, numbers.sessionDelta) = (message.sessionDelta, [])
    (texts.kinds, numbers.kinds) = (message.kinds, Data())
    (texts.items, numbers.items) = (message.items, "")
    (texts.skills, numbers.skills) = (message.skills, "")
    (planes.highPlanes, numbers.highPlanes) = (message.highPlanes, Data())
    return [texts, numbers, planes]
  }

  /// Turns version 2 into version 1; `false` when the planes do not fit, and `message` is then of no use.
  ///
  /// `message.count` was checked; nothing here asks for more memory than some numbers a record.
  static func unpack(_ message: inout WireSegmentColumns) -> Bool {
    let (count, flags) = (Int(message.count), [UInt8](message.flags))
    guard flags.count <= count, message.kinds.isEmpty || message.kinds.count == count,
      flags.allSatisfy({ $0 & 1 == 0 }), message.duration.isEmpty, message.timeWidth <= 8,
      message.durationWidth <= 4
    else { return false }
    var (low, high) = ([UInt8](message.lowPlanes)[...], [UInt8](message.highPlanes)[...])
    let durations = flags.count { $0 & 4 != 0 }
    guard
      let times = numbers(count, width: Int(message.timeWidth), &low, &high),
      let spent = numbers(durations, width: Int(message.durationWidth), &low, &high),
      high.isEmpty, low.count == (flags.count + 7) / 8
    else { return false }
    let correct = Array(low)
    message.duration = spent.map { UInt32(truncatingIfNeeded: $0) }
    message.flags = Data(
      flags.enumerated().map { $1 | correct[$0 / 8] >> UInt8($0 % 8) & 1 })
    guard restore(times, in: &message) else { return false }
    (message.lowPlanes, message.highPlanes) = (Data(), Data())
    message.version = 1
    return true
  }

  private static func restore(_ times: [UInt64], in message: inout WireSegmentColumns) -> Bool {
    let spent = spent(in: message)
    guard times.count == spent.count, times.first == 0 else { return false }
    var column = times.indices.map { unzigzag(times[$0]) &+ Int64(spent[$0]) }
    column[0] = message.timedFirst
    switch message.timedColumn {
    case 4 where message.millisecondDelta.isEmpty:
      message.millisecondDelta = column.map { UInt64(bitPattern: $0) }
    case 6 where message.wallDelta.isEmpty: message.wallDelta = column
    default: return false
    }
    return true
  }

  /// For each record its duration, 0 where there is none. Of a message whose columns do not fit, as many as there are.
  private static func spent(in message: WireSegmentColumns) -> [UInt32] {
    let (kinds, flags, durations) = (
      [UInt8](message.kinds), [UInt8](message.flags), message.duration
    )
    var (flag, duration) = (0, 0)
    return (0..<Int(message.count)).map { index in
      // An attempt or a view.
      guard kinds.isEmpty || kinds[index] == 1 || kinds[index] == 2, flag < flags.count else {
        return 0
      }
      flag += 1
      guard flags[flag - 1] & 4 != 0, duration < durations.count else { return 0 }
      duration += 1
      return durations[duration - 1]
    }
  }

  private static func bits(_ flags: Data) -> [UInt8] {
    var out = [UInt8](repeating: 0, count: (flags.count + 7) / 8)
    for (index, flag) in flags.enumerated() { out[index / 8] |= (flag & 1) << UInt8(index % 8) }
    return out
  }

  /// Small numbers of either sign as small ones without: 0, -1, 1, -2 as 0, 1, 2, 3.
  private static func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: (value << 1) ^ (value >> 63))
  }

  private static func unzigzag(_ value: UInt64) -> Int64 {
    Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// Bytes of the largest.
  private static func width(_ numbers: [UInt64]) -> Int {
    (71 - (numbers.reduce(0, |)).leadingZeroBitCount) / 8
  }

  /// Takes `count` numbers of `width` bytes off the front of the planes; `nil` when they are too short.
  private static func numbers(
    _ count: Int, width: Int, _ low: inout ArraySlice<UInt8>, _ high: inout ArraySlice<UInt8>
  ) -> [UInt64]? {
    var out = [UInt64](repeating: 0, count: count)
    if width == 0 { return out }
    guard low.count >= count, high.count >= count * (width - 1) else { return nil }
    for (index, byte) in low.prefix(count).enumerated() { out[index] = UInt64(byte) }
    for plane in 1..<max(width, 1) {
      let bytes = high.dropFirst(count * (plane - 1)).prefix(count)
      for (index, byte) in bytes.enumerated() { out[index] |= UInt64(byte) << UInt64(8 * plane) }
    }
    low = low.dropFirst(count)
    high = high.dropFirst(count * (width - 1))
    return out
  }
}

/// Numbers as planes: their lowest bytes, and all others.
private struct Planes {
  let low: [UInt8]
  let high: [UInt8]

  init(_ numbers: [UInt64], width: Int) {
    low = width == 0 ? [] : numbers.map { UInt8(truncatingIfNeeded: $0) }
    high = (1..<max(width, 1)).flatMap { plane in
      numbers.map { UInt8(truncatingIfNeeded: $0 >> UInt64(8 * plane)) }
    }
  }

  private init(low: [UInt8], high: [UInt8]) { (self.low, self.high) = (low, high) }

  static func + (left: Self, right: Self) -> Self {
    Self(low: left.low + right.low, high: left.high + right.high)
  }
}
