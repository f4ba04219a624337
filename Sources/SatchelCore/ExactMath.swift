/// Exponential and logarithm made of + - * / alone, so that every IEEE processor gives the same bits.
///
/// A system's `exp` and `log` differ in the last place between C libraries; what is folded and stored must not
/// (INV-merge). Relative error below 1e-14 over the ranges used.
package enum ExactMath {
  /// e^x; 0 below -700, finite above 700 (clamped).
  package static func exp(_ x: Double) -> Double {
    guard x > -700 else { return 0 }
    let clamped = Swift.min(x, 700)
    // x = k ln 2 + r with |r| <= ln 2 / 2, ln 2 split in two so that k ln 2 is exact (Cody and Waite 1980, ch. 6).
    let k = (clamped * 1.4426950408889634).rounded(.toNearestOrEven)
    let r = (clamped - k * 0.693145751953125) - k * 1.4286068203094173e-06
    var term = r
    var sum = 1 + r
    // |r| <= 0.3466, so the 14th term is below 5e-18 and adds nothing to a sum above 0.7. Written out, because a division
    // by a power of two that the compiler can see is a multiplication, to the same bits.
    func add(_ n: Double) {
      term = term * r / n
      sum += term
    }
    add(2)
    add(3)
    add(4)
    add(5)
    add(6)
    add(7)
    add(8)
    add(9)
    add(10)
    add(11)
    add(12)
    add(13)
    return sum * Double(sign: .plus, exponent: Int(k), significand: 1)
  }

  /// ln x for x > 0; -745 for anything else.
  package static func log(_ x: Double) -> Double {
    guard x > 0, x.isFinite else { return -745 }
    var exponent = Double(x.exponent)
    var mantissa = x.significand
    if mantissa > 1.4142135623730951 {
      mantissa /= 2
      exponent += 1
    }
    // ln m = 2 artanh((m - 1) / (m + 1)), |t| <= 0.172 (Abramowitz and Stegun 4.1.27).
    let t = (mantissa - 1) / (mantissa + 1)
    let square = t * t
    var power = t
    var sum = 0.0
    for n in stride(from: 1, through: 21, by: 2) {
      sum += power / Double(n)
      power *= square
    }
    return 2 * sum + exponent * 0.6931471805599453
  }

  /// base^exponent for base > 0.
  package static func pow(_ base: Double, _ exponent: Double) -> Double {
    exp(exponent * log(base))
  }

  /// 1 / (1 + e^-x)
  package static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }
}
