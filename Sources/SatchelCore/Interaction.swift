/// One row of an interactions file: somebody answered an item. What importers yield and training reads.
public struct Interaction: Hashable, Sendable {
  /// The learner as the file names her: any text, or a pseudonym's 32 hex digits.
  public var learner: String
  public var item: ItemID
  public var skills: [SkillID]
  public var isCorrect: Bool
  /// Milliseconds since 1970, where the file says so.
  public var timestampMilliseconds: Int64?
  public var durationMilliseconds: UInt32?

  public init(
    learner: String, item: ItemID, skills: [SkillID], isCorrect: Bool,
    timestampMilliseconds: Int64? = nil, durationMilliseconds: UInt32? = nil
  ) {
    self.learner = learner
    self.item = item
    self.skills = skills
    self.isCorrect = isCorrect
    self.timestampMilliseconds = timestampMilliseconds
    self.durationMilliseconds = durationMilliseconds
  }
}
