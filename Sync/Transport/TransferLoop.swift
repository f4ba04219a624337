internal import CCurl
internal import CCurlShim
import SatchelCore
import Synchronization

/// What a task waits for.
typealias Completion = CheckedContinuation<Result<HTTPReply, SatchelError>, Never>

/// The life of one multi handle: tasks leave orders and wake it, its thread alone does the work.
final class TransferLoop: Sendable {
  private enum Order {
    case start(Exchange, Completion)
    case cancel(Exchange)
  }

  private struct Inbox {
    var orders: [Order] = []
    /// Why no more orders are taken, once that is so.
    var end: SatchelError?
  }

  private let keptTime: Duration
  private let inbox = Mutex(Inbox())
  /// Tasks that are about to wake the thread, and so use the handle. Rises under the inbox's lock.
  private let wakers = Atomic(0)
  // Unsafe only to the compiler. All calls but one are made by `run`, on one thread; `curl_multi_wakeup` is the call
  // that libcurl allows from any thread, and the handle is exchanged only while nobody is about to call it; and `deinit`
  // runs when neither the thread nor a task holds the loop.
  nonisolated(unsafe) private var multi: UnsafeMutableRawPointer
  /// Something was sent since all connections were last closed. The thread's own, too.
  nonisolated(unsafe) private var hasConnections = false

  /// - Parameter keptTime: how long connections are kept when nothing is under way.
  init(keeping keptTime: Duration) throws(SatchelError) {
    self.keptTime = keptTime
    let global = Self.globalResult
    guard global == CURLE_OK else { throw SatchelError(global, text: "", subject: "") }
    guard let multi = curl_multi_init() else {
      throw SatchelError(.hubUnreachable, cause: "curl_multi_init")
    }
    self.multi = multi
  }

  deinit { curl_multi_cleanup(multi) }

  func start(_ exchange: Exchange, _ completion: Completion) {
    if let end = leave(.start(exchange, completion)) { completion.resume(returning: .failure(end)) }
  }

  func cancel(_ exchange: Exchange) {
    exchange.markCancelled()
    // When the loop has ended, so has the exchange.
    _ = leave(.cancel(exchange))
  }

  /// Fails what is under way with `cancelled` and lets `run` return.
  func end() { end(with: SatchelError(.cancelled)) }

  /// The thread's whole life.
  func run() {
    var running: [UnsafeMutableRawPointer: Running] = [:]
    var lastUse = ContinuousClock.now
    while true {
      let (orders, end) = inbox.withLock { inbox in
        defer { inbox.orders = [] }
        return (inbox.orders, inbox.end)
      }
      for order in orders { obey(order, &running) }
      if let end {
        for easy in Array(running.keys) { finish(easy, &running) { _ in .failure(end) } }
        return
      }
      if !running.isEmpty { lastUse = .now }
      turn(&running)
      if running.isEmpty, ContinuousClock.now - lastUse >= keptTime { hangUp() }
    }
  }

  /// Once a process; libcurl asks for it, and it is safe from several threads since 7.84.
  private static let globalResult = curl_global_init(Int(CURL_GLOBAL_ALL))

  /// Returns why the order was not taken, or nil when it was.
  private func leave(_ order: Order) -> SatchelError? {
    let end = inbox.withLock { inbox in
      if let end = inbox.end { return Optional(end) }
      inbox.orders.append(order)
      wakers.add(1, ordering: .relaxed)
      return nil
    }
    guard end == nil else { return end }
    // Not under the lock, or the thread that wakes would begin by waiting for it.
    wake()
    wakers.subtract(1, ordering: .releasing)
    return nil
  }

  private func end(with reason: SatchelError) {
    inbox.withLock { inbox in
      guard inbox.end == nil else { return }
      inbox.end = reason
      wake()
    }
  }

  private func wake() {
    // It fails only when its pipe is full, and then the thread is about to wake anyway.
    _ = curl_multi_wakeup(multi)
  }
}

// What only the thread does.
extension TransferLoop {
  private struct Running {
    let transfer: Transfer
    let completion: Completion
  }

  /// The longest sleep when nothing is to be done; orders and libcurl's own timers end it early.
  private static let sleepMilliseconds: Int32 = 60_000

  /// Closes all connections, unless an order has come: libcurl closes one that is kept only when it would use it again.
  private func hangUp() {
    inbox.withLock { inbox in
      guard hasConnections, inbox.orders.isEmpty, wakers.load(ordering: .acquiring) == 0,
        let fresh = curl_multi_init()
      else { return }
      curl_multi_cleanup(multi)
      multi = fresh
      hasConnections = false
    }
  }

  private func obey(_ order: Order, _ running: inout [UnsafeMutableRawPointer: Running]) {
    switch order {
    case .start(let exchange, let completion):
      do throws(SatchelError) {
        guard !exchange.isCancelled else { throw Self.cancellation(of: exchange) }
        let transfer = try Transfer(exchange)
        let result = curl_multi_add_handle(multi, transfer.easy)
        guard result == CURLM_OK else { throw SatchelError(result) }
        running[transfer.easy] = Running(transfer: transfer, completion: completion)
        hasConnections = true
      } catch {
        completion.resume(returning: .failure(error))
      }
    case .cancel(let exchange):
      // Not found: it is over already, or its start is still to come and will see the flag.
      guard let easy = running.first(where: { $0.value.transfer.exchange === exchange })?.key
      else { return }
      finish(easy, &running) { _ in .failure(Self.cancellation(of: exchange)) }
    }
  }

  private func turn(_ running: inout [UnsafeMutableRawPointer: Running]) {
    var active: Int32 = 0
    var result = curl_multi_perform(multi, &active)
    finishDone(&running)
    let isResting = running.isEmpty && hasConnections
    let sleep =
      isResting ? Int32(min(keptTime, .seconds(60)) / .milliseconds(1)) : Self.sleepMilliseconds
    if result == CURLM_OK { result = curl_multi_poll(multi, nil, 0, sleep, nil) }
    if result != CURLM_OK { end(with: SatchelError(result)) }
  }

  private func finishDone(_ running: inout [UnsafeMutableRawPointer: Running]) {
    var left: Int32 = 0
    while let message = curl_multi_info_read(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else {
        continue  // libcurl has no other kind of message yet.
      }
      // The message lives only until its handle is removed.
      let result = satchel_curl_message_result(message)
      if let transfer = running[easy]?.transfer, transfer.shouldSendAgain(after: result) {
        sendAgain(easy, &running)
      } else {
        finish(easy, &running) { $0.outcome(result) }
      }
    }
  }

  private func sendAgain(
    _ easy: UnsafeMutableRawPointer, _ running: inout [UnsafeMutableRawPointer: Running]
  ) {
    remove(easy)
    let result = curl_multi_add_handle(multi, easy)
    guard result != CURLM_OK else { return }
    let ended = running.removeValue(forKey: easy)
    ended?.completion.resume(returning: .failure(SatchelError(result)))
  }

  /// The handle is out of libcurl's hands before the task hears of the end: after that no callback can run.
  private func finish(
    _ easy: UnsafeMutableRawPointer, _ running: inout [UnsafeMutableRawPointer: Running],
    _ outcome: (Transfer) -> Result<HTTPReply, SatchelError>
  ) {
    guard let ended = running.removeValue(forKey: easy) else { return }
    remove(easy)
    ended.completion.resume(returning: outcome(ended.transfer))
  }

  private func remove(_ easy: UnsafeMutableRawPointer) {
    let result = curl_multi_remove_handle(multi, easy)
    precondition(result == CURLM_OK, "a handle is removed once for each time it was added, here")
  }

  private static func cancellation(of exchange: Exchange) -> SatchelError {
    SatchelError(.cancelled, subject: exchange.address.origin)
  }
}
