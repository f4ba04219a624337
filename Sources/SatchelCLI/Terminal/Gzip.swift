import CArchive
import Satchel

/// Writes gzip (RFC 1952) without a name and a time, so that the same bytes in give the same bytes out.
enum Gzip {
  static func compress(_ bytes: [UInt8]) throws(SatchelError) -> [UInt8] {
    // libarchive gives no handle only where memory is out.
    guard let archive = archive_write_new() else { throw failure(nil) }
    defer { archive_write_free(archive) }
    // What deflate cannot shrink grows by 5 bytes in 16 KiB; head and trailer take 18.
    var out = [UInt8](repeating: 0, count: bytes.count + bytes.count / 1000 + 4096)
    var used = 0
    try check(archive, archive_write_add_filter_gzip(archive))
    try check(archive, archive_write_set_options(archive, "gzip:!timestamp"))
    try check(archive, archive_write_set_format_raw(archive))
    try check(archive, archive_write_set_bytes_in_last_block(archive, 1))
    // The buffer must not move until the archive is closed.
    let status = out.withUnsafeMutableBytes { buffer -> Int32 in
      let opened = archive_write_open_memory(archive, buffer.baseAddress, buffer.count, &used)
      return opened < ARCHIVE_OK ? opened : write(bytes, to: archive)
    }
    try check(archive, status)
    return Array(out.prefix(used))
  }

  private static func write(_ bytes: [UInt8], to archive: OpaquePointer) -> Int32 {
    guard let entry = archive_entry_new() else { return ARCHIVE_FATAL }
    defer { archive_entry_free(entry) }
    // AE_IFREG, a macro that Swift cannot see.
    archive_entry_set_filetype(entry, 0o100000)
    let begun = archive_write_header(archive, entry)
    if begun < ARCHIVE_OK { return begun }
    let written = bytes.withUnsafeBytes { archive_write_data(archive, $0.baseAddress, $0.count) }
    return written == bytes.count ? archive_write_close(archive) : ARCHIVE_FATAL
  }

  private static func check(_ archive: OpaquePointer, _ status: Int32) throws(SatchelError) {
    if status < ARCHIVE_WARN { throw failure(archive) }
  }

  private static func failure(_ archive: OpaquePointer?) -> SatchelError {
    let text = archive.flatMap { archive_error_string($0) }.map { String(cString: $0) }
    return SatchelError(.cannotCreate, subject: "gzip", cause: text)
  }
}
