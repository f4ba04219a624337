internal import Satchel
internal import Synchronization

/// Keeps what a task has to do until its owner says "now": then it runs, on the thread of who says so.
///
/// So a GLib or Qt main loop owns all work of a round but the network itself, which libcurl's thread waits for.
final class StepExecutor: TaskExecutor {
  /// Raised while something is due.
  let signal: Signal
  private let due = Mutex<[UnownedJob]>([])

  init(_ signal: Signal) { self.signal = signal }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    due.withLock { $0.append(job) }
    signal.raise()
  }

  /// Runs what is due now; what that makes due is left for the next call.
  func runDue() {
    signal.lower()
    let jobs = due.withLock { jobs in
      defer { jobs.removeAll() }
      return jobs
    }
    for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
  }
}
