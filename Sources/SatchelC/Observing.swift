// The functions of satchel.h, by its names.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

public import CSatchel
internal import Dispatch
internal import Glibc
internal import Satchel
internal import Synchronization

/// Calls an app's function when something of a learner has changed.
///
/// A task listens; the function itself is called on a queue of its own, so that an app which lingers there holds up
/// nothing but its next call.
private final class Observation: Sendable {
  private let listener: Task<Void, Never>
  private let caller: Caller

  init(of learner: LearnerID, in replica: Replica, _ caller: Caller) throws(SatchelError) {
    let changes = try replica.changes(of: learner)
    self.caller = caller
    // Lives until `end`, which every observation comes to.
    listener = Task {
      await caller.call()
      for await _ in changes { await caller.call() }
    }
  }

  func end() {
    listener.cancel()
    caller.end()
  }
}

/// The app's function, its context, and whether it may still be called.
private final class Caller: Sendable {
  private struct State {
    var isEnded = false
    var thread: pthread_t?
  }

  private let queue = DispatchQueue(label: "satchel.observation")
  private let state = Mutex(State())
  private let function: satchel_on_change
  private let context: Context
  private let learner: String

  init(_ function: satchel_on_change, _ context: UnsafeMutableRawPointer?, _ learner: LearnerID) {
    self.function = function
    self.context = Context(pointer: context)
    self.learner = learner.description
  }

  func call() async {
    await withCheckedContinuation { done in
      queue.async {
        self.run()
        done.resume()
      }
    }
  }

  private func run() {
    let mayRun = state.withLock { state in
      if !state.isEnded { state.thread = pthread_self() }
      return !state.isEnded
    }
    guard mayRun else { return }
    learner.withCString { function(context.pointer, $0) }
    state.withLock { $0.thread = nil }
  }

  /// Returns when the function does not run and will not be called; at once within the very call.
  func end() {
    let isWithin = state.withLock { state in
      state.isEnded = true
      return state.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false
    }
    if !isWithin { queue.sync {} }
  }
}

/// What an app hands in for its function.
///
/// Never looked at here: the app promises, by satchel.h, that its function may be called with it from any thread.
struct Context: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer?
}

@c @implementation
public func satchel_learner_observe(
  _ replica: OpaquePointer?, _ learner: UnsafePointer<CChar>?, _ on_change: satchel_on_change?,
  _ context: UnsafeMutableRawPointer?, _ out: UnsafeMutablePointer<OpaquePointer?>?
) -> satchel_status {
  out?.pointee = nil
  return call { () throws(SatchelError) in
    guard let out else { throw usage("out") }
    guard let on_change else { throw usage("on_change") }
    let learner = try learnerID(learner)
    let observation = try Observation(
      of: learner, in: try SatchelC.replica(replica), Caller(on_change, context, learner))
    out.pointee = Handle.make(observation)
  }
}

@c @implementation
public func satchel_observation_end(_ observation: OpaquePointer?) {
  if let observation { Handle.end(observation, Observation.self).end() }
}
