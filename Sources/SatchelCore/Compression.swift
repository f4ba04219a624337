import CZstd

/// zstd with a bound on what comes out: nothing is inflated before its size was checked.
package enum Compression {
  /// Level 3: 105 to 265 MB/s here; level 19 saves 6 % more at a twentieth of the speed.
  private static let level: Int32 = 3

  /// `nil` when compressing does not make it smaller, or fails.
  package static func deflate(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 32 else { return nil }
    var out = [UInt8](repeating: 0, count: bytes.count)
    // The room is the input's own size: an output that does not fit is no gain, and zstd says so by an error.
    let written = ZSTD_compress(&out, out.count, bytes, bytes.count, level)
    guard ZSTD_isError(written) == 0, written < bytes.count else { return nil }
    out.removeLast(out.count - written)
    return out
  }

  /// Inflates the one frame that `bytes` begin with; it states its size, at most `bytesMax` and at most 100 times its own
  /// length past 1 MiB. `rest` is what follows it.
  package static func inflate(_ bytes: ArraySlice<UInt8>, bytesMax: Int) -> (
    bytes: [UInt8], rest: ArraySlice<UInt8>
  )? {
    bytes.withUnsafeBytes { source -> ([UInt8], ArraySlice<UInt8>)? in
      let stated = ZSTD_getFrameContentSize(source.baseAddress, source.count)
      // The two error values of zstd are the largest UInt64s, so one comparison refuses them as well.
      guard stated <= UInt64(bytesMax) else { return nil }
      let size = Int(stated)
      let length = ZSTD_findFrameCompressedSize(source.baseAddress, source.count)
      guard ZSTD_isError(length) == 0, length <= source.count,
        size <= 1 << 20 || size <= 100 * length
      else { return nil }
      var out = [UInt8](repeating: 0, count: size)
      let written = ZSTD_decompress(&out, size, source.baseAddress, length)
      return written == size ? (out, bytes.dropFirst(length)) : nil
    }
  }
}
