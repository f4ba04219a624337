internal import SatchelCore

/// The words of a card, in both languages side by side: a school reads one file.
enum CardWords {
  static let strengths = ["weak 较弱", "middle 中等", "strong 较强"]
  static let rest = "all others 其余"

  static let figures: [String: String] = [
    "auc": "AUC", "accuracy": "accuracy 准确率", "recall": "recall of correct 答对召回率",
    "precision": "precision of correct 答对精确率", "recall_wrong": "recall of wrong 答错召回率",
    "precision_wrong": "precision of wrong 答错精确率", "log_loss": "log loss 对数损失", "rmse": "RMSE",
    "ece": "ECE 校准误差", "auc_first": "AUC, first meetings 首次作答 AUC",
  ]

  static func split(_ split: ModelCard.Split) -> (english: String, chinese: String) {
    switch split {
    case .all:
      (
        "All rows of the data judge. Whether the model was trained on some of them the file does not say; if it was, the figures flatter it.",
        "数据的全部行用于评估。模型文件不记录训练时是否用过这些数据；如果用过，下列数字偏高。"
      )
    case .testFold(let fold):
      (
        "The learners of fold \(fold) judge. Neither training nor the choice of the epoch saw them, if the model was trained with the same folds.",
        "由第 \(fold) 折的学习者评估。若训练使用同一分折，训练和轮次选择都没有见过他们。"
      )
    case .validation:
      (
        "A tenth of the learners judges, by whom the epoch was chosen and the probabilities were calibrated: the figures flatter a little.",
        "由十分之一的学习者评估；轮次和校准也由他们决定，因此数字略微偏高。"
      )
    }
  }

  /// What the figures do not say and where the model should not be used; each sentence twice.
  static func limits(of card: ModelCard) -> [(english: String, chinese: String)] {
    var limits = [
      (
        "It foretells the next answer to choose what to practise. It is no examination: do not grade, rank or select people by it.",
        "它预测下一次作答，用来选择练习内容。它不是考试：不要用它给人打分、排名或筛选。"
      ),
      (
        "The figures hold for learners like those of the data. Other ages, languages, courses and devices were not measured.",
        "数字只适用于与数据相似的学习者。其他年龄、语言、课程和设备没有测量过。"
      ),
      (
        "Nothing is known of sex, age, disability or home, so no difference between such groups could be looked for.",
        "数据不含性别、年龄、残障或家庭情况，因此无法检查这些群体之间的差异。"
      ),
      (
        "The intervals tell what other learners of the same kind would change, not what another training seed or other data would.",
        "区间只反映换一批同类学习者的变化，不反映换随机种子或换数据的变化。"
      ),
      (
        "Groups of fewer than \(CardGroup.learnersMin) learners are joined with others and never shown.",
        "少于 \(CardGroup.learnersMin) 名学习者的组会与其他组合并，从不单独显示。"
      ),
    ]
    limits += measuredLimits(of: card)
    return limits
  }

  /// Those that follow from the card's own figures.
  private static func measuredLimits(of card: ModelCard) -> [(english: String, chinese: String)] {
    var limits: [(english: String, chinese: String)] = []
    if card.judgedLearners < 100 {
      limits.append(
        (
          "Only \(card.judgedLearners) learners judged: differences in the second digit mean little.",
          "只有 \(card.judgedLearners) 名学习者参与评估：第二位小数的差异意义不大。"
        ))
    }
    if card.metrics.ece > 0.01 {
      let ece = Figures.four(card.metrics.ece)
      limits.append(
        (
          "Probabilities are off by \(ece) on average: read them as an order, not as shares.",
          "概率平均偏差 \(ece)：应看作次序，而不是比例。"
        ))
    }
    if let first = card.earlierRows.first, let auc = first.auc, first.label.hasPrefix("0") {
      limits.append(
        (
          "A learner's very first answers are foretold by the item alone (AUC \(Figures.four(auc)) with \(first.label) earlier answers).",
          "学习者最初的作答只能根据题目预测（之前作答 \(first.label) 次时 AUC 为 \(Figures.four(auc))）。"
        ))
    }
    if card.monotonicity.loweredShare > 0 {
      let share = Figures.percent(card.monotonicity.loweredShare)
      limits.append(
        (
          "In \(share) of the probes one more right answer on a skill lowers what is foretold on it.",
          "在 \(share) 的探测中，某技能多答对一次反而降低对它的预测。"
        ))
    }
    let wrong = Figures.percent(card.metrics.recallWrong)
    limits.append(
      (
        "Of the wrong answers \(wrong) are foreseen at one half.",
        "以一半为界，能预见 \(wrong) 的答错。"
      ))
    return limits
  }
}

/// Numbers as a card shows them; no locale.
enum Figures {
  static func four(_ value: Double) -> String { fixed(value, digits: 4) }

  static func percent(_ share: Double) -> String { fixed(share * 100, digits: 1) + " %" }

  /// Rounded, with exactly `digits` behind the point.
  static func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite, value.magnitude < 1e12 else { return "–" }
    var unit = 1.0
    for _ in 0..<digits { unit *= 10 }
    let scaled = Int((value.magnitude * unit).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    let whole = scaled / Int(unit)
    guard digits > 0 else { return "\(sign)\(whole)" }
    let rest = String(scaled % Int(unit))
    return "\(sign)\(whole)." + String(repeating: "0", count: digits - rest.count) + rest
  }
}
