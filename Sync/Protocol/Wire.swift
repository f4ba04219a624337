internal import Foundation
package import SatchelCore
internal import SwiftProtobuf

/// The bytes of `POST /v1/sync`, both ways.
///
/// A body is the 8 bytes `SATCHEL1` and one protobuf message of sync.proto: `SignedRequest` from the client,
/// `SignedReply` with status 200, `SyncFailure` with any other. The magic tells a hub from a captive portal or a proxy's
/// page, which answer 200 as well. The signatures are over the exact bytes, and a reply's also over its request, so that
/// nobody on the way alters a cursor, a scope or a time, or answers with an older reply. Valid is what has the magic,
/// stays within the limits below, is signed, decodes, and has ids and hashes of the right lengths; records are proven
/// later, by chain and signature. A newer major version is refused.
package enum Wire {
  /// The most bytes of one body either way; checked before anything is decoded.
  package static let bodyBytesMax = 1 << 20
  /// The most bytes of segments that a side puts into one body.
  package static let offerBytesMax = 256 << 10
  package static let segmentsMax = 4096
  package static let version: UInt32 = 1
  /// The most learners that one request introduces.
  package static let introductionsMax = 1000
  /// The most streams that one request wants.
  package static let wantedMax = 4096

  static let magic = Array("SATCHEL1".utf8)
  private static let requestTag = Array("satchel request 1\0".utf8)
  private static let replyTag = Array("satchel reply 1\0".utf8)
  private static let learnersMax = 100_000

  // MARK: Requests

  /// What a reply answers: SHA-256 of the bytes of its `SyncRequest`.
  package typealias RequestDigest = Hash256

  /// The signed body of `request`, and what its reply will name.
  package static func encode(_ request: SyncRequest, signedBy key: SigningKey)
    throws(SatchelError) -> (bytes: [UInt8], digest: RequestDigest)
  {
    var message = ProtoSyncRequest()
    message.version = version
    message.epoch = request.epoch
    message.cursor = request.cursor
    message.fingerprint = Data(request.fingerprint.bytes)
    if !request.offered.isEmpty { message.offered = list(of: request.offered) }
    message.introduces = Data(request.introduces.flatMap(\.bytes))
    message.scopeTag = request.scopeTag
    message.ranges = request.ranges.map(Self.proto)
    message.wantedStreams = Data(request.wanted.flatMap(\.stream.bytes))
    message.wantedFrom = request.wanted.map(\.from)
    message.bytesMax = UInt32(clamping: request.bytesMax)
    let body: [UInt8] = try serialized(message)
    var signed = ProtoSignedRequest()
    signed.body = Data(body)
    signed.publicKey = Data(key.publicKey.bytes)
    signed.signature = Data(key.sign(requestTag + body))
    return (magic + (try serialized(signed)), Hash256(hashing: body))
  }

  /// The request in `bytes` and the device that signed it.
  /// - Parameter isProven: these very bytes were here before, and their signature held.
  /// - Throws: `input.tooLarge`, `reply.malformed`, `protocol.newer`, `hub.refused` for a wrong signature.
  package static func decodeRequest(_ bytes: [UInt8], isProven: Bool = false)
    throws(SatchelError) -> (device: PublicKey, request: SyncRequest, digest: RequestDigest)
  {
    let signed: ProtoSignedRequest = try message(in: bytes)
    guard let device = PublicKey(bytes: signed.publicKey) else { throw malformed("key") }
    let body = Array(signed.body)
    guard
      isProven || device.isValid(signature: Array(signed.signature), for: requestTag + body)
    else {
      throw SatchelError(.hubRefused, subject: device.replica.description, cause: "signature")
    }
    let message: ProtoSyncRequest = try decoded(body)
    guard message.version == version else { throw SatchelError(.protocolNewer) }
    guard let fingerprint = Hash256(bytes: message.fingerprint) else {
      throw malformed("fingerprint")
    }
    let request = SyncRequest(
      epoch: message.epoch, cursor: message.cursor, fingerprint: fingerprint,
      offered: try segments(in: message.offered),
      introduces: try ids(in: message.introduces, max: introductionsMax),
      scopeTag: message.scopeTag, ranges: try ranges(in: message.ranges),
      wanted: try wanted(in: message), bytesMax: Int(message.bytesMax))
    return (device, request, Hash256(hashing: body))
  }

  // MARK: Replies

  /// The signed body of `reply`; `key` is the one that it names.
  package static func encode(
    _ reply: SyncReply, to request: RequestDigest, signedBy key: SigningKey
  ) throws(SatchelError) -> [UInt8] {
    var message = ProtoSyncReply()
    message.version = version
    message.hubKey = Data(reply.hubKey.bytes)
    message.epoch = reply.epoch
    message.cursor = reply.cursor
    message.fingerprint = Data(reply.fingerprint.bytes)
    if !reply.offered.isEmpty { message.offered = list(of: reply.offered) }
    message.hasMore_p = reply.hasMore
    message.hubMilliseconds = reply.hubMilliseconds
    message.channels = reply.channels.map { channel in
      var out = ProtoChannelVersion()
      out.kind = channel.kind.rawValue
      out.channel = channel.channel
      out.version = UInt64(channel.version)
      return out
    }
    message.ranges = reply.ranges.map(Self.proto)
    switch reply.scope {
    case .learners(let learners):
      message.restricted = true
      message.learners = Data(learners.sorted().flatMap(\.bytes))
    case .everyone: break
    case nil: message.scopeUnchanged = true
    }
    let body: [UInt8] = try serialized(message)
    var signed = ProtoSignedReply()
    signed.body = Data(body)
    signed.signature = Data(key.sign(replyTag + request.bytes + body))
    return magic + (try serialized(signed))
  }

  /// The reply in `bytes`, signed by the hub that it names; whether that is the right one is for the caller.
  /// - Throws: `hub.notAHub` when the magic is missing, `input.tooLarge`, `reply.malformed`, `protocol.newer`.
  package static func decodeReply(_ bytes: [UInt8], to request: RequestDigest)
    throws(SatchelError) -> SyncReply
  {
    let signed: ProtoSignedReply = try message(in: bytes)
    let body = Array(signed.body)
    let message: ProtoSyncReply = try decoded(body)
    guard message.version == version else { throw SatchelError(.protocolNewer) }
    guard let key = PublicKey(bytes: message.hubKey),
      key.isValid(
        signature: Array(signed.signature), for: replyTag + request.bytes + body)
    else { throw malformed("signature") }
    guard let hubKey = PublicKey(bytes: message.hubKey),
      HybridTime.milliseconds.contains(message.hubMilliseconds),
      let fingerprint = Hash256(bytes: message.fingerprint), message.channels.count <= 1000
    else { throw malformed("hub") }
    var channels: [ChannelVersion] = []
    for channel in message.channels {
      // A kind of a later minor version is passed over: an older client has no use for it.
      guard let kind = Manifest.Kind(rawValue: channel.kind) else { continue }
      guard ItemID.isValid(channel.channel), channel.version <= UInt64(Manifest.versionMax) else {
        throw malformed("channel")
      }
      channels.append(
        ChannelVersion(kind: kind, channel: channel.channel, version: Int(channel.version)))
    }
    return SyncReply(
      hubKey: hubKey, epoch: message.epoch, cursor: message.cursor, fingerprint: fingerprint,
      offered: try segments(in: message.offered), hasMore: message.hasMore_p,
      hubMilliseconds: message.hubMilliseconds, channels: channels,
      scope: try scope(of: message), ranges: try ranges(in: message.ranges))
  }

  /// Whether `bytes` begin as a body does, so that they may be what is left of one.
  package static func isBeginning(_ bytes: [UInt8]) -> Bool {
    bytes.prefix(magic.count).elementsEqual(magic.prefix(bytes.count))
  }

  // MARK: Failures

  package static func encode(_ failure: SyncFailure) -> [UInt8] {
    var message = ProtoSyncFailure()
    message.code = failure.code.rawValue
    message.subject = failure.subject
    // A message of two short texts always serialises.
    return magic + ((try? message.serializedBytes()) ?? [])
  }

  /// `nil` when the body is not a hub's. A code that this version does not know is a failure of the hub's.
  package static func decodeFailure(_ bytes: [UInt8]) -> SyncFailure? {
    guard let message: ProtoSyncFailure = try? message(in: bytes), !message.code.isEmpty else {
      return nil
    }
    guard let code = SatchelError.Code(rawValue: message.code) else {
      return SyncFailure(code: .hubFailed, subject: String(message.code.prefix(100)))
    }
    return SyncFailure(code: code, subject: String(message.subject.prefix(200)))
  }
}

// MARK: - Parts

extension Wire {
  static func list(of segments: [Segment]) -> ProtoSegmentList {
    var out = ProtoSegmentList()
    var keys: [PublicKey: UInt32] = [:]
    for segment in segments {
      let key = segment.stream.publicKey
      let index = keys[key] ?? UInt32(keys.count)
      if Int(index) == keys.count {
        keys[key] = index
        out.keys.append(contentsOf: key.bytes)
      }
      var packed = ProtoPackedSegment()
      packed.key = index
      packed.learner = Data(segment.stream.learner.bytes)
      packed.nonce = segment.stream.nonce
      packed.first = segment.first
      packed.count = UInt32(segment.count)
      packed.signature = Data(segment.signature)
      packed.bytes = Data(segment.bytes)
      out.segments.append(packed)
    }
    return out
  }

  static func segments(in list: ProtoSegmentList) throws(SatchelError) -> [Segment] {
    let keyBytes = Array(list.keys)
    guard keyBytes.count.isMultiple(of: PublicKey.byteCount), list.segments.count <= segmentsMax
    else { throw malformed("segments") }
    let keys = stride(from: 0, to: keyBytes.count, by: PublicKey.byteCount).compactMap {
      PublicKey(bytes: keyBytes[$0..<$0 + PublicKey.byteCount])
    }
    var out: [Segment] = []
    for packed in list.segments {
      guard Int(packed.key) < keys.count, let learner = LearnerID(bytes: packed.learner),
        packed.signature.count == 64, packed.first >= 1, packed.first < 1 << 48,
        packed.count >= 1, packed.count <= Segment.recordsMax,
        packed.bytes.count <= Segment.bytesMax
      else { throw malformed("segment") }
      let stream = RecordStream(
        publicKey: keys[Int(packed.key)], learner: learner, nonce: packed.nonce)
      out.append(
        Segment(
          stream: stream, first: packed.first, count: Int(packed.count),
          signature: Array(packed.signature), bytes: Array(packed.bytes)))
    }
    return out
  }

  private static func scope(of message: ProtoSyncReply) throws(SatchelError) -> Scope? {
    if message.scopeUnchanged { return nil }
    guard message.restricted else { return .everyone }
    return .learners(Set(try ids(in: message.learners, max: learnersMax)))
  }

  static func ids<Kind>(in bytes: Data, max: Int) throws(SatchelError) -> [Identifier<Kind>] {
    guard bytes.count.isMultiple(of: 16), bytes.count <= 16 * max else { throw malformed("ids") }
    let all = Array(bytes)
    return stride(from: 0, to: all.count, by: 16).compactMap { start in
      Identifier(bytes: all[start..<start + 16])
    }
  }

  /// The message after the magic, within the limits.
  static func message<Message: SwiftProtobuf.Message>(in bytes: [UInt8])
    throws(SatchelError) -> Message
  {
    guard bytes.count <= bodyBytesMax else { throw SatchelError(.inputTooLarge, subject: "body") }
    guard bytes.starts(with: magic) else { throw SatchelError(.hubNotAHub) }
    return try decoded(Array(bytes.dropFirst(magic.count)))
  }

  static func decoded<Message: SwiftProtobuf.Message>(_ bytes: [UInt8])
    throws(SatchelError) -> Message
  {
    var options = BinaryDecodingOptions()
    options.messageDepthLimit = 32
    do {
      return try Message(serializedBytes: bytes, options: options)
    } catch {
      throw malformed("protobuf")
    }
  }

  static func serialized(_ message: some SwiftProtobuf.Message) throws(SatchelError)
    -> [UInt8]
  {
    do {
      return try message.serializedBytes()
    } catch {
      throw SatchelError(.recordInvalid, subject: "message", cause: "\(error)")
    }
  }

  static func malformed(_ what: String) -> SatchelError {
    SatchelError(.replyMalformed, subject: what)
  }
}
