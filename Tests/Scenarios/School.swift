import Foundation
import Logging
import Satchel
import SatchelHub
import SatchelImport
import SatchelStore
import SatchelTestSupport
import Testing

/// A real hub in this process, and laptops that speak to it through the real client on loopback.
final class School: Sendable {
  let scratch: Scratch
  let hub: Store
  let url: String
  let port: UInt16
  private let serving: Task<Void, any Error>

  /// - Parameter port: 0 picks a free one.
  init(
    in folder: Scratch? = nil, port: UInt16 = 0, isEncrypted: Bool = false, isVolatile: Bool = false
  ) async throws {
    scratch = try folder ?? Scratch(isVolatile: isVolatile)
    hub = try Store(at: scratch.file("hub.sqlite"), creating: true, projection: nil)
    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let tls = isEncrypted ? try HubTLS.selfSigned(beside: hub.url, host: "127.0.0.1") : nil
    let server = try HubServer(store: hub, tls: tls, log: log) { School.now }
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    // Unstructured: it serves while the test goes on, and ends with the school.
    serving = Task {
      defer { found.finish() }
      try await server.run(at: ListenAddress("127.0.0.1:\(port)"), stopsOnSignals: false) {
        found.yield($0)
      }
    }
    self.port = UInt16(clamping: try #require(await ports.first { _ in true }))
    url = "\(isEncrypted ? "https" : "http")://127.0.0.1:\(self.port)"
  }

  deinit { serving.cancel() }

  /// The hub's clock, which is right.
  static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

  /// Stops the hub; its files stay.
  func close() async throws {
    serving.cancel()
    _ = await serving.result
    try hub.close()
  }

  /// A one-time code, as `satchel-hub invite` makes it.
  func code(for className: String?, _ role: Grant.Role = .device) throws -> String {
    let grant = Grant(role: role, className: try className.map { try ClassName($0) })
    return try Inviting(store: hub).invite(grant, at: Self.now).code.shown
  }

  func laptop(_ name: String) throws -> Replica {
    try Replica(at: scratch.file("\(name).sqlite"))
  }

  /// Publishes a file on the hub, as `satchel-hub publish` does.
  func publish(_ kind: Manifest.Kind, _ bytes: [UInt8], channel: String = "stable") throws {
    let newest = try hub.newestPublication(kind, channel: channel)
    let manifest = try Manifest(
      kind: kind, name: "\(kind.rawValue)", channel: channel, version: newest + 1,
      createdSeconds: 0,
      files: [
        Manifest.File(name: "\(kind.rawValue).bin", byteCount: bytes.count, sha256: sha256(bytes))
      ])
    let signed = SignedManifest(signing: manifest, with: try hub.establishHubIdentity())
    try hub.publish(signed, files: [bytes], at: 0)
  }

  /// The model that ships with the project.
  static func firstModel() throws -> [UInt8] {
    Array(try Data(contentsOf: SourceTree.file("Fixtures/model/first.safetensors")))
  }

  static var pack: URL { SourceTree.file("Fixtures/course/arithmetic-to-algebra.satchelpack") }
}

extension Replica {
  /// Answers some items of the course, right or wrong as `pattern` says.
  func practise(_ learner: LearnerID, _ count: Int, isCorrect pattern: (Int) -> Bool) throws {
    let items = try store.syllabus().items
    for number in 0..<count {
      try record(
        Answer(items[number * 7 % items.count].item, isCorrect: pattern(number)), by: learner)
    }
  }
}
