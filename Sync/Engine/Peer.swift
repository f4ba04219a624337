package import SatchelCore
package import SatchelWire

/// The other side of a round, as the client's story sees it.
package protocol Peer: Sendable {
  /// One exchange of a round.
  func exchange(_ request: SyncRequest) async throws(SatchelError) -> SyncReply

  /// The signed manifest of the newest version of a channel; `nil` when the channel has none, or when it is still the
  /// one that `known` was made of.
  func manifest(_ kind: Manifest.Kind, channel: String, known: String?) async throws(SatchelError)
    -> [UInt8]?

  /// The bytes of a blob from `offset` to its end, handed to `sink` as they come, at most `bytesMax` of them.
  func blob(
    sha256 digest: [UInt8], from offset: Int64, bytesMax: Int,
    into sink: @escaping @Sendable ([UInt8]) throws -> Void
  ) async throws(SatchelError)

  /// What went over the line so far.
  var traffic: Traffic { get }
}

/// Counted at the transport, with HTTP headers.
package struct Traffic: Equatable, Sendable {
  package var requests = 0
  package var bytesSent = 0
  package var bytesReceived = 0
  /// How long requests were under way, all together.
  package var elapsed = Duration.zero

  package init() {}
}
