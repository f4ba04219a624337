/// A pure function from a learner's records to what is asked about them.
///
/// The store keeps its result as rows of opaque bytes, updates them in the transaction of the record, and can always
/// rebuild them: the rows after any sequence of `fold` calls equal the rows of one call with all records (tested).
/// State is kept *as of its records' times*; decay up to now is applied by whoever reads it.
///
/// INV-merge: a fold uses integers and the IEEE operations + - * / and square root only (``ExactMath``), for the rows
/// must be equal byte for byte on every processor.
package protocol Projection: Sendable {
  /// Raised when a formula or a byte layout changes: a store that holds another version folds anew at open.
  var version: Int { get }

  /// Folds the records of `batch`, which come after all that were folded before, into its rows.
  ///
  /// The batch holds the learner's row and the rows of every skill and item that its records name; a missing row has
  /// never been folded, and one that no record touches stays missing.
  func fold(_ batch: inout FoldBatch)
}

extension Projection {
  /// Folds `records`, all of one learner, in ``RecordOrder`` and after all that were folded before.
  package func fold(_ records: [Record], into state: inout LearnerFold) {
    var batch = FoldBatch(records)
    batch.learner = state.learner
    for (place, key) in batch.items.enumerated() { batch.itemRows[place] = state.items[key] }
    for (place, key) in batch.skills.enumerated() { batch.skillRows[place] = state.skills[key] }
    fold(&batch)
    state.learner = batch.learner
    for (key, row) in zip(batch.items, batch.itemRows) { state.items[key] = row }
    for (key, row) in zip(batch.skills, batch.skillRows) { state.skills[key] = row }
  }
}

/// One learner's folded rows.
package struct LearnerFold: Equatable, Sendable {
  package var learner: [UInt8]?
  package var skills: [SkillID: [UInt8]]
  package var items: [ItemID: [UInt8]]

  package init(
    learner: [UInt8]? = nil, skills: [SkillID: [UInt8]] = [:], items: [ItemID: [UInt8]] = [:]
  ) {
    self.learner = learner
    self.skills = skills
    self.items = items
  }
}
