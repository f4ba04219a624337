package import Foundation

/// Public data and vectors that are no part of this project: in `SATCHEL_SHARED`, else in `../shared`.
package enum SharedData {
  private static var root: URL {
    let given = ProcessInfo.processInfo.environment["SATCHEL_SHARED"]
    return given.map { URL(fileURLWithPath: $0) }
      ?? SourceTree.root.deletingLastPathComponent().appendingPathComponent("shared")
  }

  /// A file in `data`.
  package static func file(_ path: String) -> URL { root.appendingPathComponent("data/\(path)") }

  /// For `@Test(.enabled(if:))`: says so on stdout where the file is missing, so that nobody takes a skip for a pass.
  package static func has(_ path: String) -> Bool {
    let isThere = FileManager.default.fileExists(atPath: file(path).path)
    if !isThere { print("skipped: \(file(path).path) is missing (set SATCHEL_SHARED)") }
    return isThere
  }
}
