/// Consecutive records of one stream, packed, with the signature of the device over the last of them.
///
/// The same bytes lie in the store and travel in a round. A segment proves itself: from the stream's id, the head
/// before it and its bytes the head after it follows, and the signature must be over that.
package struct Segment: Hashable, Sendable {
  /// The most records in one segment.
  package static let recordsMax = 1000
  /// The most bytes of one packed segment.
  package static let bytesMax = 256 << 10

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

  /// What continues a stream at `head`: the records after it and the head they lead to, proven by chain and signature.
  ///
  /// Records at or below `head` are dropped: a batch sent twice adds nothing.
  /// - Throws: `segment.malformed`; `stream.gap` when records between `head` and ``first`` are missing;
  ///   `stream.forked` when it overlaps `head` and does not lead on from it; `stream.badSignature`.
  package func continuation(of head: StreamHead) throws(SatchelError) -> (
    records: [Record], head: StreamHead
  ) {
    let subject = stream.id.description
    guard first <= head.number + 1 else { throw SatchelError(.streamGap, subject: subject) }
    let fresh = Array(try records().dropFirst(Int(min(head.number + 1 - first, UInt64(count)))))
    let reached = head.appending(fresh)
    guard
      fresh.isEmpty
        || stream.publicKey.isValid(
          signature: signature, for: reached.signedBytes(of: stream.id))
    else {
      // INV-fork: the same device signed another history for a number that we hold.
      throw SatchelError(first <= head.number ? .streamForked : .streamSignature, subject: subject)
    }
    return (fresh, reached)
  }
}
