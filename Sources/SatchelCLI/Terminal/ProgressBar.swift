import Foundation
import Synchronization

/// Says on stderr what is done, of how much, and at what rate: a bar on a terminal, else one line at start and end.
final class ProgressBar: Sendable {
  private struct State {
    var done = 0
    var lastDrawn: ContinuousClock.Instant?
  }

  private let label: String
  private let unit: String
  private let total: Int?
  private let isQuiet: Bool
  private let isLive = Screen.isLive(STDERR_FILENO)
  private let start = ContinuousClock.now
  private let state = Mutex(State())

  /// - Parameter total: how much there is to do; `nil` when nobody knows.
  init(_ label: String, unit: String, total: Int? = nil, isQuiet: Bool) {
    self.label = label
    self.unit = unit
    self.total = total
    self.isQuiet = isQuiet
    guard !isQuiet, !isLive else { return }
    Messages.line(total.map { "\(label): 0 of \($0) \(unit)" } ?? "\(label): started")
  }

  func update(_ done: Int) {
    let isDue = state.withLock { state in
      state.done = done
      guard isLive, !isQuiet else { return false }
      let now = ContinuousClock.now
      if let last = state.lastDrawn, now - last < .milliseconds(100) { return false }
      state.lastDrawn = now
      return true
    }
    if isDue { Messages.write("\r\u{1B}[2K" + text(done)) }
  }

  func finish() {
    guard !isQuiet else { return }
    let done = state.withLock { $0.done }
    Messages.write((isLive ? "\r\u{1B}[2K" : "") + text(done) + "\n")
  }

  /// Takes the bar away, where the line after it says all.
  func clear() {
    if isLive, !isQuiet { Messages.write("\r\u{1B}[2K") }
  }

  private func text(_ done: Int) -> String {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let rate = seconds > 0.05 ? ", \(Int(Double(done) / seconds)) \(unit)/s" : ""
    guard let total, total > 0 else { return "\(label): \(done) \(unit)\(rate)" }
    guard isLive else { return "\(label): \(done) of \(total) \(unit)\(rate)" }
    let share = Double(done) / Double(total)
    return
      "\(label): \(Table.bar(share)) \(Int(share * 100))% \(done) of \(total) \(unit)\(rate)"
  }
}
