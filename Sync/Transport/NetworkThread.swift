import Glibc
import SatchelCore

/// A POSIX thread that runs a loop to its end: libcurl blocks, and Swift's own threads are too few to block one.
struct NetworkThread: Sendable {
  private let id: pthread_t

  /// Starts the thread; it keeps `loop` until it ends.
  init(running loop: TransferLoop) throws(SatchelError) {
    var id = pthread_t()
    let context = Unmanaged.passRetained(loop)
    let failure = pthread_create(
      &id, nil,
      { context in
        guard let context else { preconditionFailure("given to pthread_create") }
        blockBrokenPipeSignal()
        Unmanaged<TransferLoop>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard failure == 0 else {
      context.release()
      throw SatchelError(
        .hubUnreachable, cause: "pthread_create: \(String(cString: strerror(failure)))")
    }
    self.id = id
  }

  /// Waits for the end. On the thread itself, where waiting would never end, only lets go of it.
  func join() {
    if pthread_equal(id, pthread_self()) != 0 {
      pthread_detach(id)
    } else {
      pthread_join(id, nil)
    }
  }
}

/// A write to a connection that the other side closed raises SIGPIPE in the writing thread. libcurl asks the system not
/// to on its own sockets, but not every TLS library does; blocked here, it can end no app.
private func blockBrokenPipeSignal() {
  var signals = sigset_t()
  sigemptyset(&signals)
  sigaddset(&signals, SIGPIPE)
  let failure = pthread_sigmask(SIG_BLOCK, &signals, nil)
  precondition(failure == 0, "SIG_BLOCK with a valid set cannot fail")
}
