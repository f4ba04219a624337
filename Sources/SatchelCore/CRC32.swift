/// The checksum of gzip, zlib and PNG (RFC 1952, section 8), also the hash that deals learners into folds.
package struct CRC32 {
  private var remainder: UInt32 = .max

  package init() {}

  package var value: UInt32 { ~remainder }

  package static func checksum(_ text: String) -> UInt32 {
    var checksum = CRC32()
    Array(text.utf8).withUnsafeBytes { checksum.update($0) }
    return checksum.value
  }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
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
