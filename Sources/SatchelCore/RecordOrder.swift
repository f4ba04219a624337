/// A total order over records that is the same on every replica: by hybrid time, then by author, then by content.
///
/// Folds walk records in this order, after ``Timeline`` corrected their times. It depends on the records alone, never on
/// the road or the order in which they came.
package enum RecordOrder {
  package static func precedes(_ left: Record, _ right: Record) -> Bool {
    if left.time != right.time { return left.time < right.time }
    if left.author != right.author { return left.author < right.author }
    // Two records of one author at one time come from a cloned device; the bytes decide.
    return left.canonicalBytes.lexicographicallyPrecedes(right.canonicalBytes)
  }
}
