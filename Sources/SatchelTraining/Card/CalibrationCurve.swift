extension ModelCard {
  /// The share of right answers over the mean probability foretold, a point a bin, as an SVG image. A point's area grows
  /// with its rows; on the diagonal the model is right about itself.
  package func calibrationCurve() -> String {
    let frame = CurveFrame()
    var lines = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(frame.size)\" height=\"\(frame.size)\" "
        + "viewBox=\"0 0 \(frame.size) \(frame.size)\" font-family=\"sans-serif\" font-size=\"12\">",
      "<title>Calibration 校准</title>",
      "<rect width=\"\(frame.size)\" height=\"\(frame.size)\" fill=\"#ffffff\"/>",
    ]
    lines += frame.axes()
    let most = Double(max(1, calibration.map(\.rows).max() ?? 1))
    let points = calibration.map { group in
      (x: frame.x(group.meanProbability), y: frame.y(group.baseRate), group: group)
    }
    let path = points.map { "\($0.x),\($0.y)" }.joined(separator: " ")
    lines.append(
      "<polyline points=\"\(path)\" fill=\"none\" stroke=\"#1f5fa8\" stroke-width=\"2\"/>")
    for (x, y, group) in points {
      let radius = Figures.fixed(2 + 6 * (Double(group.rows) / most).squareRoot(), digits: 1)
      lines.append(
        "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"\(radius)\" fill=\"#1f5fa8\" fill-opacity=\"0.7\">"
          + "<title>\(group.label): \(group.rows)</title></circle>")
    }
    return (lines + ["</svg>", ""]).joined(separator: "\n")
  }
}

/// The place of the curve: 0...1 on both axes, in pixels.
private struct CurveFrame {
  let size = 400
  private let left = 60.0
  private let top = 20.0
  private let side = 320.0

  func x(_ share: Double) -> String { Figures.fixed(left + share * side, digits: 1) }

  func y(_ share: Double) -> String { Figures.fixed(top + (1 - share) * side, digits: 1) }

  func axes() -> [String] {
    var lines = [line((0, 0), (1, 1), "#888888", dash: "4 4")]
    for tenth in stride(from: 0, through: 10, by: 2) {
      let share = Double(tenth) / 10
      lines.append(line((share, 0), (share, 1), "#dddddd"))
      lines.append(line((0, share), (1, share), "#dddddd"))
      let label = Figures.fixed(share, digits: 1)
      lines.append(
        "<text x=\"\(x(share))\" y=\"\(Int(top + side) + 16)\" text-anchor=\"middle\">\(label)</text>"
      )
      lines.append(
        "<text x=\"\(Int(left) - 6)\" y=\"\(y(share))\" text-anchor=\"end\" dy=\"4\">\(label)</text>"
      )
    }
    let middle = y(0.5)
    lines += [
      "<text x=\"\(x(0.5))\" y=\"\(Int(top + side) + 36)\" text-anchor=\"middle\">"
        + "foretold 预测的概率</text>",
      "<text x=\"16\" y=\"\(middle)\" text-anchor=\"middle\" "
        + "transform=\"rotate(-90 16 \(middle))\">right 实际答对的比例</text>",
    ]
    return lines
  }

  private func line(
    _ from: (Double, Double), _ to: (Double, Double), _ colour: String, dash: String? = nil
  ) -> String {
    let dashes = dash.map { " stroke-dasharray=\"\($0)\"" } ?? ""
    return "<line x1=\"\(x(from.0))\" y1=\"\(y(from.1))\" x2=\"\(x(to.0))\" y2=\"\(y(to.1))\" "
      + "stroke=\"\(colour)\"\(dashes)/>"
  }
}
