import Glibc
import SatchelCore

/// Holds what was inflated against the checksum at the end of a gzip file, which libarchive 3.6 reads over.
///
/// A gzip file ends with the CRC-32 of its last member and that member's length modulo 2^32 (RFC 1952, section 2.3.1).
/// Where that length is all that came out, there is one member, and the checksum must hold. A file of several members,
/// as `cat a.gz b.gz` makes them, is told by its length and is not checked.
struct GzipCheck {
  private let expectedChecksum: UInt32
  private let expectedLength: UInt32
  private var checksum = CRC32()
  private var length: UInt32 = 0

  init(path: String) throws(SatchelError) {
    guard let file = fopen(path, "rb") else {
      throw SatchelError(.fileUnreadable, subject: path, cause: String(cString: strerror(errno)))
    }
    defer { fclose(file) }
    var trailer = [UInt8](repeating: 0, count: 8)
    guard fseek(file, -8, SEEK_END) == 0, fread(&trailer, 1, 8, file) == 8 else {
      throw SatchelError(.fileMalformed, subject: path, cause: "gzip without an end")
    }
    var reader = ByteReader(trailer)
    expectedChecksum = reader.littleEndian(UInt32.self) ?? 0
    expectedLength = reader.littleEndian(UInt32.self) ?? 0
  }

  var contradictsTrailer: Bool { length == expectedLength && checksum.value != expectedChecksum }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    length &+= UInt32(truncatingIfNeeded: bytes.count)
    checksum.update(bytes)
  }
}
