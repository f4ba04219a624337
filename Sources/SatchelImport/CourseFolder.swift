package import SatchelCore

/// A folder in which somebody writes a course: `course.json`, as `ContentText` reads it, and `media/<sha256>` for each
/// medium that it lists.
package enum CourseFolder {
  /// Reads and checks the course.
  ///
  /// - Throws: `file.missing`, `file.unreadable`, `input.tooLarge`, `pack.invalid` with the line or the thing that is
  ///   wrong, `pack.hashMismatch` for a medium that is not what its name says.
  package static func read(path: String) throws(SatchelError) -> Content {
    let file = "\(path)/course.json"
    let text = try read(file, bytesMax: ContentText.bytesMax)
    var content = try ContentText.read(text, subject: file)
    try ContentCheck.check(content, subject: file)
    var bytesLeft = Pack.bytesMax
    for index in content.media.indices {
      // The check made sure that the name is 64 hex digits, and so leads nowhere else.
      let name = content.media[index].sha256
      let bytes = try read("\(path)/media/\(name)", bytesMax: bytesLeft)
      guard Hex.encode(sha256(bytes)) == name else {
        throw SatchelError(.packHashMismatch, subject: "\(path)/media/\(name)")
      }
      bytesLeft -= bytes.count
      content.media[index].bytes = bytes
    }
    return content
  }

  private static func read(_ path: String, bytesMax: Int) throws(SatchelError) -> [UInt8] {
    var source = try FileSource(path: path)
    guard source.remaining <= bytesMax else { throw SatchelError(.inputTooLarge, subject: path) }
    guard let bytes = try source.take(source.remaining) else {
      throw SatchelError(.fileUnreadable, subject: path, cause: "it changed while it was read")
    }
    return bytes
  }
}
