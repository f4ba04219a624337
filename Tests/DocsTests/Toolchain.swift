import Foundation
import SatchelTestSupport

/// The Swift toolchain that built these tests, looking at what it built; nothing is built again.
enum Toolchain {
  /// Where SwiftPM put the test bundle and all that it is made of.
  static let products = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  /// What any tool must be told to load our modules: their own place and that of the C modules beneath them.
  static var modules: [String] {
    // SwiftPM names the folder of all configurations for the machine that they run on.
    let machine = products.deletingLastPathComponent()
    let checkouts = machine.deletingLastPathComponent().appending(path: "checkouts")
    let folders =
      ["Modules", "CCurlShim.build", "CKernels.build"].map { products.appending(path: $0) }
      + ["Sources/CZstd", "Sources/CArchive", "Sync/CCurl"].map { SourceTree.file($0) }
      + [checkouts.appending(path: "GRDB.swift/Sources/GRDBSQLite")]
    return folders.flatMap { ["-I", $0.path] }
      + [
        "-target", machine.lastPathComponent,
        "-module-cache-path", products.appending(path: "ModuleCache").path,
      ]
  }

  /// Compiles a program of one file that imports `Satchel`, as strictly as our own sources are.
  static func compile(_ source: URL, to program: URL) throws {
    // All objects of the library are in the archive of the C interface.
    let objects = products.appending(path: "libSatchelC.a").path
    try run(
      ["swiftc", source.path, "-o", program.path, "-swift-version", "6", "-warnings-as-errors"]
        + modules
        + ["-use-ld=lld", objects, "-lsqlite3", "-lcurl", "-lzstd", "-larchive", "-lstdc++"])
  }

  /// Runs `command` to its end, in `folder` if one is given, and returns what it said.
  ///
  /// - Throws: what the command said, if it failed.
  @discardableResult
  static func run(_ command: [String], in folder: URL? = nil) throws -> String {
    let script = #"cd "$0" && "$@"; echo "ended with $?""#
    let place = folder?.path ?? "."
    let program = try Program(["/bin/sh", "-c", script, place] + command)
    let said = try program.wait(for: /(?s)^(.*)ended with 0\n/).1
    program.end(by: 0)
    return String(said)
  }
}
