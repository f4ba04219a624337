package import Foundation

/// The program `satchel-hub serve`, as a process of its own.
///
/// Not by Foundation's `Process`: there a program that starts while another is being started may keep that one's end
/// from being seen, and tests run side by side.
package final class HubProgram: Sendable {
  package struct DidNotStart: Error {
    package let said: String
  }

  package let url: String
  private let process: pid_t

  /// - Parameters:
  ///   - store: of a hub that was made before.
  ///   - port: 0 picks a free one.
  ///   - script: what a shell does first, in a mount namespace of its own; `$0` is the program.
  package init(store: URL, port: UInt16 = 0, inNamespaceAfter script: String? = nil) throws {
    let serve = ["serve", "--store", store.path, "--listen", "127.0.0.1:\(port)"]
    let command: [String] =
      if let script {
        [
          "/usr/bin/unshare", "-rm", "/bin/sh", "-c", script + "\nexec \"$0\" \"$@\"",
          Self.executable.path,
        ] + serve
      } else {
        [Self.executable.path] + serve
      }
    let (process, errors) = try Self.start(command)
    self.process = process
    var text = ""
    while !text.contains("\n") {
      let bytes = errors.availableData
      if bytes.isEmpty { break }
      text += String(decoding: bytes, as: UTF8.self)
    }
    let line = text.split(separator: "\n").first ?? ""
    guard line.hasPrefix("listening on http://127.0.0.1:") else {
      kill(process, SIGKILL)
      waitpid(process, nil, 0)
      throw DidNotStart(said: text)
    }
    url = String(line.dropFirst("listening on ".count))
    // Read on, else a full pipe would stop the hub.
    Thread.detachNewThread { while !errors.availableData.isEmpty {} }
  }

  package var port: UInt16 { url.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }

  /// Beside the test bundle, where SwiftPM puts both.
  private static var executable: URL {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("satchel-hub")
  }

  /// Sends `number` to the process, which has not been waited for yet.
  package func signal(_ number: Int32) { kill(process, number) }

  /// Sends `number` and returns the exit status, or minus the signal that ended it. The last call on this object.
  @discardableResult
  package func end(by number: Int32) -> Int32 {
    signal(number)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : -signal
  }

  /// Starts a program that has stderr as a pipe and shares nothing else with this one.
  private static func start(_ command: [String]) throws -> (pid_t, FileHandle) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
    // What is not open is passed over.
    for inherited in STDERR_FILENO + 1..<1024 {
      posix_spawn_file_actions_addclose(&actions, inherited)
    }
    let arguments = command.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    guard posix_spawn(&process, command[0], &actions, nil, arguments + [nil], environ) == 0 else {
      throw POSIXError(.ENOENT)
    }
    return (process, FileHandle(fileDescriptor: ends[0], closeOnDealloc: true))
  }
}
