import Foundation
import Satchel

/// README's program, word for word: `ReadmeTests` compares the two and runs this one.
func firstLesson(in folder: URL, print: (String) -> Void) throws {
  let replica = try Replica(at: folder.appending(path: "lesson.sqlite"))
  try replica.importPack(at: folder.appending(path: "arithmetic-to-algebra.satchelpack"))
  let mei = try replica.addLearner(named: "Mei")

  let monday = Date(timeIntervalSince1970: 1_788_768_000)
  try replica.record(Answer(ItemID("add-within-20-02"), isCorrect: true), by: mei, at: monday)
  try replica.record(Answer(ItemID("add-within-20-03"), isCorrect: false), by: mei, at: monday)

  let friday = monday.addingTimeInterval(4 * 86_400)
  for next in try replica.recommend(for: mei, limit: 2, at: friday) {
    print("\(next.item)")
    for reason in next.reasons { try print("  " + replica.sentence(reason, in: .english)) }
  }
  for skill in try replica.progress(of: mei, at: friday).skills {
    print("\(skill.skill): mastery \(Int(skill.mastery * 100)) %")
  }
}
