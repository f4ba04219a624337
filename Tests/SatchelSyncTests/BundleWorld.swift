import Foundation
import SatchelCore
import SatchelStore
import SatchelTestSupport
import SatchelWire
import Testing

@testable import SatchelSync

/// A USB stick of the tests.
struct Stick {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  func file(_ name: String = "class.satchelbundle") -> URL { scratch.file(name) }

  var names: [String] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: scratch.folder.path).sorted()
    }
  }

  func bytes(_ name: String = "class.satchelbundle") throws -> [UInt8] {
    Array(try Data(contentsOf: file(name)))
  }

  func put(_ bytes: some Sequence<UInt8>, as name: String = "class.satchelbundle") throws {
    try Data(bytes).write(to: file(name))
  }

  /// A bundle of any frames, made whole and signed by `key`: what only its writer can make.
  func forge(_ frames: [[UInt8]], by key: SigningKey, head: BundleHead? = nil) throws {
    let first =
      head
      ?? BundleHead(
        id: [UInt8](repeating: 7, count: 16), writer: key.publicKey, credentials: nil,
        milliseconds: 1_750_000_000_000, scope: .everyone, isSinceLast: false)
    let draft = try BundleDraft(file(), id: first.id, partBytesMax: 1 << 30)
    try draft.write(try BundleWire.encode(first))
    for frame in frames { try draft.write(frame) }
    try draft.finish { (sha256, frames, parts) throws(SatchelError) in
      try BundleWire.encode(
        BundleTrailer(
          sha256: sha256, frames: frames, parts: parts, fingerprint: .zero, streams: 0, records: 0),
        signedBy: key)
    }
  }
}

extension Machine {
  static let noon: Int64 = 1_750_000_000_000

  @discardableResult
  func write(
    _ stick: Stick, _ name: String = "class.satchelbundle", sinceLast: Bool = false,
    partBytesMax: Int = 2 << 30, scope: Scope = .everyone
  ) throws -> Bundling.Written {
    var order = Bundling.Order(milliseconds: Self.noon)
    order.isSinceLast = sinceLast
    order.partBytesMax = partBytesMax
    order.scope = scope
    return try Bundling.write(order, from: store, to: stick.file(name), signedBy: key)
  }

  @discardableResult
  func read(
    _ stick: Stick, _ name: String = "class.satchelbundle",
    judge: (BundleHead) throws(SatchelError) -> Bundling.License = { _ in .all }
  ) throws -> Bundling.Reading {
    try Bundling.read(
      into: store, from: stick.file(name), milliseconds: Self.noon, judge: judge)
  }

  /// All that a bundle could have changed.
  var snapshot: String {
    get throws {
      let found = try store.examine(.deep)
      return "\(try fingerprint) \(found) \(try store.learnerIDs()) \(try recordIDs())"
    }
  }
}

extension Bundling.License {
  static var all: Self { Self(scope: .everyone, refusesOutside: false, trustsClock: false) }
}
