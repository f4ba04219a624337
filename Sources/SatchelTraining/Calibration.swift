internal import SatchelCore
internal import SatchelTutor

extension Weights.Calibration {
  /// Platt scaling (Platt 1999): slope and shift by Newton's method on the log loss, kept near 1 and 0 by a small ridge,
  /// for a few hundred rows must not bend the model. What does not converge is slope 1 and shift 0.
  init(fitting logits: [Float], to isCorrect: [Bool]) {
    self.init(slope: 1, shift: 0)
    var (slope, shift) = (1.0, 0.0)
    let ridge = 20.0
    for _ in 0..<12 {
      var gradient = (ridge * (slope - 1), ridge * shift)
      var curvature = (ridge, 0.0, ridge)
      for (logit, correct) in zip(logits, isCorrect) {
        let probability = ExactMath.sigmoid(slope * Double(logit) + shift)
        let error = probability - (correct ? 1 : 0)
        let weight = probability * (1 - probability)
        gradient.0 += error * Double(logit)
        gradient.1 += error
        curvature.0 += weight * Double(logit) * Double(logit)
        curvature.1 += weight * Double(logit)
        curvature.2 += weight
      }
      let determinant = curvature.0 * curvature.2 - curvature.1 * curvature.1
      guard determinant > 1e-9 else { return }
      slope -= (curvature.2 * gradient.0 - curvature.1 * gradient.1) / determinant
      shift -= (curvature.0 * gradient.1 - curvature.1 * gradient.0) / determinant
    }
    guard (0.1...10).contains(slope), shift.magnitude < 10 else { return }
    self.init(slope: Float(slope), shift: Float(shift))
  }
}
