// The functions of satchel.h, by its names.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSatchel
internal import Satchel
internal import Synchronization

/// Work that takes time: a round of sync, an enrolment, the reading of a bundle.
final class SyncTask: Sendable {
  enum Outcome: Sendable {
    case synced(SyncReport)
    case enrolled(Enrolment)
    case read(BundleReport)
  }

  /// Raised when the task is done, and, for one that is stepped, while a step is due.
  let signal: Signal
  private let executor: StepExecutor?
  private let outcome: Shared
  private let work: Task<Void, Never>

  /// Where the work leaves what came of it.
  private final class Shared: Sendable {
    let outcome = Mutex<Result<Outcome, SatchelError>?>(nil)
  }

  /// - Parameter isStepwise: no thread of the runtime works on it; ``step()`` does.
  init(
    isStepwise: Bool, _ body: @escaping @Sendable () async throws(SatchelError) -> Outcome
  ) throws(SatchelError) {
    let signal = try Signal()
    let shared = Shared()
    self.signal = signal
    outcome = shared
    executor = isStepwise ? StepExecutor(signal) : nil
    // Lives until `finish`, which every task comes to.
    work = Task(executorPreference: executor) {
      let result: Result<Outcome, SatchelError>
      do throws(SatchelError) {
        result = .success(try await body())
      } catch {
        result = .failure(error)
      }
      shared.outcome.withLock { $0 = result }
      signal.raise()
    }
  }

  private var result: Result<Outcome, SatchelError>? { outcome.outcome.withLock { $0 } }

  var isDone: Bool { result != nil }

  func step() {
    if !isDone { executor?.runDue() }
  }

  /// Whether it is done by then.
  func wait(milliseconds: Int64) -> Bool {
    let deadline: ContinuousClock.Instant? =
      milliseconds < 0 ? nil : .now + .milliseconds(min(milliseconds, 1 << 40))
    while true {
      step()
      if isDone { return true }
      if let deadline, deadline <= .now { return false }
      signal.wait(until: deadline)
    }
  }

  func cancel() { work.cancel() }

  /// Waits for the end and tells what came of it.
  func finish() throws(SatchelError) -> Outcome {
    while true {
      step()
      if let result { return try result.get() }
      signal.wait(until: nil)
    }
  }
}

private func task(_ handle: OpaquePointer?) -> SyncTask? {
  try? Handle.object(handle, SyncTask.self, "task")
}

private func state(_ isDone: Bool) -> satchel_task_state {
  isDone ? SATCHEL_TASK_DONE : SATCHEL_TASK_RUNNING
}

@c @implementation
public func satchel_task_descriptor(_ task: OpaquePointer?) -> Int32 {
  SatchelC.task(task)?.signal.descriptor ?? -1
}

@c @implementation
public func satchel_task_step(_ task: OpaquePointer?) -> satchel_task_state {
  guard let task = SatchelC.task(task) else { return SATCHEL_TASK_DONE }
  task.step()
  return state(task.isDone)
}

@c @implementation
public func satchel_task_wait(_ task: OpaquePointer?, _ timeout_ms: Int64) -> satchel_task_state {
  guard let task = SatchelC.task(task) else { return SATCHEL_TASK_DONE }
  return state(task.wait(milliseconds: timeout_ms))
}

@c @implementation
public func satchel_task_cancel(_ task: OpaquePointer?) { SatchelC.task(task)?.cancel() }

@c @implementation
public func satchel_task_finish(
  _ task: OpaquePointer?,
  _ report: UnsafeMutablePointer<UnsafeMutablePointer<satchel_sync_report>?>?,
  _ enrolment: UnsafeMutablePointer<UnsafeMutablePointer<satchel_enrolment>?>?
) -> satchel_status {
  report?.pointee = nil
  enrolment?.pointee = nil
  return call { () throws(SatchelError) in
    guard let handle = task else { throw usage("task") }
    let task = Handle.end(handle, SyncTask.self)
    if !task.isDone { task.cancel() }
    let result = ResultArena()
    switch try task.finish() {
    case .synced(let round): report?.pointee = result.hand(over: result.report(round))
    case .read(let bundle): report?.pointee = result.hand(over: result.report(bundle))
    case .enrolled(let found): enrolment?.pointee = result.hand(over: result.enrolment(found))
    }
  }
}
