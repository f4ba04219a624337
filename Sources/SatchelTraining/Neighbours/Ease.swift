internal import Dispatch
internal import SatchelTutor

/// EASE^R: the linear model whose every item foretells every other, in closed form.
///
/// B = I - P / diag(P), P = (XᵀX + λ I)⁻¹, zero on the diagonal; X is learners × items (Steck, "Embarrassingly Shallow
/// Autoencoders for Sparse Data", WWW 2019, equation 8).
enum Ease {
  /// O(items³): some ten seconds for 3,000 items.
  static func fit(_ uses: CoUse, penalty: Float, threads: Int) -> Similarities {
    let count = uses.itemCount
    var gram = [Float](repeating: 0, count: count * count)
    for (item, row) in uses.counts(threads: threads).enumerated() {
      gram[item * count + item] = Float(uses.uses(of: item)) + penalty
      for entry in row { gram[item * count + Int(entry.column)] = entry.value }
    }
    invert(&gram, count, threads: threads)
    let diagonal = (0..<count).map { gram[$0 * count + $0] }
    let rows = (0..<count).map { item in
      (0..<count).compactMap { other in
        other == item
          ? nil
          : Similarities.Entry(
            column: Int32(other), value: -gram[item * count + other] / diagonal[other])
      }
    }
    return Similarities(rows: rows)
  }

  /// Gauss and Jordan in place, without pivots: the matrix is symmetric and positive definite.
  static func invert(_ matrix: inout [Float], _ count: Int, threads: Int) {
    matrix.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { return }
      // Rows are dealt out to threads, and the pivot's row is only read.
      nonisolated(unsafe) let base = start
      for pivot in 0..<count {
        nonisolated(unsafe) let own = base + pivot * count
        let inverse = 1 / own[pivot]
        own[pivot] = 1
        for column in 0..<count { own[column] *= inverse }
        let threads = max(1, threads)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
          for row in stride(from: thread, to: count, by: threads) where row != pivot {
            let line = base + row * count
            let factor = line[pivot]
            line[pivot] = 0
            for column in 0..<count { line[column] -= factor * own[column] }
          }
        }
      }
    }
  }
}
