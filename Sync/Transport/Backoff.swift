/// How long to wait before trying again: exponential with full jitter.
///
/// Source: M. Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog 2015, "Full Jitter": the delay is
/// uniform in 0...min(cap, base · 2^failures). Forty devices that fail together come back spread out.
package struct Backoff: Sendable, Equatable {
  /// A server that asks for more is asked again after this long all the same.
  package static let retryAfterMax: Duration = .seconds(900)

  package let base: Duration
  package let cap: Duration
  /// Failures since the last success.
  package private(set) var failures = 0

  package init(base: Duration = .seconds(1), cap: Duration = .seconds(60)) {
    precondition(base > .zero && cap >= base)
    self.base = base
    self.cap = cap
  }

  /// Counts a failure and says how long to wait after it.
  ///
  /// With `retryAfter` never less than that (up to ``retryAfterMax``); jitter is added on top, since a hub that is
  /// overrun tells all its clients the same number.
  package mutating func delay(
    after retryAfter: Duration? = nil, using generator: inout some RandomNumberGenerator
  ) -> Duration {
    let ceilingMilliseconds = ceiling / .milliseconds(1)
    failures += 1
    let jitter = Duration.milliseconds(
      Int64.random(in: 0...Int64(ceilingMilliseconds), using: &generator))
    return min(max(retryAfter ?? .zero, .zero), Self.retryAfterMax) + jitter
  }

  package mutating func succeed() { failures = 0 }

  private var ceiling: Duration {
    // Doubling step by step, and not a shift: after many failures a shift would overflow.
    var ceiling = base
    for _ in 0..<failures where ceiling < cap { ceiling *= 2 }
    return min(ceiling, cap)
  }
}
