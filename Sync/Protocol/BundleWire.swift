internal import Foundation
package import SatchelCore
internal import SwiftProtobuf

/// The bytes of a bundle: a round of sync as a file, for a stick.
///
///     bundle   = part 1 (FILE), part 2 (FILE.2), part 3 (FILE.3) ... at most 9,999
///     part     = "satchel bundle 1" 0A, then frames
///     frame    = kind 1 byte, length 4 bytes big-endian, then so many bytes:
///       01 head          BundleHead of bundle.proto; the first frame of part 1, and nowhere else
///       02 continuation  BundleContinuation; the first frame of every other part, and nowhere else
///       03 batch         SegmentList of sync.proto, as a round carries it
///       04 manifest      a signed manifest of one file (Manifest.swift), as its publisher encoded it
///       05 piece         the next bytes of the file of the manifest before it, at most 256 KiB
///       06 trailer       BundleTrailer; the last frame of the last part, and nothing after it
///     order    = head, batches, then manifests, each followed by its pieces, then the trailer
///
/// Parts exist because FAT32 holds no file of 4 GiB. A frame never spans two of them.
///
/// Valid is a bundle whose parts name one id and their own numbers 1, 2, 3 ...; whose frames keep the order and the limits below;
/// whose trailer states the number of frames and parts that there are and the SHA-256 of all that comes before it, in
/// the one encoding that this program writes; and whose trailer is signed by the head's writer.
///
/// Why this is enough: a copy that was cut anywhere has no trailer, or fewer frames or parts than the signed trailer counts. A
/// hole, a flipped bit, or a part of another bundle changes the hash. Whoever changes anything and makes the hash and the
/// counts fit again must sign them, and is then the writer, about whom the reader decides before it takes anything. The
/// signed bytes begin with words that nothing else signed by our keys begins with. What the records say is
/// not trusted for all that: each stream is proven by its own chain and signature, and each release by its manifest. The
/// trailer, not a rename, says that the bundle is whole: sticks are pulled, and copies are made by hand.
package enum BundleWire {
  package static let version: UInt32 = 1
  package static let magic = Array("satchel bundle 1\n".utf8)
  package static let idBytes = 16
  package static let partsMax = 9999
  /// Under FAT32's limit of 4 GiB - 1, with room for file managers that count in signed 32 bits.
  package static let partBytesDefault = 2 << 30
  package static let pieceBytesMax = 256 << 10
  package static let releasesMax = 1000
  /// The most learners that a restricted bundle names: they stand in one frame.
  package static let learnersMax = 60_000
  package static let prefixBytes = 5
  fileprivate static let signedTag = Array("satchel bundle 1\0".utf8)

  package enum Kind: UInt8, Sendable {
    case head = 1
    case continuation
    case batch
    case manifest
    case piece
    case trailer

    /// The longest frame of this kind; checked before memory is asked for.
    package var bytesMax: Int {
      switch self {
      case .head: (16 * learnersMax) + (256 << 10)
      case .continuation, .trailer: 1 << 10
      case .batch: Wire.bodyBytesMax
      case .manifest: Manifest.bytesMax
      case .piece: pieceBytesMax
      }
    }
  }

  /// The frame of `bytes`.
  package static func frame(_ kind: Kind, _ bytes: [UInt8]) -> [UInt8] {
    var out = [kind.rawValue]
    out.reserveCapacity(prefixBytes + bytes.count)
    out.appendBigEndian(UInt32(bytes.count))
    return out + bytes
  }

  /// Kind and length of the frame that begins with `prefix`.
  /// - Throws: `bundle.malformed` for a kind that there is not, and a length that the kind may not have.
  package static func prefix(_ prefix: [UInt8]) throws(SatchelError) -> (kind: Kind, byteCount: Int)
  {
    var reader = ByteReader(prefix)
    guard let byte = reader.take(1)?.first, let kind = Kind(rawValue: byte),
      let length = reader.bigEndian(UInt32.self)
    else { throw malformed("frame") }
    guard length >= 1, Int(length) <= kind.bytesMax else { throw malformed("length") }
    return (kind, Int(length))
  }

  package static func malformed(_ what: String) -> SatchelError {
    SatchelError(.bundleMalformed, cause: what)
  }
}

/// What the first frame of a bundle says; true only once the trailer's signature was checked.
package struct BundleHead: Equatable, Sendable {
  package var id: [UInt8]
  package var writer: PublicKey
  /// Why a reader may trust a writer that it has not met; every succession in it was checked, the grant was not.
  package var credentials: Credentials?
  /// The writer's wall clock, since 1970.
  package var milliseconds: Int64
  package var scope: Scope
  /// Holds only what arrived since the writer's last bundle of this name.
  package var isSinceLast: Bool

  package init(
    id: [UInt8], writer: PublicKey, credentials: Credentials?, milliseconds: Int64,
    scope: Scope, isSinceLast: Bool
  ) {
    self.id = id
    self.writer = writer
    self.credentials = credentials
    self.milliseconds = milliseconds
    self.scope = scope
    self.isSinceLast = isSinceLast
  }
}

/// What the last frame says: that the bundle is whole, and what a reader holds once it took all of it.
package struct BundleTrailer: Equatable, Sendable {
  /// 32 bytes.
  package var sha256: [UInt8]
  package var frames: UInt64
  package var parts: UInt32
  package var fingerprint: Hash256
  package var streams: UInt64
  package var records: UInt64

  package init(
    sha256: [UInt8], frames: UInt64, parts: UInt32, fingerprint: Hash256, streams: UInt64,
    records: UInt64
  ) {
    self.sha256 = sha256
    self.frames = frames
    self.parts = parts
    self.fingerprint = fingerprint
    self.streams = streams
    self.records = records
  }

  fileprivate var signedBytes: [UInt8] {
    var out = BundleWire.signedTag + sha256
    out.appendBigEndian(frames)
    out.appendBigEndian(parts)
    out += fingerprint.bytes
    out.appendBigEndian(streams)
    out.appendBigEndian(records)
    return out
  }
}

// MARK: - Frames out and in

extension BundleWire {
  package static func encode(_ head: BundleHead) throws(SatchelError) -> [UInt8] {
    var message = ProtoBundleHead()
    message.version = version
    message.id = Data(head.id)
    message.writer = Data(head.writer.bytes)
    message.milliseconds = head.milliseconds
    message.sinceLast = head.isSinceLast
    if let credentials = head.credentials { message.credentials = Wire.carried(credentials) }
    if case .learners(let learners) = head.scope {
      guard learners.count <= learnersMax else {
        throw SatchelError(.inputTooLarge, subject: "scope", cause: "\(learners.count) learners")
      }
      message.restricted = true
      message.learners = Data(learners.sorted().flatMap(\.bytes))
    }
    return frame(.head, try serialized(message))
  }

  /// - Throws: `bundle.malformed`; `protocol.newer` for a version that this program does not know.
  package static func head(in bytes: [UInt8]) throws(SatchelError) -> BundleHead {
    let message: ProtoBundleHead = try decoded(bytes)
    guard message.version <= version else { throw SatchelError(.protocolNewer, subject: "bundle") }
    guard message.version >= 1, message.id.count == idBytes,
      let writer = PublicKey(bytes: message.writer), message.learners.count.isMultiple(of: 16),
      message.learners.count <= 16 * learnersMax
    else { throw malformed("head") }
    // Wire calls it a wrong reply; here it is a wrong bundle.
    let credentials = try? Wire.credentials(in: message.credentials, of: writer)
    guard credentials != nil || !message.hasCredentials else { throw malformed("credentials") }
    let named = Scope(learnerBytes: Array(message.learners)) ?? .learners([])
    return BundleHead(
      id: Array(message.id), writer: writer,
      credentials: message.hasCredentials ? credentials : nil,
      milliseconds: message.milliseconds, scope: message.restricted ? named : .everyone,
      isSinceLast: message.sinceLast)
  }

  package static func encodeContinuation(of id: [UInt8], part: Int) throws(SatchelError) -> [UInt8]
  {
    var message = ProtoBundleContinuation()
    message.id = Data(id)
    message.part = UInt32(part)
    return frame(.continuation, try serialized(message))
  }

  package static func continuation(in bytes: [UInt8]) throws(SatchelError) -> (
    id: [UInt8], part: Int
  ) {
    let message: ProtoBundleContinuation = try decoded(bytes)
    guard message.id.count == idBytes else { throw malformed("continuation") }
    return (Array(message.id), Int(message.part))
  }

  package static func encode(_ batch: [Segment]) throws(SatchelError) -> [UInt8] {
    frame(.batch, try serialized(Wire.list(of: batch)))
  }

  /// The segments of a batch; each is proven later, by chain and signature.
  package static func batch(in bytes: [UInt8]) throws(SatchelError) -> [Segment] {
    let message: ProtoSegmentList = try decoded(bytes)
    // What is wrong with a segment is called as a wrong reply's is; here it is a wrong bundle.
    guard let segments = try? Wire.segments(in: message), !segments.isEmpty else {
      throw malformed("batch")
    }
    return segments
  }

  package static func encode(_ trailer: BundleTrailer, signedBy key: SigningKey)
    throws(SatchelError) -> [UInt8]
  {
    frame(.trailer, try serialized(message(trailer, signature: key.sign(trailer.signedBytes))))
  }

  /// The trailer, whose signature by `writer` holds.
  package static func trailer(in bytes: [UInt8], of writer: PublicKey) throws(SatchelError)
    -> BundleTrailer
  {
    let message: ProtoBundleTrailer = try decoded(bytes)
    guard message.sha256.count == 32, let print = Hash256(bytes: message.fingerprint) else {
      throw malformed("trailer")
    }
    let trailer = BundleTrailer(
      sha256: Array(message.sha256), frames: message.frames, parts: message.parts,
      fingerprint: print, streams: message.streams, records: message.records)
    let signature = Array(message.signature)
    // No hash covers the trailer itself, so only one spelling of it is valid.
    guard try serialized(Self.message(trailer, signature: signature)) == bytes else {
      throw malformed("trailer")
    }
    guard writer.isValid(signature: signature, for: trailer.signedBytes) else {
      throw malformed("signature")
    }
    return trailer
  }

  private static func message(_ trailer: BundleTrailer, signature: [UInt8]) -> ProtoBundleTrailer {
    var out = ProtoBundleTrailer()
    out.sha256 = Data(trailer.sha256)
    out.frames = trailer.frames
    out.parts = trailer.parts
    out.fingerprint = Data(trailer.fingerprint.bytes)
    out.streams = trailer.streams
    out.records = trailer.records
    out.signature = Data(signature)
    return out
  }

  private static func decoded<Message: SwiftProtobuf.Message>(_ bytes: [UInt8])
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

  private static func serialized(_ message: some SwiftProtobuf.Message) throws(SatchelError)
    -> [UInt8]
  {
    do {
      return try message.serializedBytes()
    } catch {
      throw SatchelError(.recordInvalid, subject: "bundle", cause: "\(error)")
    }
  }
}
