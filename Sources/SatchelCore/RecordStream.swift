/// What one replica writes about one learner: numbered 1, 2, 3 ... and hash-chained.
///
/// The id is the first 16 bytes of
/// SHA-256("satchel stream 1" 00, public key 32, learner 16, nonce 8 big-endian), so the id alone fixes who signs the
/// stream and whom it is about: records cannot be moved to another learner, nor claimed by another device, without
/// a second preimage.
package struct RecordStream: Hashable, Sendable {
  /// The key of the replica that writes it.
  package let publicKey: PublicKey
  package let learner: LearnerID
  /// 0 for what a learner does on this replica; for an imported file the first 8 bytes of its SHA-256, so that
  /// the same file finds its own stream again and adds nothing.
  package let nonce: UInt64
  package let id: StreamID
  /// The replica that writes it. Kept, because it is a hash: asked anew for every record it took a fifth of a push.
  package let replica: ReplicaID

  package init(publicKey: PublicKey, learner: LearnerID, nonce: UInt64 = 0) {
    self.publicKey = publicKey
    self.learner = learner
    self.nonce = nonce
    replica = publicKey.replica
    var tail = learner.bytes
    tail.appendBigEndian(nonce)
    let hash = Hash256(hashing: Array("satchel stream 1\0".utf8), publicKey.bytes, tail)
    id = StreamID(bytes: hash.bytes.prefix(16)) ?? StreamID(high: 0, low: 0)
  }

  /// The head before the first record: number 0, and a hash made of the id so that chains of two streams never meet.
  package var start: StreamHead {
    StreamHead(number: 0, hash: Hash256(hashing: Array("satchel start 1\0".utf8), id.bytes))
  }
}

/// The last number and hash of a stream.
package struct StreamHead: Hashable, Sendable {
  package let number: UInt64
  package let hash: Hash256

  package init(number: UInt64, hash: Hash256) {
    self.number = number
    self.hash = hash
  }

  /// The head after one more record.
  package func appending(_ record: Record) -> StreamHead { appending(CollectionOfOne(record)) }

  package func appending(_ records: some Sequence<Record>) -> StreamHead {
    var link = ChainLink()
    return records.reduce(self) { link.head(after: $1, from: $0) }
  }

  /// The heads after the first, the second ... and the last of `records`.
  package func links(of records: some Sequence<Record>) -> [StreamHead] {
    var (head, link) = (self, ChainLink())
    return records.map {
      head = link.head(after: $0, from: head)
      return head
    }
  }

  /// What a device signs: "satchel head 1" 00, stream 16, number u64 big-endian, hash 32.
  package func signedBytes(of stream: StreamID) -> [UInt8] {
    var out = Array("satchel head 1\0".utf8)
    out.append(contentsOf: stream.bytes)
    out.appendBigEndian(number)
    out.append(contentsOf: hash.bytes)
    return out
  }

  /// This stream's term in the fingerprint of each scope that holds its learner; zero before the first record.
  package func fingerprintTerm(of stream: StreamID) -> Hash256 {
    guard number > 0 else { return .zero }
    var tail: [UInt8] = []
    tail.appendBigEndian(number)
    tail.append(contentsOf: hash.bytes)
    return Hash256(hashing: stream.bytes, tail)
  }
}

/// Hashes records into heads one after the other, in one buffer: an array a record would cost as much as the hash.
private struct ChainLink {
  private var buffer: [UInt8] = []

  mutating func head(after record: Record, from head: StreamHead) -> StreamHead {
    buffer.removeAll(keepingCapacity: true)
    head.hash.append(to: &buffer)
    record.appendCanonical(to: &buffer)
    return StreamHead(number: head.number + 1, hash: Hash256(hashing: buffer))
  }
}

extension Record {
  /// Its name wherever it stands: the first half of SHA-256 of the canonical bytes.
  package var id: RecordID {
    RecordID(bytes: Hash256(hashing: canonicalBytes).bytes.prefix(16))
      ?? RecordID(high: 0, low: 0)
  }
}
