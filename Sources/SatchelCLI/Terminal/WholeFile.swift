import Foundation
import Satchel

/// Writes a file so that its name always stands for whole contents: the old ones or the new.
enum WholeFile {
  /// - Throws: `file.cannotCreate`.
  static func write(_ bytes: [UInt8], to path: String) throws(SatchelError) {
    do {
      try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
    } catch {
      throw SatchelError(.cannotCreate, subject: path, cause: error.localizedDescription)
    }
  }
}
