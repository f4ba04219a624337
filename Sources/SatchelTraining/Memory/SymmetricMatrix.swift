/// A symmetric matrix, of which the lower triangle is kept.
struct SymmetricMatrix {
  let count: Int
  /// Row by row, [count * (count + 1) / 2].
  private var values: [Double]

  init(count: Int) {
    self.count = count
    values = [Double](repeating: 0, count: count * (count + 1) / 2)
  }

  /// - Parameter column: at most `row`.
  subscript(row: Int, column: Int) -> Double {
    get { values[row * (row + 1) / 2 + column] }
    set { values[row * (row + 1) / 2 + column] = newValue }
  }

  /// Adds `share` times v v'.
  mutating func addOuter(_ v: UnsafePointer<Double>, share: Double) {
    values.withUnsafeMutableBufferPointer { values in
      var place = 0
      for row in 0..<count {
        let scaled = share * v[row]
        if scaled != 0 {
          for column in 0...row { values[place + column] += scaled * v[column] }
        }
        place += row + 1
      }
    }
  }

  mutating func add(_ other: SymmetricMatrix) {
    precondition(count == other.count)
    for place in values.indices { values[place] += other.values[place] }
  }

  func times(_ v: [Double]) -> [Double] {
    var product = [Double](repeating: 0, count: count)
    for row in 0..<count {
      for column in 0...row {
        product[row] += self[row, column] * v[column]
        if column < row { product[column] += self[row, column] * v[row] }
      }
    }
    return product
  }

  /// x of A x = v over the rows and columns of `free`, ascending; 0 for the others (Cholesky; Golub and Van Loan 2013,
  /// algorithm 4.2.2). O(n^3).
  ///
  /// - Returns: `nil` unless that part is positive definite.
  func solved(_ v: [Double], over free: [Int]) -> [Double]? {
    var root = SymmetricMatrix(count: free.count)
    for row in free.indices {
      for column in 0...row {
        var rest = self[free[row], free[column]]
        for k in 0..<column { rest -= root[row, k] * root[column, k] }
        if column < row {
          root[row, column] = rest / root[column, column]
        } else {
          guard rest > 0, rest.isFinite else { return nil }
          root[row, row] = rest.squareRoot()
        }
      }
    }
    var x = free.map { v[$0] }
    for row in free.indices {
      for k in 0..<row { x[row] -= root[row, k] * x[k] }
      x[row] /= root[row, row]
    }
    for row in free.indices.reversed() {
      for k in free.indices.suffix(from: row + 1) { x[row] -= root[k, row] * x[k] }
      x[row] /= root[row, row]
    }
    var solution = [Double](repeating: 0, count: count)
    for (place, index) in free.enumerated() { solution[index] = x[place] }
    return solution
  }
}
