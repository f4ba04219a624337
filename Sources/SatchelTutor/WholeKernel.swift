internal import CKernels

/// The kernel beneath ``WholeNetwork``: exact sums of whole numbers, and the two steps that round.
extension Kernel {
  /// C = A B, or C += A B, in whole numbers.
  ///
  /// A is [rows, 2 * pairs] with rows `rowStride` apart, B [pairs, columns, 2], C [rows, columns]; `columns` is a multiple
  /// of 16. No sum may leave 32 bits. Cost: 2 * rows * columns * pairs.
  func multiply(
    rows: Int, columns: Int, pairs: Int, _ a: UnsafePointer<Int16>, rowStride: Int,
    by b: UnsafePointer<Int16>, into c: UnsafeMutablePointer<Int32>, isAdding: Bool
  ) {
    switch self {
    case .vector:
      ckernels_multiply_whole(-1, rows, columns, pairs, a, rowStride, b, c, isAdding ? 1 : 0)
    case .portable:
      for row in 0..<rows {
        for column in 0..<columns {
          var sum = isAdding ? c[row * columns + column] : 0
          for k in 0..<2 * pairs {
            sum += Int32(a[row * rowStride + k]) * Int32(b[(k / 2 * columns + column) * 2 + k % 2])
          }
          c[row * columns + column] = sum
        }
      }
    }
  }

  /// `values` times `scale` as whole numbers, ties to even, within ±32,767.
  func round(
    _ values: UnsafePointer<Float>, count: Int, scale: Float, into out: UnsafeMutablePointer<Int16>
  ) {
    switch self {
    case .vector: ckernels_to_whole(count, values, scale, out)
    case .portable:
      for place in 0..<count { out[place] = Self.whole(values[place] * scale, from: -32_767) }
    }
  }

  /// The sum of up to three rows of `width`, times `factors`, plus `biases`; what is below 0 becomes 0, and the rest whole.
  @inline(__always)
  func rectify(
    width: Int, _ sums: FirstSums, _ factors: UnsafePointer<Float>,
    _ biases: UnsafePointer<Float>, into out: UnsafeMutablePointer<Int16>
  ) {
    switch self {
    case .vector:
      ckernels_rectify(width, sums.first, sums.second, sums.third, factors, biases, out)
    case .portable:
      for place in 0..<width {
        let sum =
          sums.first[place] + (sums.second?[place] ?? 0) + (sums.third?[place] ?? 0)
        out[place] = Self.whole(Float(sum) * factors[place] + biases[place], from: 0)
      }
    }
  }

  /// The first 8 sums of each row, rows being `stride` apart, times `factors`, plus `biases`; `out` is [rows, 8].
  func scale(
    rows: Int, _ sums: UnsafePointer<Int32>, stride: Int, _ factors: UnsafePointer<Float>,
    _ biases: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .vector: ckernels_scale(rows, stride, sums, factors, biases, out)
    case .portable:
      for row in 0..<rows {
        for column in 0..<8 {
          out[row * 8 + column] =
            Float(sums[row * stride + column]) * factors[column] + biases[column]
        }
      }
    }
  }

  private static func whole(_ value: Float, from least: Float) -> Int16 {
    Int16(min(max(value, least), 32_767).rounded(.toNearestOrEven))
  }
}

/// One row of sums in up to three parts.
struct FirstSums {
  let first: UnsafePointer<Int32>
  var second: UnsafePointer<Int32>?
  var third: UnsafePointer<Int32>?
}
