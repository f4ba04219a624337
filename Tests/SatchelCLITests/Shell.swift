import Foundation
import SatchelTestSupport
import Testing

/// The built program, run as anybody would run it.
struct Shell {
  struct Answer {
    let status: Int32
    let out: String
    let error: String

    /// The one JSON object on stdout.
    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: Data(out.utf8))) as? [String: Any] ?? [:]
    }

    var errorCode: String? { (json["error"] as? [String: Any])?["code"] as? String }
  }

  let folder: URL
  var store: String { file("store.sqlite") }

  init() throws {
    folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("satchel-cli-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  }

  func file(_ name: String) -> String { folder.appendingPathComponent(name).path }

  func write(_ text: String, to name: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  func remove() { try? FileManager.default.removeItem(at: folder) }

  /// Both programs lie beside the test bundle.
  static let programs = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  static let source = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Runs `satchel` with the store of this folder, unless the arguments name another.
  @discardableResult
  func satchel(_ arguments: String..., environment more: [String: String] = [:]) throws -> Answer {
    try run(Self.programs.appendingPathComponent("satchel"), arguments, environment(more))
  }

  @discardableResult
  func satchel(_ arguments: [String]) throws -> Answer {
    try run(Self.programs.appendingPathComponent("satchel"), arguments, environment([:]))
  }

  func bash(_ script: String) throws -> Answer {
    let path =
      Self.programs.path + ":" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin")
    return try run(
      URL(fileURLWithPath: "/bin/bash"), ["-c", script], environment(["PATH": path]))
  }

  private func environment(_ more: [String: String]) -> [String: String] {
    ["SATCHEL_STORE": store, "HOME": folder.path, "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"]
      .merging(more) { _, new in new }
  }

  private func run(_ program: URL, _ arguments: [String], _ environment: [String: String])
    throws -> Answer
  {
    // Through files, since a pipe that nobody reads while the other is drained would stop the program.
    let id = UUID().uuidString
    let place = FileManager.default.temporaryDirectory
    let (out, error) = (
      place.appendingPathComponent("\(id).out"), place.appendingPathComponent("\(id).err")
    )
    defer { for file in [out, error] { try? FileManager.default.removeItem(at: file) } }
    let script =
      "cd \"$1\" && out=$2 error=$3 && shift 3 && exec \"$0\" \"$@\" >\"$out\" 2>\"$error\""
    let (status, _) = try Program.run(
      ["/bin/sh", "-c", script, program.path, folder.path, out.path, error.path] + arguments,
      environment: environment)
    return Answer(
      status: status,
      out: String(decoding: try Data(contentsOf: out), as: UTF8.self),
      error: String(decoding: try Data(contentsOf: error), as: UTF8.self))
  }
}
