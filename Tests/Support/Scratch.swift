package import Foundation

/// A folder that goes when the test ends.
package final class Scratch: Sendable {
  package let folder: URL

  /// - Parameter isVolatile: in memory where the system has a folder for that: for tests of thousands of transactions
  ///   that are not about the disk.
  package init(isVolatile: Bool = false) throws {
    let memory = URL(fileURLWithPath: "/dev/shm")
    let isThere = FileManager.default.isWritableFile(atPath: memory.path)
    let place = isVolatile && isThere ? memory : FileManager.default.temporaryDirectory
    folder = place.appendingPathComponent("satchel-test-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  package func file(_ name: String) -> URL { folder.appendingPathComponent(name) }
}

/// The project's own folder, and what lies in it.
package enum SourceTree {
  package static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  package static func file(_ path: String) -> URL { root.appendingPathComponent(path) }
}
