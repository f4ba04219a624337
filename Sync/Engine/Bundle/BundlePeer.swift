package import Foundation
package import SatchelCore
package import SatchelWire

/// A bundle as the other side of a ``Refresh``: what it publishes is what it carries, and the checks are those of a hub.
package struct BundlePeer: Peer {
  private let bundle: URL
  private let releases: [(signed: SignedManifest, place: BundlePlace)]

  /// - Parameter releases: of a bundle that was proved whole. Manifests that do not read are left out: ``unreadable(_:)``.
  package init(_ bundle: URL, releases: [Bundling.IncomingRelease]) {
    self.bundle = bundle
    self.releases = releases.compactMap { release in
      (try? SignedManifest(bytes: release.manifest)).map { ($0, release.place) }
    }
  }

  /// What the bundle carries, in its order.
  package var manifests: [SignedManifest] { releases.map(\.signed) }

  /// What is wrong with each manifest that does not read.
  package static func unreadable(_ releases: [Bundling.IncomingRelease]) -> [SatchelError] {
    var out: [SatchelError] = []
    for release in releases {
      do {
        _ = try SignedManifest(bytes: release.manifest)
      } catch {
        out.append(error)
      }
    }
    return out
  }

  /// A file answers no questions; its records are read by ``Bundling``.
  package func exchange(_ request: SyncRequest) async throws(SatchelError) -> SyncReply {
    throw SatchelError(.usage, subject: bundle.path)
  }

  package func manifest(_ kind: Manifest.Kind, channel: String, known: String?)
    async throws(SatchelError) -> [UInt8]?
  {
    releases.last {
      $0.signed.manifest.kind == kind && $0.signed.manifest.channel == channel
    }?.signed.encoded
  }

  package func blob(
    sha256 digest: [UInt8], from offset: Int64, bytesMax: Int,
    into sink: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws(SatchelError) {
    let wanted = releases.last { $0.signed.manifest.files.first?.sha256 == digest }
    guard let wanted else { throw SatchelError(.bundleIncomplete, subject: Hex.encode(digest)) }
    var (skipped, left) = (Int(offset), bytesMax)
    do {
      try BundleReader.pieces(of: bundle, from: wanted.place) { piece in
        let part = piece.dropFirst(skipped).prefix(left)
        skipped -= min(skipped, piece.count)
        left -= part.count
        if !part.isEmpty { try sink(Array(part)) }
      }
    } catch let error as SatchelError {
      throw error
    } catch {
      throw SatchelError(.storeFailed, subject: bundle.path, cause: "\(type(of: error))")
    }
  }

  package var traffic: Traffic { Traffic() }
}
