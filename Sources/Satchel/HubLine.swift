internal import SatchelSync
internal import SatchelTransport

/// A client with its open connection, the policy that all on it was sent under, and what was asked last.
struct HubLine: Sendable {
  let policy: TransportPolicy
  let client: HTTPClient
  let last = LastRequest()
}

extension Replica {
  /// The line of the last round while its policy is the same, so that a round shortly after another finds its connection
  /// open, pinned by the same key; else a new one.
  func hubLine(_ policy: TransportPolicy) -> HubLine {
    let (now, former) = line.withLock { line in
      if let line, line.policy == policy { return (line, HubLine?.none) }
      let (fresh, former) = (HubLine(policy: policy, client: HTTPClient(policy: policy)), line)
      line = fresh
      return (fresh, former)
    }
    former?.client.close()
    return now
  }

  /// Closes the line, if one is kept; a round that is under way on it throws `cancelled`.
  func hangUp() {
    let last = line.withLock { line in
      defer { line = nil }
      return line
    }
    last?.client.close()
  }
}
