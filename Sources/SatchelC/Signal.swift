internal import Glibc
internal import Satchel

/// A descriptor that a main loop can wait for: readable while it is raised. A pipe with a byte in it, or none.
final class Signal: Sendable {
  let descriptor: Int32
  private let entrance: Int32

  init() throws(SatchelError) {
    var ends: [Int32] = [-1, -1]
    // Glibc's module has no `pipe2`: a program that another thread starts in between inherits two ends that it never uses.
    if pipe(&ends) != 0 {
      throw SatchelError(.cannotCreate, subject: "pipe", cause: String(cString: strerror(errno)))
    }
    descriptor = ends[0]
    entrance = ends[1]
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
  }

  deinit {
    close(descriptor)
    close(entrance)
  }

  func raise() {
    // Fails when the pipe is full alone, and then it is raised.
    _ = write(entrance, [1], 1)
  }

  func lower() {
    var bytes = [UInt8](repeating: 0, count: 64)
    while read(descriptor, &bytes, bytes.count) == bytes.count {}
  }

  /// Waits until it is raised, at most until `deadline`.
  func wait(until deadline: ContinuousClock.Instant?) {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let milliseconds = deadline.map { deadline in
      Int32(clamping: Int64((deadline - .now) / .milliseconds(1)) + 1)
    }
    _ = Glibc.poll(&poll, 1, milliseconds.map { max(0, $0) } ?? -1)
  }
}
