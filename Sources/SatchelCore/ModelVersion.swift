/// A version of the tutor's model in a store.
public struct ModelVersion: Hashable, Sendable {
  /// What ``ModelVersion`` is named by in its store; another store has another number for it.
  public let id: Int64
  /// The release channel that it came by; `local` for a file that was put in by hand.
  public let channel: String
  /// 1, 2, 3 ... within the channel.
  public let version: Int
  /// Of the file, 64 hex digits.
  public let sha256: String
  public let byteCount: Int
  /// When it came here, milliseconds since 1970.
  public let installedMilliseconds: Int64
  /// It serves. While none does, the built-in baseline serves.
  public let isActive: Bool
  /// It served before the active one: a rollback goes back to it.
  public let isPrevious: Bool
  /// `nil` for a file that was put in by hand.
  public let trial: ModelTrial?

  package init(
    id: Int64, channel: String, version: Int, sha256: String, byteCount: Int,
    installedMilliseconds: Int64, isActive: Bool, isPrevious: Bool, trial: ModelTrial?
  ) {
    self.id = id
    self.channel = channel
    self.version = version
    self.sha256 = sha256
    self.byteCount = byteCount
    self.installedMilliseconds = installedMilliseconds
    self.isActive = isActive
    self.isPrevious = isPrevious
    self.trial = trial
  }
}

/// What a model's trial on the learners' own recent records said; log losses in nats per answer.
public struct ModelTrial: Codable, Hashable, Sendable {
  public let candidateLogLoss: Double
  /// Of the model that served at the time.
  public let currentLogLoss: Double
  /// Answers that both were tried on; 0 when there were none.
  public let answers: Int
  public let passed: Bool

  package init(candidateLogLoss: Double, currentLogLoss: Double, answers: Int, passed: Bool) {
    self.candidateLogLoss = candidateLogLoss
    self.currentLogLoss = currentLogLoss
    self.answers = answers
    self.passed = passed
  }
}
