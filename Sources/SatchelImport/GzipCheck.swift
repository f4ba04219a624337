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
  private var remainder: UInt32 = .max
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

  var contradictsTrailer: Bool { length == expectedLength && ~remainder != expectedChecksum }

  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    length &+= UInt32(truncatingIfNeeded: bytes.count)
    Self.table.withUnsafeBufferPointer { table in
      var crc = remainder
      var index = 0
      // Eight bytes a step through eight tables: "slicing-by-8", Kounavis and Berry, ISCC 2005.
      while index + 8 <= bytes.count {
        let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self).littleEndian
        let mixed = word ^ UInt64(crc)
        crc = 0
        for slice in 0..<8 {
          crc ^= table[(7 - slice) << 8 | Int(mixed >> UInt64(8 * slice) & 0xFF)]
        }
        index += 8
      }
      while index < bytes.count {
        crc = crc >> 8 ^ table[Int((crc ^ UInt32(bytes[index])) & 0xFF)]
        index += 1
      }
      remainder = crc
    }
  }

  /// Eight tables of 256: entry [k, b] is the remainder of byte b followed by k zero bytes.
  private static let table: [UInt32] = {
    var table: [UInt32] = (0..<256).map { byte in
      (0..<8).reduce(UInt32(byte)) { crc, _ in crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    for index in 256..<2048 {
      let before = table[index - 256]
      table.append(before >> 8 ^ table[Int(before & 0xFF)])
    }
    return table
  }()
}
