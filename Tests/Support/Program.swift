package import Foundation

/// Another program, started by a test, whose words are waited for and whose end is certain.
///
/// Not by Foundation's `Process`: on Linux its children inherit the blocked signals of the thread that happens to start
/// them, so that SIGTERM may never arrive, and waiting for one may take as long as another one lives. And once, with some
/// two thousand files open, `Process.run` read past its memory.
package final class Program: Sendable {
  package struct DidNotStart: Error {
    package let said: String
  }

  private let process: pid_t
  private let output: FileHandle

  /// - Parameter command: the path of the program, and its arguments.
  package init(_ command: [String]) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw POSIXError(.EMFILE) }
    defer { close(ends[1]) }
    output = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
    process = try Self.spawn(command, saying: ends[1])
  }

  /// Runs a program to its end, with nothing to read.
  ///
  /// - Parameters:
  ///   - environment: all of it; `nil` for the test's own.
  ///   - takesErrors: whether its stderr is among what it said.
  /// - Returns: the exit status, or minus the signal that ended it, and what it said.
  package static func run(
    _ command: [String], environment: [String: String]? = nil, takesErrors: Bool = false
  ) throws -> (status: Int32, said: [UInt8]) {
    let variables = environment.map { ["-i"] + $0.map { "\($0.key)=\($0.value)" } } ?? []
    let script = "exec \"$0\" \"$@\" </dev/null" + (takesErrors ? "" : " 2>/dev/null")
    let program = try Program(
      ["/usr/bin/env"] + variables + ["/bin/sh", "-c", script] + command)
    let said = try program.output.readToEnd() ?? Data()
    return (program.status(), Array(said))
  }

  /// Reads what the program says, on stdout and stderr alike, until `pattern` is in it; what comes later is thrown away,
  /// else a full pipe would stop the program. Once a program; kills it when it ends without.
  package func wait<Found>(for pattern: Regex<Found>) throws -> Found {
    var text = ""
    while let chunk = Optional(output.availableData), !chunk.isEmpty {
      text += String(decoding: chunk, as: UTF8.self)
      if let found = try pattern.firstMatch(in: text) {
        let output = output
        Thread.detachNewThread { while !output.availableData.isEmpty {} }
        return found.output
      }
    }
    end(by: SIGKILL)
    throw DidNotStart(said: text)
  }

  /// Sends a signal to the program, which has not ended yet.
  package func signal(_ number: Int32) { kill(process, number) }

  /// Sends a signal and returns the exit status, or minus the signal that ended it. The last call on this object.
  @discardableResult
  package func end(by number: Int32) -> Int32 {
    signal(number)
    return status()
  }

  private func status() -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : -signal
  }

  /// Starts a program that shares nothing with this one but stdin, and blocks no signal.
  private static func spawn(_ command: [String], saying pipe: Int32) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipe, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, pipe, STDERR_FILENO)
    // What is not open is passed over.
    for inherited in STDERR_FILENO + 1..<1024 {
      posix_spawn_file_actions_addclose(&actions, inherited)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let arguments = command.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    guard
      posix_spawn(&process, command[0], &actions, &attributes, arguments + [nil], environ) == 0
    else { throw POSIXError(.ENOENT) }
    return process
  }
}

/// The program `satchel-hub serve`.
package final class HubProgram: Sendable {
  package let url: String
  private let program: Program

  /// - Parameters:
  ///   - store: of a hub that was made before.
  ///   - port: 0 picks a free one.
  ///   - script: what a shell does first, in a mount namespace of its own; `$0` is the program.
  package init(store: URL, port: UInt16 = 0, inNamespaceAfter script: String? = nil) throws {
    var command = [
      Self.executable.path, "serve", "--store", store.path, "--listen", "127.0.0.1:\(port)",
    ]
    if let script {
      command =
        ["/usr/bin/unshare", "-rm", "/bin/sh", "-c", script + "\nexec \"$0\" \"$@\""] + command
    }
    program = try Program(command)
    url = String(try program.wait(for: /listening on (http:\/\/127\.0\.0\.1:\d+)\n/).1)
  }

  package var port: UInt16 { url.split(separator: ":").last.flatMap { UInt16($0) } ?? 0 }

  /// Beside the test bundle, where SwiftPM puts both.
  private static var executable: URL {
    URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("satchel-hub")
  }

  /// See ``Program/end(by:)``.
  @discardableResult
  package func end(by number: Int32) -> Int32 { program.end(by: number) }
}
