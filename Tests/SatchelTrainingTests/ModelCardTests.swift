import SatchelCore
import SatchelTutor
import Testing

@testable import SatchelTraining

@Suite struct `A model card` {
  /// A trained model, the class it was judged by, and the card.
  private struct World {
    let rows: [Interaction]
    let weights: Weights
    let bytes: [UInt8]
    let judgement: Judgement
    let card: ModelCard

    /// Made once: a training in a debug build takes seconds.
    static let made = Result { try World() }

    private init() throws {
      rows = try Classroom.rows(learners: 50, answers: 30)
      let folds = Classroom.folds(rows)
      let options = Classroom.quick(epochs: 4)
      weights = try Trainer(options: options).train(rows, folds: folds, fold: 0).weights
      bytes = weights.encoded()
      judgement = try Judgement(weights, rows, folds: folds, fold: 0)
      card = try ModelCard(
        bytes: bytes, judgement: judgement, interactions: rows, split: .testFold(0),
        sources: ["class|1.csv"], options: options)
    }
  }

  @Test func `says what was judged, by whom, and how surely`() throws {
    let world = try World.made.get()
    let card = world.card
    #expect(card.model.sha256 == Hash256(hashing: world.bytes).description)
    #expect(card.judgedLearners == 10 && card.judgedRows == world.judgement.judged.count)
    #expect(card.metrics == world.judgement.metrics)
    #expect(card.lower.auc < card.metrics.auc && card.metrics.auc < card.upper.auc)
    #expect(card.cleaning.learners == 50)
    #expect(card.skills.map(\.rows).reduce(0, +) == card.judgedRows)
    #expect(card.calibration.map(\.rows).reduce(0, +) == card.judgedRows)
    #expect(card.model.options?.contains { $0.name == "epochs" && $0.value == "4" } == true)
  }

  @Test func `reads alike in two languages, is the same each time, and names no learner`() throws {
    let world = try World.made.get()
    let page = world.card.markdown(curve: "card.svg")
    let again = try ModelCard(
      bytes: world.bytes, judgement: world.judgement, interactions: world.rows,
      split: .testFold(0), sources: ["class|1.csv"], options: Classroom.quick(epochs: 4))

    #expect(again.markdown(curve: "card.svg") == page)
    for heading in page.split(separator: "\n").filter({ $0.hasPrefix("#") }) {
      let isChinese = heading.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }
      let isEnglish = heading.unicodeScalars.contains { ("A"..."z").contains($0) }
      #expect(isChinese && isEnglish, "\(heading)")
    }
    #expect(world.card.limits.allSatisfy { !$0.english.isEmpty && !$0.chinese.isEmpty })
    #expect(page.contains("![") && page.contains("(card.svg)") && page.contains("class\\|1.csv"))
    let names = Set(world.rows.map(\.learner))
    let all = page + world.card.calibrationCurve()
    #expect(!names.contains { all.contains($0) })
    #expect(!all.contains("nan") && !all.contains("inf"))
  }

  @Test func `draws one point a bin, within the frame`() throws {
    let card = try World.made.get().card
    let curve = card.calibrationCurve()
    #expect(curve.hasPrefix("<svg ") && curve.hasSuffix("</svg>\n"))
    #expect(curve.components(separatedBy: "<circle").count == card.calibration.count + 1)
    for point in curve.matches(of: /cx="([0-9.]+)" cy="([0-9.]+)"/) {
      #expect((60...380).contains(Double(point.1) ?? -1))
      #expect((20...340).contains(Double(point.2) ?? -1))
    }
  }

  @Test func `takes the markup out of what comes from data`() {
    var page = MarkdownPage()
    page.table(["head"], [["a|b <script> `c`\n| d"]])
    #expect(page.text.split(separator: "\n").count == 3)
    #expect(page.text.contains("a\\|b \\<script\\> \\`c\\` \\| d"))
  }

  @Test func `writes numbers as they are`() {
    #expect(Figures.four(0.79006) == "0.7901")
    #expect(Figures.four(-0.00001) == "0.0000")
    #expect(Figures.four(-1.5) == "-1.5000")
    #expect(Figures.four(0.05) == "0.0500")
    #expect(Figures.percent(0.999) == "99.9 %")
    #expect(Figures.fixed(12.5, digits: 0) == "13")
    #expect(Figures.four(.nan) == "–")
  }

  /// The built-in model walks up with each right answer on a skill, as everybody expects.
  @Test func `finds that a right answer raises what is foretold`() throws {
    let world = try World.made.get()
    let walk = DeviceWalk(world.judgement, world.rows, seed: 1)
    let measured = Monotonicity(Tutor(), walk, seed: 1)
    #expect(measured.probes == 100 && measured.meanChange > 0.01)
    #expect(measured.loweredShare < 0.1 && measured.belowWrongShare < 0.05)
  }

  @Test func `finds a model out that punishes right answers`() throws {
    let world = try World.made.get()
    // The same network with every answer's meaning turned round.
    let model = Weights.baseline
    let turned = Weights(
      means: model.means, scales: model.scales, network: model.network, tables: model.tables,
      calibration: .init(slope: -model.calibration.slope, shift: model.calibration.shift))
    let walk = DeviceWalk(world.judgement, world.rows, seed: 1)
    let measured = Monotonicity(Tutor(weights: turned), walk, seed: 1)
    #expect(measured.meanChange < -0.01)
    #expect(measured.loweredShare > 0.8 && measured.belowWrongShare > 0.8)
    #expect(measured.notablyLoweredShare > 0.5)
  }
}

@Suite struct `Reasons of recommendations` {
  private func world() throws -> (Weights, DeviceWalk) {
    let rows = try Classroom.rows(learners: 40, answers: 40)
    let weights = try Trainer(options: Classroom.quick(epochs: 4)).train(rows).weights
    return (weights, DeviceWalk(try Judgement(weights, rows), rows, seed: 2))
  }

  @Test func `name what moves the score more than as many other things`() throws {
    let (weights, walk) = try world()
    let found = Faithfulness(Tutor(weights: weights), walk, seed: 2)
    for figures in [found.prediction, found.path] {
      #expect(figures.reasons > 100)
      #expect(figures.named > figures.others)
      #expect(figures.strongerShare > 0.5)
    }
  }

  @Test func `are caught when they name the wrong thing`() throws {
    let (weights, walk) = try world()
    let tutor = Tutor(weights: weights)
    let honest = Faithfulness(tutor, walk, seed: 2)
    // Names each group of features that the honest reasons do not.
    let lying = Faithfulness(tutor, walk, seed: 2) { recommendation in
      let named = Set(recommendation.reasons.compactMap(\.code.group))
      return ReasonCode.allCases.filter { code in
        code.group.map { !named.contains($0) } ?? false
      }
    }
    #expect(lying.prediction.reasons > 0)
    #expect(lying.prediction.named < honest.prediction.named)
    #expect(lying.prediction.named < lying.prediction.others)
    #expect(lying.prediction.strongerShare < 0.5)
  }
}
