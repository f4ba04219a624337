public import Foundation
@_exported public import SatchelCore
package import SatchelStore
@_exported public import SatchelTutor
internal import Synchronization

/// One store file on this device: all that an app needs.
///
///     let replica = try Replica(at: storeURL)
///     let mei = try replica.addLearner(named: "Mei")
///     try replica.record(Answer(item, isCorrect: true), by: mei)
///     let next = try replica.recommend(for: mei, limit: 3)
///
/// A handle may be used from any task. No call but ``sync(with:options:progress:)`` touches the network.
public final class Replica: Sendable {
  package let store: Store
  private let prepared = Mutex<Prepared?>(nil)
  let biases = Mutex(PersonalBiases())
  /// The line to the hub that was met last.
  let line = Mutex<HubLine?>(nil)

  /// The tutor made ready for one state of content and model.
  struct Prepared: Sendable {
    let contentVersion: Int
    let model: Int64?
    let tutor: Tutor
    let course: PreparedCourse
    let difficulties: [ItemID: Double]
  }

  /// Opens the store at `url`, and makes it where there is none.
  ///
  /// - Throws: `store.foreign`, `store.newer`, `store.damaged`, `file.cannotCreate` and other errors of the file; what
  ///   was there is then untouched.
  public convenience init(at url: URL) throws(SatchelError) {
    try self.init(at: url, creating: true)
  }

  /// Opens the store at `url`.
  ///
  /// - Parameters:
  ///   - url: of the store file.
  ///   - creating: when `false`, a missing file is `store.missing`.
  public init(at url: URL, creating: Bool) throws(SatchelError) {
    store = try Store(at: url, creating: creating, projection: TutorProjection())
  }

  /// Closes the file, and the line to a hub if one is kept; ends every loop over ``observe(_:limit:)``. Dropping the last
  /// reference does the same.
  public func close() throws(SatchelError) {
    hangUp()
    try store.close()
  }

  /// Who this replica is; `nil` before its first record, so that a disk image made before it can be cloned.
  public func identity() throws(SatchelError) -> ReplicaID? {
    try store.publicKey()?.replica
  }

  /// Milliseconds since 1970 by this device's clock.
  static func now() -> Int64 { Int64((Date().timeIntervalSince1970 * 1000).rounded()) }

  static func milliseconds(_ date: Date?) -> Int64 {
    guard let date else { return now() }
    // A date may hold anything, even what no Int64 can: far beyond the range that records allow.
    return Int64(min(max(date.timeIntervalSince1970 * 1000, -1e15), 1e15).rounded())
  }

  /// The device's clocks now.
  static func moment() -> DeviceMoment {
    let wall = now()
    return DeviceMoment(wallMilliseconds: wall, session: session(wallMilliseconds: wall))
  }

  /// Names the boot of this machine and how its clock was set: the first 32 bits of SHA-256 of the kernel's boot id and
  /// of the hour at which, by this clock, the machine was started.
  ///
  /// A clock that is set by more than an hour begins another session, for one anchor corrects one error alone. Read from
  /// /proc, and not asked of the clocks: what moves a process's clock for a test does not move that.
  private static func session(wallMilliseconds: Int64) -> UInt32 {
    let uptime = (try? String(contentsOfFile: "/proc/uptime", encoding: .utf8))
      .flatMap { $0.split(separator: " ").first.flatMap { Double($0) } }
    let start = wallMilliseconds - Int64((uptime ?? 0) * 1000)
    var hour: [UInt8] = []
    hour.appendBigEndian(Int64((Double(start) / 3_600_000).rounded(.down)))
    return Hash256(hashing: bootID, hour).bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  private static let bootID = Array(
    ((try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)) ?? "").utf8)

  /// The tutor for `model` over the content as it is, from memory where that still holds.
  func prepare(contentVersion: Int, model: Int64?) throws(SatchelError) -> Prepared {
    if let ready = prepared.withLock({ $0 }), ready.contentVersion == contentVersion,
      ready.model == model
    {
      return ready
    }
    let weights = try model.map(weights(of:))?.weights
    let syllabus = try store.syllabus()
    let tutor = Tutor(weights: weights)
    let candidates = syllabus.items.map {
      Candidate(
        item: $0.item, skills: $0.skills, difficulty: $0.difficulty, position: $0.position)
    }
    let course = tutor.prepare(candidates: candidates, prerequisites: syllabus.prerequisites)
    let difficulties = syllabus.items.compactMap { shelved in
      shelved.difficulty.map { (shelved.item, $0) }
    }
    let ready = Prepared(
      contentVersion: syllabus.version, model: model, tutor: tutor, course: course,
      difficulties: Dictionary(difficulties) { first, _ in first })
    prepared.withLock { $0 = ready }
    return ready
  }
}
