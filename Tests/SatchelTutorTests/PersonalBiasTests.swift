import SatchelCore
import Testing

@testable import SatchelTutor

@Suite struct `The personal bias` {
  /// Nats for what happened.
  private func loss(_ logit: Float, _ isCorrect: Bool) -> Double {
    -ExactMath.log(Double(logistic(isCorrect ? logit : -logit)))
  }

  @Test func `starts with the model's word`() {
    #expect(PersonalBias().shift == 0)
  }

  @Test(arguments: [51, 52, 53] as [UInt64])
  func `helps a learner whom the model rates too low`(seed: UInt64) {
    var dice = Dice(state: seed)
    var bias = PersonalBias()
    var (with, without) = (0.0, 0.0)
    for _ in 0..<600 {
      let logit = Float.random(in: -1...1, using: &dice)
      let isCorrect = Float.random(in: 0..<1, using: &dice) < logistic(logit + 0.6)
      with += loss(logit + bias.shift, isCorrect)
      without += loss(logit, isCorrect)
      bias.adapt(logit: logit, isCorrect: isCorrect)
    }
    #expect((0.15...0.7).contains(bias.shift), "seed \(seed)")
    #expect(with < without - 3, "seed \(seed)")
  }

  @Test(arguments: 60..<80 as Range<UInt64>)
  func `never costs more than its bound, whatever a learner does`(seed: UInt64) {
    var dice = Dice(state: seed)
    var bias = PersonalBias()
    var (with, without) = (0.0, 0.0)
    for number in 0..<3000 {
      let logit = Float.random(in: -6...6, using: &dice)
      // A spiteful learner: she follows the bias until it is believed, and then does the opposite.
      let turn = Int.random(in: 50...400, using: &dice)
      let isCorrect = seed % 2 == 0 ? bias.shift < 0 : number / turn % 2 == 0
      with += loss(logit + bias.shift, isCorrect)
      without += loss(logit, isCorrect)
      bias.adapt(logit: logit, isCorrect: isCorrect)
      #expect(bias.shift.magnitude <= 1)
      if with - without > PersonalBias.lossMax {
        Issue.record("seed \(seed), answer \(number): \(with - without) nats more")
        return
      }
    }
    #expect((bias.excess - (with - without)).magnitude < 1e-3)
  }

  @Test func `is forgotten when the learner is as the model says after all`() {
    var bias = PersonalBias()
    for _ in 0..<60 { bias.adapt(logit: 0, isCorrect: true) }
    #expect(bias.shift > 0.1)
    for _ in 0..<80 { bias.adapt(logit: 0, isCorrect: false) }
    #expect(bias.shift < 0.05)
  }

  @Test func `follows from the records alone, and moves what is foretold`() {
    var diary = Diary()
    for number in 0..<200 { diary.answers("item-\(number % 9)", number % 10 != 0, after: 40) }
    let tutor = Tutor(weights: .random(seed: 3))
    let bias = tutor.personalBias(of: diary.records)
    #expect(tutor.personalBias(of: diary.records) == bias)
    #expect(tutor.personalBias(of: []) == PersonalBias())
    #expect(bias != PersonalBias())
    let item = ItemID(checked: "item-1")
    func chance(_ bias: PersonalBias) -> Double {
      tutor.predict(
        item: item, skills: [], difficulty: nil, fold: diary.fold, bias: bias,
        nowMilliseconds: diary.now)
    }
    #expect((chance(bias) > chance(PersonalBias())) == (bias.shift > 0))
  }
}
