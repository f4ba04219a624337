/// All stream ids that begin with the same bits: what repair compares at once.
///
/// Ids are hashes, so equal parts of the space hold about equally many streams, and a range needs no bounds but its
/// prefix.
package struct StreamRange: Hashable, Sendable {
  /// The longest prefix, in bits.
  package static let bitsMax = 64

  package static let all = StreamRange(bits: 0, prefix: 0)

  /// 0...64.
  package let bits: Int
  /// The prefix in the highest bits; the rest is 0.
  package let prefix: UInt64

  package init(bits: Int, prefix: UInt64) {
    self.bits = min(max(bits, 0), Self.bitsMax)
    self.prefix = prefix & Self.mask(self.bits)
  }

  package func contains(_ stream: StreamID) -> Bool { stream.high & Self.mask(bits) == prefix }

  /// The lowest and the highest first 8 bytes of its ids.
  package var bounds: ClosedRange<UInt64> { prefix...(prefix | ~Self.mask(bits)) }

  /// The part with that number among 2^`log2` equal ones, counted from the lowest ids.
  package func part(_ number: Int, of log2: Int) -> StreamRange {
    let length = min(bits + log2, Self.bitsMax)
    guard length > 0 else { return self }
    return StreamRange(
      bits: length, prefix: prefix | UInt64(number) << UInt64(Self.bitsMax - length))
  }

  /// Which of 2^`log2` equal parts holds `stream`, which is in this range.
  package func partNumber(of stream: StreamID, among log2: Int) -> Int {
    let length = min(bits + log2, Self.bitsMax)
    guard length > bits else { return 0 }
    return Int((stream.high & ~Self.mask(bits)) >> UInt64(Self.bitsMax - length))
  }

  private static func mask(_ bits: Int) -> UInt64 {
    bits == 0 ? 0 : UInt64.max << UInt64(bitsMax - bits)
  }
}

/// Where a stream, or a branch of it, ends.
package struct Leaf: Hashable, Sendable {
  package let stream: StreamID
  package let head: StreamHead

  package init(stream: StreamID, head: StreamHead) {
    self.stream = stream
    self.head = head
  }

  /// The last 8 bytes of the leaf's fingerprint term; sums of them modulo 2^64 tell ranges apart.
  package var shortTerm: UInt64 { head.fingerprintTerm(of: stream).lowWord }
}

/// Records of one stream that a peer asks for.
package struct WantedRecords: Hashable, Sendable {
  package let stream: StreamID
  /// The first number that is wanted; 1 is the whole stream with all its branches.
  package let from: UInt64

  package init(stream: StreamID, from: UInt64) {
    self.stream = stream
    self.from = from
  }
}
