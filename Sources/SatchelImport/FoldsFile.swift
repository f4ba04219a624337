import SatchelCore

/// Reads which learner is in which fold of a cross-validation: a table with the columns `learner,fold`.
package enum FoldsFile {
  package static let foldMax = 999
  package static let learnersMax = 5_000_000

  /// The fold of each learner, 0...999.
  ///
  /// - Throws: `file.missing`, `file.unreadable`, `file.malformed`, `input.tooLarge`; `rows.malformed` with the line where a
  ///   row is no learner and fold, or a learner is in two folds: a split that is wrong in one place is wrong.
  package static func read(path: String) throws -> [String: Int] {
    var folds: [String: Int] = [:]
    let file = try CSVFile(path: path, outputBytesMax: 1 << 30)
    let summary = try file.read(columns: ["learner", "fold"]) { fields, _ in
      guard let learner = String(validating: fields[0], as: UTF8.self), ItemID.isValid(learner)
      else { return .learner }
      guard let fold = Int(String(decoding: fields[1], as: UTF8.self)),
        (0...foldMax).contains(fold),
        folds.updateValue(fold, forKey: learner) ?? fold == fold
      else { return .fold }
      guard folds.count <= learnersMax else {
        throw SatchelError(.inputTooLarge, subject: path, cause: "learners")
      }
      return nil
    }
    if let bad = summary.badRows.first {
      throw SatchelError(.rowsMalformed, subject: "\(path):\(bad.line)", cause: bad.reason.rawValue)
    }
    return folds
  }
}
