import Foundation
import Satchel

let folder = URL(filePath: ".")
let replica = try Replica(at: folder.appending(path: "lesson.sqlite"))
try replica.importPack(at: folder.appending(path: "arithmetic-to-algebra.satchelpack"))
let mei = try replica.addLearner(named: "Mei")

let monday = Date(timeIntervalSince1970: 1_788_768_000)
try replica.record(Answer(ItemID("add-within-20-02"), isCorrect: true), by: mei, at: monday)
try replica.record(Answer(ItemID("add-within-20-03"), isCorrect: false), by: mei, at: monday)

let friday = monday.addingTimeInterval(4 * 86_400)
for next in try replica.recommend(for: mei, limit: 2, at: friday) {
  print(next.item)
  for reason in next.reasons { try print("  " + replica.sentence(reason, in: .english)) }
}

let screen = Task {
  for try await state in replica.observe(mei, limit: 1) {
    print("answers: \(state.progress.attempts)")
    if state.progress.attempts == 3 { break }
  }
}
try replica.record(Answer(ItemID("add-within-20-03"), isCorrect: true), by: mei, at: friday)
try await screen.value

let hub = CommandLine.arguments.dropFirst().first ?? "http://127.0.0.1:8090"
do {
  let report = try await replica.sync(with: hub)
  print("sent \(report.recordsSent) records; both sides hold the same: \(report.converged)")
} catch {
  print(error.message(in: .english))
}
try replica.close()
