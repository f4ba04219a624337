import Foundation
import Satchel

let folder = URL(filePath: ".")
let replica = try Replica(at: folder.appending(path: "lesson.sqlite"))
try replica.importPack(at: folder.appending(path: "arithmetic-to-algebra.satchelpack"))
let mei = try replica.addLearner(named: "Mei")
