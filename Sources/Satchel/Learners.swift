internal import Foundation
public import SatchelCore
internal import SatchelStore

/// Somebody who learns.
public struct Learner: Hashable, Sendable {
  public let id: LearnerID
  /// From the vault of this replica; `nil` where no name was given here. Names are never synced.
  public let name: String?
}

extension Replica {
  /// Adds a learner. Her pseudonym is random; her name, if one is given, goes into the vault, sealed.
  ///
  /// - Parameters:
  ///   - name: 1 to 256 bytes; `nil` leaves her without one.
  ///   - id: a pseudonym that she has already, on another replica.
  /// - Throws: `record.invalid` for a name that is empty, over 256 bytes, or holds control characters.
  @discardableResult
  public func addLearner(named name: String? = nil, id: LearnerID? = nil) throws(SatchelError)
    -> LearnerID
  {
    let learner = id ?? .random()
    if let name {
      try store.setName(name, of: learner)
    } else {
      try store.add(learner)
    }
    return learner
  }

  /// Everybody, in the order of pseudonyms.
  public func learners() throws(SatchelError) -> [Learner] {
    let names = try store.names()
    return try store.learnerIDs().map { Learner(id: $0, name: names[$0]) }
  }

  /// The learner that `text` means: a pseudonym, a name from the vault, or the name that an imported file gave her.
  ///
  /// - Throws: `learner.unknown`, and `learner.ambiguous` when two have that name.
  public func learner(_ text: String) throws(SatchelError) -> LearnerID {
    if let id = LearnerID(hex: text), try store.knows(id) { return id }
    let named = try store.names().filter { $0.value == text }.keys.sorted()
    if named.count > 1 { throw SatchelError(.learnerAmbiguous) }
    if let id = named.first { return id }
    let external = LearnerID(external: text)
    guard try store.knows(external) else { throw SatchelError(.learnerUnknown) }
    return external
  }
}

extension LearnerID {
  /// The pseudonym of a learner whom an interactions file calls `text`: itself when it is one, else the first half of
  /// SHA-256("satchel learner 1" 00, text), so that every replica that reads the file gives her the same.
  ///
  /// Whoever can guess the text can find the pseudonym: a school that imports real register numbers should replace
  /// them first (Docs/guide-school.md).
  public init(external text: String) {
    let hash = Hash256(hashing: Array("satchel learner 1\0".utf8), Array(text.utf8))
    self =
      LearnerID(hex: text) ?? LearnerID(bytes: hash.bytes.prefix(16))
      ?? LearnerID(high: 0, low: 0)
  }
}
