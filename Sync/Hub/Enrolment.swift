internal import Hummingbird
internal import Logging
internal import SatchelCore
internal import SatchelStore
internal import SatchelSync
internal import SatchelWire
internal import Synchronization

/// `POST /v1/enroll`: lets a device in that knows a one-time code.
///
/// A code that is wrong, used or expired gets one and the same answer, and one line in the log, without the code.
struct Enrolment: Sendable {
  let store: Store
  let key: SigningKey
  /// Of the hub's TLS key, for the device to pin; empty when its certificate is checked by authority.
  let pin: String
  let threads: StoreThreads
  let guesses: GuessesByAddress
  let log: Logger
  let clock: @Sendable () -> Int64

  func answer(_ request: Request, from address: String) async throws -> Response {
    let body = try await RequestBytes.collect(request, bytesMax: Wire.enrolBytesMax)
    let (device, message) = try Self.decode(body)
    // Counted before it is looked at, so that a hundred at the same time are a hundred.
    if let seconds = guesses.begin(address) {
      log.notice("enrolment refused: too many wrong codes from \(address)")
      return Refusal.response(to: SatchelError(.enrolmentTooMany), retryAfterSeconds: seconds)
    }
    let answer: EnrolReply?
    do {
      answer = try await threads.write { try redeem(message, by: device) }
    } catch {
      guesses.takeBack(address)
      throw error
    }
    guard let reply = answer else {
      log.notice(
        "enrolment refused: no open invitation for device \(device.replica) from \(address)")
      throw SatchelError(.enrolmentRefused)
    }
    guesses.takeBack(address)
    log.notice("enrolled device \(device.replica)")
    return Response(
      status: .ok, body: .init(byteBuffer: ByteBuffer(bytes: try Wire.encode(reply))))
  }

  private static func decode(_ body: [UInt8]) throws(SatchelError) -> (PublicKey, EnrolRequest) {
    do {
      return try Wire.decodeEnrolRequest(body)
    } catch  where error.code == .hubNotAHub {
      throw SatchelError(.replyMalformed, subject: "magic")
    }
  }

  private func redeem(_ request: EnrolRequest, by device: PublicKey) throws(SatchelError)
    -> EnrolReply?
  {
    let now = clock()
    let redeemed = try store.redeem(begins: request.begins, by: device, at: now) {
      Enrol.isProven(request, by: device, key: $0)
    }
    return redeemed.map {
      Enrol.reply(
        to: device, granting: $0.grant, key: $0.key, hub: key, pin: pin, at: now)
    }
  }
}

/// Wrong codes from each address within the last hour of this hub's life, in memory.
///
/// The guesses that end invitations are counted in the store; this only keeps one address from ending those of others all
/// the time. An hour is measured by a clock that nobody sets.
final class GuessesByAddress: Sendable {
  static let guessesMax = 20
  static let window = Duration.seconds(3600)
  /// Beyond this many addresses the one whose last guess is oldest is forgotten.
  static let addressesMax = 10_000

  private let times = Mutex<[String: [ContinuousClock.Instant]]>([:])

  /// Counts a guess; whole seconds until `address` may guess again, when it may not now.
  func begin(_ address: String, now: ContinuousClock.Instant = .now) -> Int? {
    times.withLock { times in
      var recent = (times[address] ?? []).filter { now - $0 < Self.window }
      if recent.count >= Self.guessesMax, let oldest = recent.first {
        times[address] = recent
        return Int((Self.window - (now - oldest)) / .seconds(1)) + 1
      }
      if times[address] == nil, times.count >= Self.addressesMax,
        let oldest = times.min(by: { ($0.value.last ?? now) < ($1.value.last ?? now) })?.key
      {
        times[oldest] = nil
      }
      recent.append(now)
      times[address] = recent
      return nil
    }
  }

  /// The latest guess was right, or was not looked at.
  func takeBack(_ address: String) {
    times.withLock { times in
      _ = times[address]?.popLast()
      if times[address]?.isEmpty == true { times[address] = nil }
    }
  }
}
