/// Consecutive records of one stream, packed, with the signature of the device over the last of them.
///
/// The same bytes lie in the store and travel in a round. A segment proves itself: from the stream's id, the head
/// before it and its bytes the head after it follows, and the signature must be over that.
package struct Segment: Hashable, Sendable {
  /// The most records in one segment.
  package static let recordsMax = 1000
  /// The most bytes of one packed segment.
  package static let bytesMax = 256 << 10
  /// What a store packs into one, where it holds more than one record: a segment goes over a line whole or not at all,
  /// and over the slowest that is promised in 16 seconds. A thousand answers are 9 kB; settings may be 1 kB each.
  package static let sealedBytesMax = 32 << 10

  package let stream: RecordStream
  /// The number of the first record.
  package let first: UInt64
  package let count: Int
  /// Ed25519 by the stream's key over the head at ``last``; 64 bytes.
  package let signature: [UInt8]
  /// ``SegmentCodec``'s form.
  package let bytes: [UInt8]

  package init(
    stream: RecordStream, first: UInt64, count: Int, signature: [UInt8], bytes: [UInt8]
  ) {
    self.stream = stream
    self.first = first
    self.count = count
    self.signature = signature
    self.bytes = bytes
  }

  /// The number of the last record.
  package var last: UInt64 { first + UInt64(count) - 1 }

  /// Unpacks the records; throws `segment.malformed`.
  package func records() throws(SatchelError) -> [Record] {
    let records = try SegmentCodec.decode(bytes, of: stream)
    guard records.count == count else {
      throw SatchelError(.segmentMalformed, subject: stream.id.description, cause: "count")
    }
    return records
  }

  /// Whether the stream's device signed `head`, which this segment's last record leads to.
  package func isSigned(_ head: StreamHead) -> Bool {
    stream.publicKey.isValid(signature: signature, for: head.signedBytes(of: stream.id))
  }

  /// What continues a stream at `head`: the records after it and the head they lead to, proven by chain and signature.
  ///
  /// - Throws: `segment.malformed`; `stream.gap` when records between `head` and ``first`` are missing;
  ///   `stream.badSignature` when it does not lead on from `head`.
  package func continuation(of head: StreamHead) throws(SatchelError) -> (
    records: [Record], head: StreamHead
  ) {
    let subject = stream.id.description
    guard first == head.number + 1 else { throw SatchelError(.streamGap, subject: subject) }
    let records = try records()
    let reached = head.appending(records)
    guard isSigned(reached) else { throw SatchelError(.streamSignature, subject: subject) }
    return (records, reached)
  }
}
