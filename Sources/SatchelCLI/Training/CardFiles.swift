import ArgumentParser
import Foundation
import Satchel
import SatchelTraining

/// Where a model card goes: a folder, or a Markdown file with its two companions beside it.
struct CardOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Write a model card: a folder, or a file .md with .json and .svg beside it.",
      valueName: "path"))
  var card: String?

  /// Each file whole or not at all, the page last: who finds it finds what it shows.
  ///
  /// - Returns: the page's path; `nil` where no card was asked for.
  /// - Throws: `file.cannotCreate`.
  func write(_ make: () throws -> ModelCard) throws -> String? {
    guard let card else { return nil }
    let made = try make()
    let page: URL
    if card.hasSuffix(".md") {
      page = URL(fileURLWithPath: card)
    } else {
      page = URL(fileURLWithPath: card).appendingPathComponent("card.md")
      try createFolder(card)
    }
    let stem = page.deletingPathExtension()
    let curve = stem.appendingPathExtension("svg")
    try WholeFile.write(Array(made.calibrationCurve().utf8), to: curve.path)
    try WholeFile.write(
      Array((made.json.text + "\n").utf8), to: stem.appendingPathExtension("json").path)
    try WholeFile.write(
      Array(made.markdown(curve: curve.lastPathComponent).utf8), to: page.path)
    return page.path
  }

  private func createFolder(_ path: String) throws {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true)
    } catch {
      throw SatchelError(.cannotCreate, subject: path, cause: error.localizedDescription)
    }
  }
}

extension ModelCard {
  var json: JSON {
    [
      "model": [
        "sha256": .string(model.sha256), "bytes": .integer(model.bytes),
        "schema": .integer(model.schemaVersion), "items": .integer(model.items),
        "skills": .integer(model.skills),
        "options": model.options.map { .object($0.map { ($0.name, .string($0.value)) }) } ?? nil,
      ],
      "data": [
        "sources": .array(sources.map(JSON.string)), "cleaning": cleaning.json,
        "duration_max_ms": .integer(Int(cleaning.durationMaxMilliseconds)),
      ],
      "split": split.json, "rows": .integer(judgedRows), "learners": .integer(judgedLearners),
      "figures": metrics.json,
      "intervals": .object(
        Metrics.figures.map { name, path in
          (name, [.number(lower[keyPath: path]), .number(upper[keyPath: path])])
        }),
      "calibration": .array(calibration.map(\.json)), "skills": .array(skills.map(\.json)),
      "groups": [
        "earlier_answers": .array(earlierRows.map(\.json)),
        "activity": .array(activity.map(\.json)), "strength": .array(strength.map(\.json)),
      ],
      "monotonicity": [
        "probes": .integer(monotonicity.probes), "lowered": .number(monotonicity.loweredShare),
        "notably_lowered": .number(monotonicity.notablyLoweredShare),
        "below_wrong": .number(monotonicity.belowWrongShare),
        "mean_change": .number(monotonicity.meanChange),
      ],
      "faithfulness": [
        "prediction": faithfulness.prediction.json, "path": faithfulness.path.json,
        "groups": .object(faithfulness.groups.map { ($0.name, $0.figures.json) }),
      ],
      "limits": [
        "en": .array(limits.map { .string($0.english) }),
        "zh": .array(limits.map { .string($0.chinese) }),
      ],
    ]
  }
}

extension ModelCard.Split {
  fileprivate var json: JSON {
    switch self {
    case .all: ["judges": "all"]
    case .testFold(let fold): ["judges": "test", "fold": .integer(fold)]
    case .validation: ["judges": "validation"]
    }
  }
}

extension CardGroup {
  fileprivate var json: JSON {
    [
      "label": .string(label), "n": .integer(rows), "learners": .integer(learners),
      "base_rate": .number(baseRate), "mean_probability": .number(meanProbability),
      "auc": JSON(auc), "log_loss": .number(logLoss),
    ]
  }
}

extension Faithfulness.Figures {
  fileprivate var json: JSON {
    [
      "reasons": .integer(reasons), "change_named": .number(named),
      "change_others": .number(others), "ratio": JSON(ratio), "stronger": .number(strongerShare),
    ]
  }
}
