import SatchelCore
import SatchelWire

/// Signed requests, written by hand in protobuf, in which one field has a length that is not its own.
struct WrongLengths {
  let key: SigningKey
  let segment: Segment

  func bodies() throws -> [(String, [UInt8])] {
    var out: [(String, [UInt8])] = []
    for change in [-1, 1] {
      out.append(("fingerprint \(change)", signed(request(fingerprint: 32 + change))))
      out.append(("learner \(change)", signed(request(learner: 16 + change))))
      out.append(("signature \(change)", signed(request(signature: 64 + change))))
      out.append(("keys \(change)", signed(request(keys: 32 + change))))
      out.append(("introduces \(change)", signed(request() + field(7, resized([], 16 + change)))))
      let wanted = field(10, resized([], 16 + change)) + field(11, [1])
      out.append(("wanted \(change)", signed(request() + wanted)))
      let sums = field(9, field(3, resized([], 8 + change)))
      out.append(("sums \(change)", signed(request() + sums)))
      let heads = field(9, field(4, field(1, resized([], 16 + change))))
      out.append(("heads \(change)", signed(request() + heads)))
      out.append(("device key \(change)", signed(request(), keyBytes: 32 + change)))
      out.append(("request signature \(change)", signed(request(), signatureBytes: 64 + change)))
    }
    return out
  }

  private func request(
    fingerprint: Int = 32, learner: Int = 16, signature: Int = 64, keys: Int = 32
  ) -> [UInt8] {
    let packed =
      field(2, resized(segment.stream.learner.bytes, learner)) + [4 << 3, 1, 5 << 3, 1]
      + field(6, resized(segment.signature, signature)) + field(7, segment.bytes)
    let list = field(1, resized(segment.stream.publicKey.bytes, keys)) + field(2, packed)
    return [1 << 3, 1] + field(4, resized([], fingerprint)) + field(5, list)
  }

  private func signed(_ body: [UInt8], keyBytes: Int = 32, signatureBytes: Int = 64) -> [UInt8] {
    let signature = key.sign(Array("satchel request 1\0".utf8) + body)
    return Array("SATCHEL1".utf8) + field(1, body)
      + field(2, resized(key.publicKey.bytes, keyBytes))
      + field(3, resized(signature, signatureBytes))
  }

  private func resized(_ bytes: [UInt8], _ count: Int) -> [UInt8] {
    Array((bytes + [UInt8](repeating: 0, count: count)).prefix(count))
  }

  /// A length-delimited field.
  private func field(_ number: Int, _ bytes: [UInt8]) -> [UInt8] {
    var length: [UInt8] = []
    var rest = bytes.count
    while rest > 127 {
      length.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return [UInt8(number << 3 | 2)] + length + [UInt8(rest)] + bytes
  }
}
