package import SatchelCore

/// What a client says in one exchange of a round.
package struct SyncRequest: Equatable, Sendable {
  /// The hub's epoch that ``cursor`` belongs to; 0 when the hub was never met.
  package var epoch: LedgerEpoch
  /// Arrival number at the hub up to which its records were taken; of ``wanted`` ones while some are wanted.
  package var cursor: UInt64
  /// The client's fingerprint of its scope.
  package var fingerprint: Hash256
  package var offered: [Segment]
  /// Learners of whom the client holds records and who are not in its scope, as far as it knows.
  package var introduces: [LearnerID]
  /// ``Scope/tag`` of the scope that the client knows; 0 when it knows none.
  package var scopeTag: UInt64
  /// Repair: what the client holds.
  package var ranges: [HeldRange]
  /// Repair: what the client lacks; the reply then offers this and nothing else.
  package var wanted: [WantedRecords]
  /// The most bytes of segments that the reply should hold, on a line that breaks; 0 leaves it to the hub.
  package var bytesMax: Int

  package init(
    epoch: LedgerEpoch, cursor: UInt64, fingerprint: Hash256, offered: [Segment] = [],
    introduces: [LearnerID] = [], scopeTag: UInt64 = 0, ranges: [HeldRange] = [],
    wanted: [WantedRecords] = [], bytesMax: Int = 0
  ) {
    self.epoch = epoch
    self.cursor = cursor
    self.fingerprint = fingerprint
    self.offered = offered
    self.introduces = introduces
    self.scopeTag = scopeTag
    self.ranges = ranges
    self.wanted = wanted
    self.bytesMax = bytesMax
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
  /// `nil` when it is the one whose tag the request named.
  package var scope: Scope?
  /// Repair: where the hub differs from the ranges of the request.
  package var ranges: [HeldRange]

  package init(
    hubKey: PublicKey, epoch: LedgerEpoch, cursor: UInt64, fingerprint: Hash256,
    offered: [Segment], hasMore: Bool, hubMilliseconds: Int64, channels: [ChannelVersion],
    scope: Scope?, ranges: [HeldRange] = []
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
    self.ranges = ranges
  }
}

/// What one side holds in a range of stream ids.
package struct HeldRange: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    /// Of each of 2^k equal parts, in order, the sum modulo 2^64 of ``Leaf/shortTerm``.
    case sums([UInt64])
    /// By rising stream id.
    case leaves([HeldLeaf])
  }

  package var range: StreamRange
  package var content: Content

  package init(_ range: StreamRange, _ content: Content) {
    self.range = range
    self.content = content
  }
}

/// A leaf in 24 bytes and a number.
package struct HeldLeaf: Hashable, Sendable {
  package var stream: StreamID
  /// 0: the stream is not held.
  package var number: UInt64
  /// The first 8 bytes of the head's hash.
  package var check: UInt64

  package init(stream: StreamID, number: UInt64, check: UInt64) {
    self.stream = stream
    self.number = number
    self.check = check
  }

  package init(_ leaf: Leaf) {
    self.init(stream: leaf.stream, number: leaf.head.number, check: leaf.head.hash.highWord)
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
