internal import CKernels

/// The arithmetic beneath the networks, twice: in C with vector extensions, and in Swift; here the matrix product of training and
/// of the recurrent state, in float32, and in `WholeKernel.swift` what serves.
///
/// Both add each number of the result over the depth in ascending order, with products and sums rounded apart, so they
/// agree to the last bit with each other and on every IEEE processor: replicas with the same records rank alike.
package enum Kernel: CaseIterable, Sendable {
  case portable
  case vector

  /// The one that serves: on x86-64 with AVX2 more than twice as fast as the other.
  package static let serving = Kernel.vector

  /// C = A B, or C += A B.
  ///
  /// A is [rows, depth] with any strides (and so may be read transposed), B [depth, columns], C [rows, columns], both
  /// with contiguous rows; strides count floats. Nothing may overlap C. Cost: rows * columns * depth.
  package func multiply(
    rows: Int, columns: Int, depth: Int,
    _ a: UnsafePointer<Float>, rowStride: Int, columnStride: Int = 1,
    by b: UnsafePointer<Float>, rowStride bStride: Int,
    into c: UnsafeMutablePointer<Float>, rowStride cStride: Int, isAdding: Bool
  ) {
    switch self {
    case .vector:
      ckernels_multiply(
        rows, columns, depth, a, rowStride, columnStride, b, bStride, c, cStride, isAdding ? 1 : 0)
    case .portable:
      var row = 0
      while row < rows {
        let height = row + 4 <= rows ? 4 : 1
        let left = a + row * rowStride
        let out = c + row * cStride
        var column = 0
        while column + 8 <= columns {
          let block = Block(
            depth: depth, left: left, rowStride: rowStride, columnStride: columnStride,
            right: b + column, rightStride: bStride, out: out + column, outStride: cStride)
          if height == 4 { block.fourRows(isAdding) } else { block.oneRow(isAdding) }
          column += 8
        }
        while column < columns {
          for r in 0..<height {
            var sum = isAdding ? out[r * cStride + column] : 0
            for k in 0..<depth {
              sum += left[r * rowStride + k * columnStride] * b[k * bStride + column]
            }
            out[r * cStride + column] = sum
          }
          column += 1
        }
        row += height
      }
    }
  }
}

extension Kernel {
  /// ``logistic(_:)`` of each of `values`, in place.
  func logistics(_ values: UnsafeMutablePointer<Float>, count: Int) {
    switch self {
    case .vector: ckernels_logistic(count, values)
    case .portable: for place in 0..<count { values[place] = logistic(values[place]) }
    }
  }

  /// One step of gated recurrent units for `rows` learners; see `ckernels_recur` for the formula and the layouts.
  package func recur(
    rows: Int, width: Int, answerGates: UnsafePointer<Float>, stateGates: UnsafePointer<Float>,
    candidateBias: UnsafePointer<Float>, state: UnsafePointer<Float>,
    next: UnsafeMutablePointer<Float>, stride: Int, saved: UnsafeMutablePointer<Float>?
  ) {
    switch self {
    case .vector:
      ckernels_recur(
        rows, width, answerGates, stateGates, candidateBias, state, next, stride, saved)
    case .portable:
      for row in 0..<rows {
        let (x, h) = (answerGates + row * 3 * width, stateGates + row * 3 * width)
        for unit in 0..<width {
          let before = state[row * stride + unit]
          let reset = logistic(x[unit] + h[unit])
          let update = logistic(x[width + unit] + h[width + unit])
          let kept = h[2 * width + unit] + candidateBias[unit]
          let candidate = 2 * logistic(2 * (x[2 * width + unit] + reset * kept)) - 1
          next[row * stride + unit] = candidate + update * (before - candidate)
          guard let out = saved.map({ $0 + row * 4 * width + unit }) else { continue }
          out[0] = reset
          out[width] = update
          out[2 * width] = candidate
          out[3 * width] = kept
        }
      }
    }
  }
}

/// A few rows by eight columns of the portable kernel, held in registers over the whole depth.
private struct Block {
  let depth: Int
  let left: UnsafePointer<Float>
  let rowStride: Int
  let columnStride: Int
  let right: UnsafePointer<Float>
  let rightStride: Int
  let out: UnsafeMutablePointer<Float>
  let outStride: Int

  @inline(__always)
  func fourRows(_ isAdding: Bool) {
    var (s0, s1, s2, s3) = (
      start(0, isAdding), start(1, isAdding), start(2, isAdding), start(3, isAdding)
    )
    for k in 0..<depth {
      let vector = load(UnsafeRawPointer(right + k * rightStride))
      let column = left + k * columnStride
      s0 += column[0] * vector
      s1 += column[rowStride] * vector
      s2 += column[2 * rowStride] * vector
      s3 += column[3 * rowStride] * vector
    }
    store(s0, 0)
    store(s1, 1)
    store(s2, 2)
    store(s3, 3)
  }

  @inline(__always)
  func oneRow(_ isAdding: Bool) {
    var sum = start(0, isAdding)
    for k in 0..<depth {
      sum += left[k * columnStride] * load(UnsafeRawPointer(right + k * rightStride))
    }
    store(sum, 0)
  }

  @inline(__always)
  private func start(_ row: Int, _ isAdding: Bool) -> SIMD8<Float> {
    isAdding ? load(UnsafeRawPointer(out + row * outStride)) : SIMD8()
  }

  @inline(__always)
  private func load(_ pointer: UnsafeRawPointer) -> SIMD8<Float> {
    pointer.loadUnaligned(as: SIMD8<Float>.self)
  }

  @inline(__always)
  private func store(_ value: SIMD8<Float>, _ row: Int) {
    UnsafeMutableRawPointer(out + row * outStride).storeBytes(of: value, as: SIMD8<Float>.self)
  }
}
