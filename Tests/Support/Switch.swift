internal import Synchronization

/// Something that a test turns on and off while others look at it; on at first.
package final class Switch: Sendable {
  private let state = Mutex(true)

  package init() {}

  package var isOn: Bool {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
}
