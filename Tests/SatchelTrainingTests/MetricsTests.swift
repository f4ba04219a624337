import SatchelCore
import Testing

@testable import SatchelTraining

@Suite struct `Metrics of predictions` {
  @Test func `count ties in the AUC half`() {
    // Right: .8, .5; wrong: .5, .2. Pairs: .8>.5, .8>.2, .5=.5 (half), .5>.2: 3.5 of 4.
    #expect(Metrics.auc([0.8, 0.5, 0.5, 0.2], [true, true, false, false]) == 0.875)
    #expect(Metrics.auc([0.5, 0.5, 0.5], [true, false, true]) == 0.5)
    #expect(Metrics.auc([0.1, 0.9], [true, false]) == 0)
    #expect(Metrics.auc([0.3, 0.4], [true, true]) == 0.5)
    #expect(Metrics.auc([], []) == 0.5)
  }

  @Test func `measure calibration over ten bins`() {
    // One bin holds .65 and .65 with one right answer: |1.3 - 1| / 2.
    #expect((Metrics.calibrationError([0.65, 0.65], [true, false]) - 0.15).magnitude < 1e-12)
    #expect(Metrics.calibrationError([1, 0], [true, false]) == 0)
  }

  @Test func `decide at one half and clip the log loss`() {
    let metrics = Metrics(
      probabilities: [0.9, 0.5, 0.4, 0.0], isCorrect: [true, false, true, false],
      isFirst: [true, false, true, false])
    #expect(metrics.accuracy == 0.5)
    #expect(metrics.recallCorrect == 0.5 && metrics.precisionCorrect == 0.5)
    #expect(metrics.recallWrong == 0.5 && metrics.precisionWrong == 0.5)
    let wrong = Metrics(probabilities: [0], isCorrect: [true], isFirst: [true])
    #expect((wrong.logLoss - 13.815510557964274).magnitude < 1e-9)
    #expect(wrong.rmse == 1)
  }
}

@Suite struct Cleaning {
  @Test func `mends odd rows and reports them`() throws {
    var rows = try Classroom.rows(learners: 3, answers: 30)
    rows.append(rows[rows.count - 1])
    rows[0].timestampMilliseconds = -5
    rows[1].timestampMilliseconds = 9_999_999_999_999
    rows[2].durationMilliseconds = 4_000_000_000
    let report = CleanedRows(rows).report
    #expect(report.rows == rows.count)
    #expect(report.learners == 3)
    #expect(report.duplicates == 1)
    #expect(report.impossibleTimes == 2)
    #expect(report.longDurations == 1)
    #expect(report.durationMaxMilliseconds <= 3_600_000)
  }
}
