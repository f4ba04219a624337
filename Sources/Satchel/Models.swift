public import Foundation
public import SatchelCore
internal import SatchelStore
internal import SatchelTutor

extension Replica {
  /// A trial must not make the log loss worse by more than this, in nats per answer.
  private static let trialMargin = 0.02
  /// Learners and records that a trial looks at: enough to tell a broken model, few enough to take no time.
  private static let trialLearnersMax = 20
  private static let trialRecordsMax = 300
  /// Fewer answers than this tell nothing, and the model is taken on its signature alone.
  private static let trialAnswersMin = 20
  static let modelBytesMax = 64 << 20

  /// The models of this store, in the order in which they came.
  public func models() throws(SatchelError) -> [ModelVersion] { try store.models() }

  /// Makes a model of this store the active one, by its `ModelVersion.id`.
  ///
  /// - Throws: `model.unknown`; `model.shapeMismatch` for one that another version of Satchel made.
  public func useModel(_ id: Int64) throws(SatchelError) {
    if let problem = try weights(of: id).problem { throw problem }
    try store.useModel(id)
  }

  /// Goes back to the model that served before, or to the built-in baseline.
  public func rollBackModel() throws(SatchelError) { try store.rollBackModel() }

  /// Puts a model file in by hand and makes it the active one.
  ///
  /// - Throws: `file.missing`, `input.tooLarge`, `model.malformed`, `model.shapeMismatch`, `model.notFinite`.
  public func installModel(at url: URL) throws(SatchelError) {
    let bytes = try Self.read(url, bytesMax: Self.modelBytesMax)
    _ = try Weights(bytes: bytes)
    let version = try store.newestModelVersion(of: Store.localChannel) + 1
    try store.shelve(
      model: bytes, channel: Store.localChannel, version: version, manifest: nil, trial: nil,
      activating: true, at: Self.now())
  }

  /// Checks, tries and keeps a model that a hub sent; it becomes active when it passes its trial.
  ///
  /// One that another version of Satchel made is kept, so that it is not fetched again, and serves once this one can read it
  /// and it is asked for.
  ///
  /// - Returns: the trial; `nil` for a model that could not be tried.
  func shelve(model bytes: [UInt8], manifest: SignedManifest) throws(SatchelError) -> ModelTrial? {
    var trial: ModelTrial?
    do {
      trial = try tryOut(try Weights(bytes: bytes))
    } catch  where error.code == .modelShapeMismatch {}
    try store.shelve(
      model: bytes, channel: manifest.manifest.channel, version: manifest.manifest.version,
      manifest: manifest, trial: trial, activating: trial?.passed ?? false, at: Self.now())
    return trial
  }

  /// A model of this store, or why it cannot serve: it was made by another version of Satchel, or is damaged. Then the
  /// built-in baseline serves, for there is always a model.
  func weights(of id: Int64) throws(SatchelError) -> (weights: Weights?, problem: SatchelError?) {
    let bytes = try store.modelBytes(id)
    do {
      return (try Weights(bytes: bytes), nil)
    } catch {
      return (nil, error)
    }
  }

  /// Why the active model does not serve; `nil` when it does, or none is active.
  package func modelProblem() throws(SatchelError) -> SatchelError? {
    try store.activeModel().map(weights(of:))?.problem
  }

  /// Foretells the learners' latest answers with `candidate` and with the active model.
  func tryOut(_ candidate: Weights) throws(SatchelError) -> ModelTrial {
    let current = try store.activeModel().map(weights(of:))?.weights
    var (candidateLoss, currentLoss, answers) = (0.0, 0.0, 0)
    for learner in try store.busiestLearners(limit: Self.trialLearnersMax) {
      var records: [Record] = []
      try store.forEachRecord(of: learner) {
        records = Timeline.ordered($0.map(\.record)).suffix(Self.trialRecordsMax)
      }
      let result = trial(candidate, against: current, records: records)
      candidateLoss += result.candidateLogLoss * Double(result.count)
      currentLoss += result.currentLogLoss * Double(result.count)
      answers += result.count
    }
    let divisor = Double(max(1, answers))
    let passed =
      answers < Self.trialAnswersMin
      || candidateLoss / divisor <= currentLoss / divisor + Self.trialMargin
    return ModelTrial(
      candidateLogLoss: candidateLoss / divisor, currentLogLoss: currentLoss / divisor,
      answers: answers, passed: passed)
  }

  static func read(_ url: URL, bytesMax: Int) throws(SatchelError) -> [UInt8] {
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw SatchelError(.fileMissing, subject: url.path)
    }
    do {
      let handle = try FileHandle(forReadingFrom: url)
      defer { try? handle.close() }
      let data = try handle.read(upToCount: bytesMax + 1) ?? Data()
      if data.count > bytesMax { throw SatchelError(.inputTooLarge, subject: url.path) }
      return Array(data)
    } catch let error as SatchelError {
      throw error
    } catch {
      throw SatchelError(.fileUnreadable, subject: url.path)
    }
  }
}
