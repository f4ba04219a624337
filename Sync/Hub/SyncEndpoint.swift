internal import Hummingbird
internal import SatchelCore
internal import SatchelStore
internal import SatchelSync
internal import SatchelWire

/// `POST /v1/sync`: one exchange of a round, the hub's half.
struct SyncEndpoint: Sendable {
  let store: Store
  let key: SigningKey
  let grants: Grants
  let threads: StoreThreads
  let counters: Counters
  let proven = ProvenRequests()
  let clock: @Sendable () -> Int64

  /// Read the body, prove who sent it, decide what she may see, answer.
  func answer(_ request: Request) async throws -> Response {
    let body = try await RequestBytes.collect(request, bytesMax: Wire.bodyBytesMax)
    counters.received(body.count)
    let step = try await threads.read {
      let asked = try decode(body)
      // Who offers nothing is answered on the spot.
      return asked.request.offered.isEmpty ? Step.done(try answer(asked)) : .admit(asked)
    }
    let reply =
      switch step {
      case .done(let reply): reply
      case .admit(let asked): try await threads.write { try admit(asked) }
      }
    // Nothing but the length: a round that changes nothing must cost a classroom's line next to nothing.
    return Response(status: .ok, body: .init(byteBuffer: ByteBuffer(bytes: reply)))
  }

  private enum Step {
    case done([UInt8])
    case admit(Asked)
  }

  /// A request, and who proved to have sent it.
  private struct Asked {
    let device: PublicKey
    let request: SyncRequest
    let digest: Wire.RequestDigest
    /// As it came: credentials are looked for only when the device is not known.
    let body: [UInt8]
  }

  private func decode(_ body: [UInt8]) throws(SatchelError) -> Asked {
    do {
      let isProven = proven.contains(body)
      let (device, request, digest) = try Wire.decodeRequest(body, isProven: isProven)
      if !isProven { proven.insert(body) }
      return Asked(device: device, request: request, digest: digest, body: body)
    } catch  where error.code == .hubNotAHub {
      // Wire has one word for a missing magic, meant for a client's ears; here it was the request that had none.
      throw SatchelError(.replyMalformed, subject: "magic")
    }
  }

  private func admit(_ asked: Asked) throws(SatchelError) -> [UInt8] {
    // Only this thread admits, so the difference is what this request brought.
    let before = try store.summary(of: .everyone).records
    let reply = try answer(asked)
    counters.admitted(try store.summary(of: .everyone).records - before)
    return reply
  }

  private func answer(_ asked: Asked) throws(SatchelError) -> [UInt8] {
    let now = clock()
    let scope = try grants.scope(
      of: asked.device, holding: asked.request.fingerprint,
      introducing: asked.request.introduces, at: now
    ) { () throws(SatchelError) in try Wire.credentials(in: asked.body) }
    let channels = try store.publications().map {
      ChannelVersion(kind: $0.kind, channel: $0.channel, version: $0.version)
    }
    let hub = Exchange.HubState(key: key.publicKey, milliseconds: now, channels: channels)
    let reply = try Exchange.answer(
      asked.request, from: asked.device.replica, scope: scope, hub: hub, ledger: store)
    return try Wire.encode(reply, to: asked.digest, signedBy: key)
  }
}
