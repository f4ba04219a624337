package import SatchelCore
internal import SatchelImport
package import SatchelStore
internal import SatchelTutor

/// Signs a model or a pack and puts it on a channel, one version above the newest.
package struct Publishing: Sendable {
  package static let modelBytesMax = 64 << 20
  package static let packBytesMax = Pack.bytesMax

  private let store: Store

  package init(store: Store) { self.store = store }

  /// Publishes `bytes`, once they proved to be what they are said to be.
  ///
  /// A running hub serves it from its next request on.
  /// - Throws: what reading a model or a pack throws; `content.badKey` for a channel that is no key.
  package func publish(
    _ kind: Manifest.Kind, _ bytes: [UInt8], channel: String, at milliseconds: Int64
  ) throws(SatchelError) -> SignedManifest {
    guard ItemID.isValid(channel), !channel.contains("/") else {
      throw SatchelError(.badKey, subject: "channel")
    }
    let (name, file) = try Self.names(of: bytes, kind)
    let key = try store.establishHubIdentity()
    let manifest = try Manifest(
      kind: kind, name: name, channel: channel,
      version: try store.newestPublication(kind, channel: channel) + 1,
      createdSeconds: max(0, milliseconds / 1000),
      files: [Manifest.File(name: file, byteCount: bytes.count, sha256: sha256(bytes))])
    let signed = SignedManifest(signing: manifest, with: key)
    try store.publish(signed, files: [bytes], at: milliseconds)
    return signed
  }

  /// INV-verify: what no client could use is refused here, before it is signed.
  private static func names(of bytes: [UInt8], _ kind: Manifest.Kind) throws(SatchelError) -> (
    name: String, file: String
  ) {
    switch kind {
    case .model:
      _ = try Weights(bytes: bytes)
      return ("tutor", "model.safetensors")
    case .pack:
      return (try Pack(bytes: bytes).manifest.manifest.name, "content.satchelpack")
    }
  }
}
