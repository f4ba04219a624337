package import SatchelCore

/// Writes predictions for rows of an interactions file: `row,probability`, rows counted from 0 after the header.
///
/// As ``WholeTextFile``, it is there whole or not at all.
package final class PredictionsFile {
  private let file: WholeTextFile

  /// - Throws: `file.cannotCreate`, `store.full`, `store.failed`.
  package init(path: String) throws(SatchelError) {
    file = try WholeTextFile(path: path)
    try file.append("row,probability\n")
  }

  /// Adds one row.
  ///
  /// - Parameter probability: 0...1, written with the digits that read back as the same number.
  /// - Throws: `model.notFinite` for what is no probability, `store.full`, or `store.failed`.
  package func append(row: Int, probability: Double) throws(SatchelError) {
    guard (0...1).contains(probability) else {
      throw SatchelError(.modelNotFinite, subject: "row \(row)", cause: "\(probability)")
    }
    try file.append("\(row),\(probability)\n")
  }

  /// Writes what is left, and gives the file its name.
  package func finish() throws(SatchelError) { try file.finish() }
}
