internal import GRDB
package import SatchelCore

extension Store {
  /// INV-append, and promise 4 of the contract: one transaction however many batches come, so that a kill at any moment
  /// leaves all of a bundle or nothing of it, and no reader ever sees the middle.
  ///
  /// Each batch has a ``JournalTransaction`` of its own, folded and written when it ends, so memory is that of one batch;
  /// SQLite keeps the changed pages in the WAL. Other writers wait until all is in.
  package func admit(
    from peer: PeerID, hubMilliseconds: Int64, next: () throws(SatchelError) -> [Segment]?
  ) throws(SatchelError) -> Admission {
    let (admission, learners) = try write { db in
      let origin = try Self.makePeerRow(peer, db)
      var (added, touched): (Int, Set<LearnerID>) = (0, [])
      while let batch = try next() {
        var journal = try JournalTransaction(db, projection: projection)
        for segment in batch {
          added += try journal.admit(segment, from: origin, hubMilliseconds: hubMilliseconds)
        }
        try journal.finish()
        try renewIdentity(after: journal, db)
        touched.formUnion(journal.touchedLearners)
      }
      return (Admission(records: added), touched)
    }
    if !learners.isEmpty { tellObservers(of: learners) }
    return admission
  }
}
