import Foundation
import Satchel

/// A real hub as a child on loopback, for the demo and the benchmarks; it ends with its owner.
final class HubProcess: Sendable {
  let url: String
  let store: URL
  private let process: Process

  /// Makes a hub's store at `store` and serves it on a free port; returns when it listens.
  ///
  /// - Throws: `file.missing` when `satchel-hub` does not lie beside this program; `hub.failed` when it ends at once.
  init(store: URL) throws(SatchelError) {
    self.store = store
    _ = try Self.run(["init", "--store", store.path])
    process = Process()
    process.executableURL = try Self.executable()
    process.arguments = ["serve", "--store", store.path, "--listen", "127.0.0.1:0"]
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw SatchelError(.hubFailed, subject: "satchel-hub", cause: "\(error)")
    }
    guard let url = Self.listeningURL(errors.fileHandleForReading) else {
      process.terminate()
      throw SatchelError(.hubFailed, subject: "satchel-hub", cause: "it did not listen")
    }
    self.url = url
    Children.shared.add(process.processIdentifier)
    Self.readAway(errors.fileHandleForReading)
  }

  deinit { stop() }

  var processIdentifier: Int32 { process.processIdentifier }

  /// Asks it to end, and waits until it has.
  func stop() {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
    Children.shared.remove(process.processIdentifier)
  }

  /// Runs one `satchel-hub` command to its end and returns its standard output.
  static func run(_ arguments: [String]) throws(SatchelError) -> Data {
    let process = Process()
    process.executableURL = try executable()
    process.arguments = arguments
    let output = Pipe()
    process.standardOutput = output
    do {
      try process.run()
      let data = try output.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
      return data
    } catch {
      throw SatchelError(
        .hubFailed, subject: "satchel-hub " + (arguments.first ?? ""),
        cause: "exit \(process.isRunning ? -1 : process.terminationStatus)")
    }
  }

  /// `satchel-hub` lies beside `satchel`, built or installed.
  private static func executable() throws(SatchelError) -> URL {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let hub = own.deletingLastPathComponent().appendingPathComponent("satchel-hub")
    guard FileManager.default.isExecutableFile(atPath: hub.path) else {
      throw SatchelError(.fileMissing, subject: hub.path)
    }
    return hub
  }

  /// Reads whatever it says later, for a full pipe would stop it; until it ends.
  ///
  /// By a thread and not by a readability handler, which takes as much time for a line as the round that it is about.
  private static func readAway(_ handle: FileHandle) {
    Thread.detachNewThread {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while read(handle.fileDescriptor, &buffer, buffer.count) > 0 {}
    }
  }

  /// Reads lines until the one that says where it listens; `nil` when it ends before.
  private static func listeningURL(_ handle: FileHandle) -> String? {
    let marker = "listening on "
    var text = ""
    while true {
      let data = handle.availableData
      if data.isEmpty { return nil }
      text += String(decoding: data, as: UTF8.self)
      for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
        if let range = line.range(of: marker) { return String(line[range.upperBound...]) }
      }
    }
  }
}
