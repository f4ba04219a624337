internal import SatchelCore

extension ModelCard {
  /// The card as Markdown, English and Chinese side by side.
  ///
  /// - Parameter curve: the name of the file with ``calibrationCurve()``, beside the card's.
  package func markdown(curve: String) -> String {
    var page = MarkdownPage()
    page.heading(1, "Model card 模型卡")
    writeModel(&page)
    writeData(&page)
    writeFigures(&page)
    page.heading(2, "Calibration 校准")
    page.line("![Foretold against happened 预测与实际](\(curve))")
    write(calibration, "foretold 预测", &page)
    page.heading(2, "By skill 按技能")
    page.line("The largest by rows, a row counting for its main skill. 按行数最多的技能；每行计入其主要技能。")
    write(skills, "skill 技能", &page)
    page.heading(2, "By group of learners 按学习者分组")
    page.heading(3, "Answers given before 此前作答次数")
    write(earlierRows, "before 此前", &page)
    page.heading(3, "Answers in all 总作答次数")
    write(activity, "in all 总数", &page)
    page.heading(3, "Share of right answers before, in thirds 此前正确率（三等分）")
    write(strength, "before 此前", &page)
    writeBehaviour(&page)
    page.heading(2, "Limits 局限")
    for limit in limits {
      page.item(limit.english)
      page.item(limit.chinese)
    }
    return page.text
  }

  private func writeModel(_ page: inout MarkdownPage) {
    page.heading(2, "Model 模型")
    page.table(
      ["", ""],
      [
        ["SHA-256", model.sha256], ["bytes 字节", "\(model.bytes)"],
        ["feature schema 特征版本", "\(model.schemaVersion)"],
        ["items known 已知题目", "\(model.items)"], ["skills known 已知技能", "\(model.skills)"],
      ])
    guard let options = model.options else {
      page.line(
        "How it was trained the file does not say; `satchel train --card` writes it. 模型文件不记录训练选项；`satchel train --card` 会写出。"
      )
      return
    }
    page.heading(3, "Training options 训练选项")
    page.table(["option 选项", "value 值"], options.map { [$0.name, $0.value] })
  }

  private func writeData(_ page: inout MarkdownPage) {
    page.heading(2, "Data 数据")
    page.table(
      ["", ""],
      [
        ["source 来源", sources.joined(separator: ", ")],
        ["rows 行", "\(cleaning.rows)"], ["learners 学习者", "\(cleaning.learners)"],
        ["items 题目", "\(cleaning.items)"], ["skills 技能", "\(cleaning.skills)"],
        ["duplicates, not learned from 重复行", "\(cleaning.duplicates)"],
        ["impossible times, taken as unknown 不可能的时间", "\(cleaning.impossibleTimes)"],
        ["backward times, taken as no time 倒退的时间", "\(cleaning.backwardTimes)"],
        [
          "durations cut to \(cleaning.durationMaxMilliseconds) ms 截断的时长",
          "\(cleaning.longDurations)",
        ],
      ])
    page.heading(2, "Split 划分")
    let split = CardWords.split(split)
    page.line(split.english)
    page.line(split.chinese)
    page.line(
      "\(judgedRows) rows of \(judgedLearners) learners judge; each answer is foretold from the learner's earlier ones alone. 共 \(judgedLearners) 名学习者的 \(judgedRows) 行参与评估；每次作答只根据该学习者更早的作答来预测。"
    )
  }

  private func writeFigures(_ page: inout MarkdownPage) {
    page.heading(2, "Figures 指标")
    page.line(
      "95 % intervals by the bootstrap over learners, \(Bootstrap.resamples) resamples. 95% 区间由按学习者的自助法得出，重抽样 \(Bootstrap.resamples) 次。"
    )
    page.line(
      "The ECE is a sum of absolute values: resampled it grows, so its interval lies too high. ECE 是绝对值之和，重抽样会使其变大，因此其区间偏高。"
    )
    page.table(
      ["figure 指标", "value 值", "95 % interval 区间"],
      Metrics.figures.map { name, path in
        [
          CardWords.figures[name] ?? name, Figures.four(metrics[keyPath: path]),
          "\(Figures.four(lower[keyPath: path])) – \(Figures.four(upper[keyPath: path]))",
        ]
      }, numbers: [1, 2])
  }

  private func write(_ groups: [CardGroup], _ head: String, _ page: inout MarkdownPage) {
    page.table(
      [
        head, "rows 行", "learners 学习者", "right 正确率", "foretold 预测", "AUC",
        "log loss 对数损失",
      ],
      groups.map { group in
        [
          group.label, "\(group.rows)", "\(group.learners)", Figures.four(group.baseRate),
          Figures.four(group.meanProbability), group.auc.map(Figures.four) ?? "–",
          Figures.four(group.logLoss),
        ]
      }, numbers: [1, 2, 3, 4, 5, 6])
  }

  private func writeBehaviour(_ page: inout MarkdownPage) {
    page.heading(2, "Monotonicity 单调性")
    page.line(
      "One more right answer on a skill should not lower what is foretold on it. 某技能多答对一次，不应降低对它的预测。"
    )
    page.table(
      ["", ""],
      [
        ["probes 探测", "\(monotonicity.probes)"],
        ["lowered 降低", Figures.percent(monotonicity.loweredShare)],
        [
          "lowered by more than \(Monotonicity.notable) 降低超过 \(Monotonicity.notable)",
          Figures.percent(monotonicity.notablyLoweredShare),
        ],
        ["lower than after a wrong one 低于答错之后", Figures.percent(monotonicity.belowWrongShare)],
        ["mean change 平均变化", Figures.four(monotonicity.meanChange)],
      ])
    page.heading(2, "Faithfulness of reasons 理由的忠实度")
    page.line(
      "Without what a reason names, the figure that it explains should change more than without as many other things. 去掉理由所指的内容，应比去掉同样多的其他内容带来更大的变化。"
    )
    page.table(
      [
        "reasons 理由", "tried 检验数", "change without it 去掉后的变化", "without others 去掉其他",
        "ratio 倍数", "stronger in 更强的占比",
      ],
      ([("of the prediction 预测", faithfulness.prediction)] + faithfulness.groups
        + [("of the path 路径", faithfulness.path)]).map { name, figures in
          [
            name, "\(figures.reasons)", Figures.four(figures.named), Figures.four(figures.others),
            figures.ratio.map { Figures.fixed($0, digits: 2) } ?? "–",
            Figures.percent(figures.strongerShare),
          ]
        }, numbers: [1, 2, 3, 4, 5])
  }
}
