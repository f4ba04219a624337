package import SatchelCore

/// A key of content as a number, so that rows and models need not hold texts.
///
/// FNV-1a over the UTF-8 (Fowler, Noll and Vo; RFC 9923), then the finaliser of SplitMix64, for FNV's high bits are
/// weak in short keys. Two of 20,000 items share all 64 bits with probability 1e-11.
package enum KeyHash {
  package static func hash(_ text: String) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    var text = text
    text.withUTF8 { bytes in
      for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }
    hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
    hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
    return hash ^ hash >> 31
  }

  /// The upper 24 bits: what a folded row keeps of a recent item. Sorted hashes stay sorted by it.
  package static func short(_ hash: UInt64) -> UInt32 { UInt32(hash >> 40) }
}

extension ContentKey {
  package var hash64: UInt64 { KeyHash.hash(text) }
}
