import CArchive
import Glibc
import SatchelCore

/// The bytes of a file, plain or gzip, one block after the other, in constant memory.
///
/// libarchive tells gzip by its first bytes; whatever else a file may be, it is read as it is. Not for two tasks at once.
final class DataFile {
  /// A gzip member may inflate to this many times its size. Real tables reach 40, a bomb 1,032.
  static let inflationMax: Int64 = 250
  /// Below this much output the ratio says nothing.
  static let inflationFree: Int64 = 16 << 20

  private let archive: OpaquePointer
  private let path: String
  private let outputBytesMax: Int64
  private var output: Int64 = 0
  private var isEmpty = false
  /// What the file's own trailer is held against, for gzip.
  private var gzipCheck: GzipCheck?

  /// Opens a regular file, to give no more than `outputBytesMax` bytes.
  ///
  /// - Throws: `file.missing`, `file.unreadable`, or `file.malformed` where the name ends in `.gz` and the bytes are no
  ///   gzip.
  init(path: String, outputBytesMax: Int64) throws(SatchelError) {
    try FileFacts.requireRegular(path)
    // libarchive gives no handle only where memory is out.
    guard let archive = archive_read_new() else {
      throw SatchelError(.fileUnreadable, subject: path, cause: "libarchive")
    }
    self.archive = archive
    self.path = path
    self.outputBytesMax = outputBytesMax
    try check(archive_read_support_filter_gzip(archive))
    try check(archive_read_support_format_raw(archive))
    try check(archive_read_support_format_empty(archive))
    try check(archive_read_open_filename(archive, path, 64 << 10))
    try openEntry()
  }

  deinit { archive_read_free(archive) }

  /// Fills `buffer` from its start, as far as there are bytes; 0 means the end.
  ///
  /// - Throws: `file.malformed` where the gzip is cut or broken, `input.tooLarge` above a limit, `file.unreadable` when
  ///   the disk fails.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(SatchelError) -> Int {
    guard !isEmpty, buffer.count > 0 else { return 0 }
    let count = archive_read_data(archive, buffer.baseAddress, buffer.count)
    guard count >= 0 else { throw failure() }
    output += Int64(count)
    try checkLimits()
    if count > 0 {
      gzipCheck?.update(UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
    } else if gzipCheck?.contradictsTrailer == true {
      throw SatchelError(.fileMalformed, subject: path, cause: "gzip checksum")
    }
    return count
  }

  private func openEntry() throws(SatchelError) {
    var entry: OpaquePointer?
    let status = archive_read_next_header(archive, &entry)
    // The last filter counted is the file itself; before it stands gzip, or nothing.
    let filters = archive_filter_count(archive) - 1
    if filters > 1 { throw SatchelError(.fileMalformed, subject: path, cause: "gzip in gzip") }
    if filters == 1 { gzipCheck = try GzipCheck(path: path) }
    if status == ARCHIVE_EOF {
      isEmpty = true
    } else {
      try check(status)
    }
    if filters == 0, path.hasSuffix(".gz") {
      throw SatchelError(.fileMalformed, subject: path, cause: "not gzip")
    }
  }

  private func checkLimits() throws(SatchelError) {
    let input = max(1, archive_filter_bytes(archive, -1))
    let isBomb = output > Self.inflationFree && output / input > Self.inflationMax
    if output > outputBytesMax || isBomb {
      throw SatchelError(.inputTooLarge, subject: path, cause: "\(output) bytes and more")
    }
  }

  private func check(_ status: Int32) throws(SatchelError) {
    // ARCHIVE_WARN says that the work was done.
    if status < ARCHIVE_WARN { throw failure() }
  }

  /// libarchive gives the system's number where the disk failed, and EILSEQ or -1 where it dislikes what it read.
  private func failure() -> SatchelError {
    let number = archive_errno(archive)
    return SatchelError(
      number > 0 && number != EILSEQ ? .fileUnreadable : .fileMalformed, subject: path,
      cause: archive_error_string(archive).map { String(cString: $0) })
  }
}

/// What the system says of a path.
enum FileFacts {
  /// The length in bytes.
  ///
  /// - Throws: `file.missing`, or `file.unreadable` for a folder, a pipe or a device: to open one may wait for ever.
  @discardableResult
  static func requireRegular(_ path: String) throws(SatchelError) -> Int {
    var facts = stat()
    guard stat(path, &facts) == 0 else {
      let code: SatchelError.Code =
        [ENOENT, ENOTDIR].contains(errno) ? .fileMissing : .fileUnreadable
      throw SatchelError(code, subject: path, cause: String(cString: strerror(errno)))
    }
    guard facts.st_mode & S_IFMT == S_IFREG else {
      throw SatchelError(.fileUnreadable, subject: path, cause: "not a regular file")
    }
    return Int(facts.st_size)
  }
}
