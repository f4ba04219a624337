package import SatchelCore

/// What a client says in one exchange of a round.
package struct SyncRequest: Equatable, Sendable {
  /// The hub's epoch that ``cursor`` belongs to; 0 when the hub was never met.
  package var epoch: LedgerEpoch
  /// Arrival number at the hub up to which its records were taken.
  package var cursor: UInt64
  /// The client's fingerprint of its scope.
  package var fingerprint: Hash256
  package var offered: [Segment]
  /// The client may have lost records of its own: what it once sent is wanted back, too.
  package var wantsOwn: Bool

  package init(
    epoch: LedgerEpoch, cursor: UInt64, fingerprint: Hash256, offered: [Segment], wantsOwn: Bool
  ) {
    self.epoch = epoch
    self.cursor = cursor
    self.fingerprint = fingerprint
    self.offered = offered
    self.wantsOwn = wantsOwn
  }
}

/// What a hub answers.
package struct SyncReply: Equatable, Sendable {
  package var hubKey: PublicKey
  package var epoch: LedgerEpoch
  package var cursor: UInt64
  package var fingerprint: Hash256
  package var offered: [Segment]
  package var hasMore: Bool
  package var hubMilliseconds: Int64
  package var channels: [ChannelVersion]
  package var scope: Scope

  package init(
    hubKey: PublicKey, epoch: LedgerEpoch, cursor: UInt64, fingerprint: Hash256,
    offered: [Segment], hasMore: Bool, hubMilliseconds: Int64, channels: [ChannelVersion],
    scope: Scope
  ) {
    self.hubKey = hubKey
    self.epoch = epoch
    self.cursor = cursor
    self.fingerprint = fingerprint
    self.offered = offered
    self.hasMore = hasMore
    self.hubMilliseconds = hubMilliseconds
    self.channels = channels
    self.scope = scope
  }
}

/// The newest version of a release channel.
package struct ChannelVersion: Equatable, Sendable {
  package var kind: Manifest.Kind
  package var channel: String
  package var version: Int

  package init(kind: Manifest.Kind, channel: String, version: Int) {
    self.kind = kind
    self.channel = channel
    self.version = version
  }
}

/// Why a hub did not do what it was asked.
package struct SyncFailure: Equatable, Sendable {
  package var code: SatchelError.Code
  package var subject: String

  package init(code: SatchelError.Code, subject: String) {
    self.code = code
    self.subject = subject
  }
}
