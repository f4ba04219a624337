internal import SatchelCore
package import SatchelWire
internal import Synchronization

/// Two memories that spare a round in which nothing changed a third of its work: its request is, byte for byte, the one
/// before it.
///
/// Neither decides anything. What a key signed once, it signed; who may do what is asked anew each time.

/// A client's: the last request that offered nothing, as it was signed.
package final class LastRequest: Sendable {
  package typealias Signed = (bytes: [UInt8], digest: Wire.RequestDigest)

  private let last = Mutex<(request: SyncRequest, key: PublicKey, signed: Signed)?>(nil)

  package init() {}

  /// What `Wire` makes of `request`, or has made of the same one.
  func signed(_ request: SyncRequest, by key: SigningKey) throws(SatchelError) -> Signed {
    guard request.offered.isEmpty, request.ranges.isEmpty, request.wanted.isEmpty else {
      return try Wire.encode(request, signedBy: key)
    }
    let publicKey = key.publicKey
    if let last = last.withLock({ $0 }), last.key == publicKey, last.request == request {
      return last.signed
    }
    let signed = try Wire.encode(request, signedBy: key)
    last.withLock { $0 = (request, publicKey, signed) }
    return signed
  }
}

/// A hub's: whole bodies whose signature was found to be right.
package final class ProvenRequests: Sendable {
  /// The longest body that is kept, in bytes: one that offers nothing has some 200.
  private static let bytesMax = 512
  /// Then all are forgotten: 2 MiB at most.
  private static let countMax = 4096

  private let bodies = Mutex<Set<[UInt8]>>([])

  package init() {}

  package func contains(_ body: [UInt8]) -> Bool {
    body.count <= Self.bytesMax && bodies.withLock { $0.contains(body) }
  }

  package func insert(_ body: [UInt8]) {
    guard body.count <= Self.bytesMax else { return }
    bodies.withLock { bodies in
      if bodies.count >= Self.countMax { bodies = [] }
      bodies.insert(body)
    }
  }
}
