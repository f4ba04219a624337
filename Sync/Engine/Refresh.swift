package import Foundation
package import SatchelCore
internal import Synchronization

/// Brings a published file home: manifest, then the blob, resumed where an earlier try stopped, then the checks.
package struct Refresh: Sendable {
  /// The largest model that is fetched, in bytes; the manifest says the size before the first byte is asked for.
  package static let modelBytesMax = 64 << 20
  package static let packBytesMax = 256 << 20

  private let peer: any Peer
  private let publisher: PublicKey
  private let folder: URL

  /// - Parameters:
  ///   - publisher: whose signature is trusted: the hub's key, pinned when it was first met.
  ///   - folder: where partial files lie until they are whole.
  package init(peer: any Peer, publisher: PublicKey, folder: URL) {
    self.peer = peer
    self.publisher = publisher
    self.folder = folder
  }

  /// The newest manifest of a channel when it is newer than `version`; `nil` when there is nothing newer.
  ///
  /// - Throws: `manifest.malformed`, `model.badSignature` or `pack.badSignature` also for a key that is not the pinned
  ///   one, `model.olderVersion` or `pack.olderVersion` for a step back.
  package func manifest(_ kind: Manifest.Kind, channel: String, above version: Int)
    async throws(SatchelError) -> SignedManifest?
  {
    let known = version > 0 ? Self.entityTag(kind, channel: channel, version: version) : nil
    guard let bytes = try await peer.manifest(kind, channel: channel, known: known) else {
      return nil
    }
    let signed = try SignedManifest(bytes: bytes)
    guard signed.publisher == publisher, signed.manifest.kind == kind,
      signed.manifest.channel == channel
    else {
      throw SatchelError(
        kind == .model ? .modelSignature : .packSignature, subject: channel, cause: "publisher")
    }
    if signed.manifest.version == version { return nil }
    guard signed.manifest.version > version else {
      throw SatchelError(
        kind == .model ? .modelDowngrade : .packDowngrade,
        subject: "\(channel) \(signed.manifest.version)")
    }
    return signed
  }

  /// The bytes of `file`, checked against its length and hash.
  ///
  /// What was fetched before a cut is kept in a file beside the store and not asked for again. A whole file with the
  /// wrong hash is thrown away, so that a retry starts clean.
  package func fetch(_ file: Manifest.File, of kind: Manifest.Kind) async throws(SatchelError)
    -> [UInt8]
  {
    let bytesMax = kind == .model ? Self.modelBytesMax : Self.packBytesMax
    guard file.byteCount <= bytesMax else {
      throw SatchelError(.inputTooLarge, subject: file.name, cause: "\(file.byteCount) bytes")
    }
    let partial = try PartialFile(folder: folder, name: Hex.encode(file.sha256))
    if partial.byteCount > file.byteCount { try partial.empty() }
    let wasBegun = partial.byteCount > 0
    if let bytes = try await complete(partial, file, kind) { return bytes }
    // What an earlier round left may be a portal's page: once more from the start, then it is the hub's own fault.
    if wasBegun, let bytes = try await complete(partial, file, kind) { return bytes }
    try partial.remove()
    throw SatchelError(
      kind == .model ? .modelHashMismatch : .packHashMismatch, subject: file.name)
  }

  /// Fetches what is missing of `file`; `nil`, and nothing kept of it, when the whole has the wrong hash.
  private func complete(_ partial: PartialFile, _ file: Manifest.File, _ kind: Manifest.Kind)
    async throws(SatchelError) -> [UInt8]?
  {
    let missing = file.byteCount - partial.byteCount
    if missing > 0 {
      do throws(SatchelError) {
        try await peer.blob(
          sha256: file.sha256, from: Int64(partial.byteCount), bytesMax: missing,
          into: { try partial.append($0) })
      } catch {
        // What came was somebody else's.
        if error.code == .hubNotAHub { try partial.empty() }
        throw error
      }
    }
    let bytes = try partial.contents()
    if bytes.count < file.byteCount {
      throw SatchelError(.hubUnreachable, subject: file.name, cause: "\(bytes.count) bytes came")
    }
    guard sha256(bytes) == file.sha256 else {
      try partial.empty()
      return nil
    }
    try partial.remove()
    return bytes
  }

  /// The ETag of a manifest: what `If-None-Match` carries.
  package static func entityTag(_ kind: Manifest.Kind, channel: String, version: Int) -> String {
    "\"\(kind.rawValue)-\(channel)-\(version)\""
  }
}

/// A file that grows by what arrives and outlives a cut.
private final class PartialFile: Sendable {
  private let url: URL
  private let handle: Mutex<FileHandle>

  init(folder: URL, name: String) throws(SatchelError) {
    url = folder.appendingPathComponent(name + ".partial")
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      if !FileManager.default.fileExists(atPath: url.path) {
        guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
          throw CocoaError(.fileWriteUnknown)
        }
      }
      let opened = try FileHandle(forUpdating: url)
      try opened.seekToEnd()
      handle = Mutex(opened)
    } catch {
      throw SatchelError(.cannotCreate, subject: url.path)
    }
  }

  var byteCount: Int {
    let size = try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? NSNumber
    return size?.intValue ?? 0
  }

  func append(_ chunk: [UInt8]) throws {
    try handle.withLock { try $0.write(contentsOf: Data(chunk)) }
  }

  func contents() throws(SatchelError) -> [UInt8] {
    do {
      return Array(try Data(contentsOf: url))
    } catch {
      throw SatchelError(.fileUnreadable, subject: url.path)
    }
  }

  /// What is appended next stands at 0.
  func empty() throws(SatchelError) {
    do {
      try handle.withLock { try $0.truncate(atOffset: 0) }
    } catch {
      throw SatchelError(.cannotCreate, subject: url.path)
    }
  }

  func remove() throws(SatchelError) {
    do {
      try FileManager.default.removeItem(at: url)
    } catch {
      throw SatchelError(.cannotCreate, subject: url.path)
    }
  }
}
