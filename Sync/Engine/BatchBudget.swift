/// How many bytes of segments the next exchange carries, so that one exchange takes some seconds on any line.
///
/// On a line of 2,000 bytes a second that is cut every minute, 256 KiB never arrive; 8 KiB do, and each that arrived is
/// kept. So a round begins small, whatever the last one found: what a line was is no promise of what it is. From there
/// the budget follows what was measured, at most fourfold at once: seven exchanges carry the 900 kB of 100,000 records
/// on a good line (8, 32, 128 and then 256 KiB), instead of four.
package struct BatchBudget: Equatable, Sendable {
  /// What an exchange should take: much longer than any delay of the line, much shorter than the time until a cut.
  package static let aim = Duration.seconds(10)
  /// What a round begins with, in bytes: 4 seconds of the slowest line that is promised.
  package static let first = 8 << 10
  package static let least = 4 << 10
  /// The factor by which the budget changes at most.
  private static let step = 4

  /// Bytes of segments, each way.
  package private(set) var bytes: Int
  private let most: Int

  /// - Parameter most: bytes that the budget never exceeds.
  package init(most: Int) {
    self.most = most
    bytes = min(Self.first, most)
  }

  /// Takes in what an exchange moved, in bytes of both directions, and how long it took.
  ///
  /// An exchange that was quick says that more would fit; that it carried little is no reason to carry less.
  package mutating func learn(moved: Int, in time: Duration) {
    let fitting = Self.bytes(moved: max(moved, 1), in: time)
    bytes =
      time <= Self.aim
      ? max(bytes, min(fitting, bytes * Self.step)) : min(bytes, max(fitting, bytes / Self.step))
    bytes = min(max(bytes, Self.least), most)
  }

  /// The same from what a peer counted before and after.
  mutating func learn(from before: Traffic, to after: Traffic) {
    learn(
      moved: after.bytesSent - before.bytesSent + after.bytesReceived - before.bytesReceived,
      in: after.elapsed - before.elapsed)
  }

  /// What fits into the aim at the rate measured; no overflow, however short the time was.
  private static func bytes(moved: Int, in time: Duration) -> Int {
    let seconds = max(time / .seconds(1), 0.000_001)
    return Int(min(Double(moved) / seconds * (aim / .seconds(1)), Double(1 << 40)))
  }
}
